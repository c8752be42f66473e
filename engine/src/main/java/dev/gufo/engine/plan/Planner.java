package dev.gufo.engine.plan;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.KvType;
import dev.gufo.gguf.MemoryShape;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Chooses what the operator left open, so that it fits: sequences first, with {@value #GOOD_CONTEXT} tokens each (or as many as the model
 * was trained with); then layers on GPUs, all of them or as many as fit; then the longest context.
 *
 * @param shape the model
 * @param trainedTokens context of the training
 * @param gpus in llama.cpp's order; empty to compute on the CPU
 * @param host main memory
 */
public record Planner(MemoryShape shape, int trainedTokens, List<DeviceMemory> gpus, DeviceMemory host) {
    /** What a context should have before anything else grows. */
    static final int GOOD_CONTEXT = 8_192;

    private static final int MOST_SEQUENCES = 32; // of a choice; more may be asked for
    private static final int MOST_COMPUTED = 512; // tokens at once
    private static final int SCORED_TOKENS = 32;

    /** Share of the host's free memory that a choice may take: others live there too. */
    private static final double HOST_SHARE = 0.75;

    public Planner {
        gpus = List.copyOf(gpus);
    }

    /**
     * A plan with nothing left open; it need not fit.
     *
     * @throws EngineException.Broken if the cache's type does not suit the model
     */
    public MemoryPlan plan(EngineSettings settings) {
        requireSuitableTypes(settings);
        int sequences = sequences(settings);
        int floor = floor(settings);
        int layers = layers(settings, floor, sequences);
        int context = settings.contextTokens() != 0
                ? settings.contextTokens()
                : most(
                                1,
                                Math.ceilDiv(trainedTokens, Demand.CELL_STEP),
                                steps -> isRoomy(at(settings, tokens(steps), sequences, layers)))
                        .orElse(1);
        return at(settings, settings.contextTokens() != 0 ? context : tokens(context), sequences, layers);
    }

    /** A plan of exactly this size. */
    MemoryPlan at(EngineSettings settings, int contextTokens, int sequences, int gpuLayers) {
        int computed = Math.min(MOST_COMPUTED, settings.stepTokens());
        Demand demand =
                new Demand(contextTokens, sequences, computed, sequences + SCORED_TOKENS, true, settings.compute());
        return new Placement(shape, gpus, host).plan(demand, gpuLayers);
    }

    private int tokens(int steps) {
        return (int) Math.min(trainedTokens, (long) steps * Demand.CELL_STEP);
    }

    private int floor(EngineSettings settings) {
        return settings.contextTokens() != 0 ? settings.contextTokens() : Math.min(trainedTokens, GOOD_CONTEXT);
    }

    private int sequences(EngineSettings settings) {
        if (settings.sequences() != EngineSettings.SEQUENCES_AUTO) {
            return settings.sequences();
        }
        int wanted = settings.gpuLayers() == EngineSettings.GPU_LAYERS_AUTO ? allLayers() : settings.gpuLayers();
        return most(
                        1,
                        Math.min(MOST_SEQUENCES, settings.stepTokens()),
                        sequences -> isRoomy(at(settings, floor(settings), sequences, wanted)))
                .orElse(1);
    }

    private int layers(EngineSettings settings, int floor, int sequences) {
        if (gpus.isEmpty()) {
            return 0;
        }
        if (settings.gpuLayers() != EngineSettings.GPU_LAYERS_AUTO) {
            return settings.gpuLayers() >= shape.layers().size() ? allLayers() : settings.gpuLayers();
        }
        int atLeast = settings.contextTokens() == 0 ? Math.min(floor, Demand.CELL_STEP) : floor;
        IntPredicate well = layers -> at(settings, floor, sequences, layers).fits();
        IntPredicate barely = layers -> at(settings, atLeast, sequences, layers).fits();
        return most(0, allLayers(), well).or(() -> most(0, allLayers(), barely)).orElse(0);
    }

    /** The largest number that holds, tried from above: a plan need not get smaller with every layer less on several GPUs. */
    private static Optional<Integer> most(int from, int to, IntPredicate holds) {
        return IntStream.iterate(to, number -> number >= from, number -> number - 1)
                .filter(holds)
                .boxed()
                .findFirst();
    }

    private void requireSuitableTypes(EngineSettings settings) {
        for (KvType type : List.of(settings.compute().keys(), settings.compute().values())) {
            if (shape.headLength() % type.ggmlType().blockElements() != 0) {
                throw new EngineException.Broken(
                        "--kv-type %s needs heads of whole blocks of %d numbers, this model's have %d: use f16"
                                .formatted(
                                        type.name().toLowerCase(Locale.ROOT),
                                        type.ggmlType().blockElements(),
                                        shape.headLength()));
            }
        }
    }

    /** With what follows the layers. */
    private int allLayers() {
        return shape.layers().size() + 1;
    }

    private boolean isRoomy(MemoryPlan plan) {
        return plan.shares().stream()
                .allMatch(share -> share.device().equals(host.name())
                        ? share.totalBytes() <= share.freeBytes() * HOST_SHARE
                        : share.fits());
    }
}
