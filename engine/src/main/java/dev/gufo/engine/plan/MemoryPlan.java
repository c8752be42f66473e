package dev.gufo.engine.plan;

import dev.gufo.engine.EngineSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * Where a model's bytes will lie.
 *
 * @param demand what the context shall hold: that for text, or that for vectors of a model that is for nothing else
 * @param vectors what a second context shall hold, of a model for chat that makes vectors too
 * @param gpuLayers layers on GPUs, 0 to {@code layers + 1}: the last one is what follows the layers
 * @param layers that the model has
 * @param slidingWindow tokens that some layers look back, 0 if none does
 * @param cramped whether more memory would be worth having: layers are off the GPUs, or the context is shorter than a
 *     good one, and nobody asked for that
 * @param shares one for each GPU that is used, then one for the host
 */
public record MemoryPlan(
        Demand demand,
        Optional<Demand> vectors,
        int gpuLayers,
        int layers,
        int slidingWindow,
        boolean cramped,
        List<Share> shares) {
    /** Sequences of a model that is not for chat, if no number was given. */
    private static final int SEQUENCES = 8;

    /**
     * What one device takes.
     *
     * @param device its name
     * @param freeBytes what it has to give
     * @param weightBytes tensors
     * @param kvBytes the KV cache, and states of recurrent layers
     * @param computeBytes intermediate results, an estimate; see {@link Estimates}
     * @param reserveBytes on the host for the worker's process ({@link ProcessMemory}), on a GPU for libraries and the
     *     driver
     * @param lentBytes on the host what GPUs without memory of their own take of it
     * @param cacheBytes on the host what computed prompts may take that no sequence has room for
     */
    public record Share(
            String device,
            long freeBytes,
            long weightBytes,
            long kvBytes,
            long computeBytes,
            long reserveBytes,
            long lentBytes,
            long cacheBytes) {
        /** Everything together. */
        public long totalBytes() {
            return weightBytes + kvBytes + computeBytes + reserveBytes + lentBytes + cacheBytes;
        }

        Share withCache(long bytes) {
            return new Share(device, freeBytes, weightBytes, kvBytes, computeBytes, reserveBytes, lentBytes, bytes);
        }

        /** The same with so many bytes of intermediate results more. */
        Share withCompute(long bytes) {
            return new Share(
                    device, freeBytes, weightBytes, kvBytes, computeBytes + bytes, reserveBytes, lentBytes, cacheBytes);
        }

        /** The same with what a second model takes of the device. */
        Share with(Share guest) {
            return new Share(
                    device,
                    freeBytes,
                    weightBytes + guest.weightBytes,
                    kvBytes + guest.kvBytes,
                    computeBytes + guest.computeBytes,
                    reserveBytes + guest.reserveBytes,
                    lentBytes + guest.lentBytes,
                    cacheBytes);
        }

        /** Whether the device has that much. */
        public boolean fits() {
            return totalBytes() <= freeBytes;
        }
    }

    public MemoryPlan {
        shares = List.copyOf(shares);
    }

    /** Whether every device has what it is to give. */
    public boolean fits() {
        return shares.stream().allMatch(Share::fits);
    }

    /** Tensors on all devices. */
    public long weightBytes() {
        return shares.stream().mapToLong(Share::weightBytes).sum();
    }

    /** Keys, values and states on all devices. */
    public long kvBytes() {
        return shares.stream().mapToLong(Share::kvBytes).sum();
    }

    /** Main memory for computed prompts that no sequence has room for. */
    public long cacheBytes() {
        return shares.getLast().cacheBytes();
    }

    /** The same with so much of that. */
    MemoryPlan withCache(long bytes) {
        var all = new ArrayList<>(shares);
        all.add(all.removeLast().withCache(bytes));
        return new MemoryPlan(demand, vectors, gpuLayers, layers, slidingWindow, cramped, all);
    }

    /** Most tokens of an input that shall become a vector; empty for a model that makes none. */
    public OptionalInt windowTokens() {
        return demand.vectors()
                ? OptionalInt.of(demand.contextTokens())
                : vectors.map(second -> OptionalInt.of(second.contextTokens())).orElse(OptionalInt.empty());
    }

    /** The settings with what was chosen here. */
    public EngineSettings applyTo(EngineSettings settings) {
        EngineSettings sized = settings.sized(demand.contextTokens(), sequences(settings), gpuLayers, cacheBytes());
        return demand.vectors() ? sized : sized.with().compute(demand.compute()).build();
    }

    private int sequences(EngineSettings settings) {
        if (!demand.vectors()) {
            return demand.sequences();
        }
        return settings.sequences() == EngineSettings.SEQUENCES_AUTO
                ? Math.min(SEQUENCES, settings.stepTokens())
                : settings.sequences();
    }

    /** Why it can't be, with numbers and what would help; for a plan that does not fit. */
    public String refusal() {
        String devices = shares.stream()
                .filter(share -> !share.fits())
                .map(share -> "%s needs %s (weights %s, KV cache %s, compute %s, reserve %s%s%s) and has %s free"
                        .formatted(
                                share.device(),
                                mebibytes(share.totalBytes()),
                                mebibytes(share.weightBytes()),
                                mebibytes(share.kvBytes()),
                                mebibytes(share.computeBytes()),
                                mebibytes(share.reserveBytes()),
                                share.lentBytes() == 0 ? "" : ", lent to GPUs " + mebibytes(share.lentBytes()),
                                share.cacheBytes() == 0 ? "" : ", --cache-ram " + mebibytes(share.cacheBytes()),
                                mebibytes(share.freeBytes())))
                .collect(Collectors.joining("; "));
        return demand.vectors()
                ? "inputs of %d tokens with %d of %d layers on GPUs do not fit: %s. Use a smaller --ctx-size or --gpu-layers"
                        .formatted(demand.contextTokens(), Math.min(gpuLayers, layers), layers, devices)
                : "%s with %d of %d layers on GPUs do not fit: %s. Use a smaller --ctx-size, --parallel or --gpu-layers, or --kv-type q8_0"
                        .formatted(demand.text(), Math.min(gpuLayers, layers), layers, devices);
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%,d MiB", Math.ceilDiv(bytes, 1L << 20));
    }
}
