package dev.gufo.engine.plan;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.SplitMode;
import dev.gufo.gguf.MemoryShape;
import java.util.ArrayList;
import java.util.List;

/**
 * Which layer goes to which device, as llama.cpp decides it: the last {@code gpuLayers} of the layers and of what
 * follows them are on GPUs, in stretches as long as the GPUs' shares; what comes before the layers stays on the CPU.
 * Rows that are spread over all GPUs are counted with the GPU of their layer.
 *
 * @param shape the model
 * @param gpus in llama.cpp's order
 * @param host main memory
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-model.cpp">load_tensors in llama-model.cpp
 *     of llama.cpp 0.5.0</a>
 */
record Placement(MemoryShape shape, List<DeviceMemory> gpus, DeviceMemory host) {
    private static final int HOST = -1;

    /** Bytes of one device while they are added up. */
    private static final class Sum {
        private long weights;
        private long kv;
    }

    /** Layers that can be on GPUs if {@code gpuLayers} shall be. */
    int onGpus(ComputeSettings compute, int gpuLayers) {
        return used(compute).isEmpty() ? 0 : Math.min(gpuLayers, shape.layers().size() + 1);
    }

    /**
     * What each device takes.
     *
     * @param demands a context each, at least one; the first says how the GPUs are used
     */
    List<MemoryPlan.Share> shares(List<Demand> demands, int gpuLayers) {
        return shares(demands, gpuLayers, true);
    }

    /** The same of a second model in the process of another, which takes none of the reserves. */
    List<MemoryPlan.Share> guestShares(List<Demand> demands, int gpuLayers) {
        return shares(demands, gpuLayers, false);
    }

    private List<MemoryPlan.Share> shares(List<Demand> demands, int gpuLayers, boolean reserves) {
        ComputeSettings settings = demands.getFirst().compute();
        List<DeviceMemory> used = used(settings);
        int layers = shape.layers().size();
        int onGpus = onGpus(settings, gpuLayers);
        double[] ends = ends(used, settings);
        Sum hostSum = new Sum();
        List<Sum> sums = used.stream().map(gpu -> new Sum()).toList();
        for (int i = 0; i <= layers; i++) {
            int device = device(i, layers, onGpus, ends);
            Sum sum = device == HOST ? hostSum : sums.get(device);
            if (i < layers) {
                sum.weights += shape.layers().get(i).weightBytes();
                for (Demand demand : demands) {
                    sum.kv += Estimates.kvBytes(shape, shape.layers().get(i), demand);
                }
            } else {
                sum.weights += shape.outputBytes() + (device == HOST ? 0 : shape.tiedOutputBytes());
            }
        }
        hostSum.weights += shape.inputBytes();
        boolean tiles =
                Tiles.used(settings.flashAttention(), shape.headLength(), onGpus > 0 ? used : List.<DeviceMemory>of());
        long compute = demands.stream()
                .mapToLong(demand -> Estimates.computeBytes(shape, demand, tiles))
                .sum();
        List<MemoryPlan.Share> shares = new ArrayList<>();
        long lent = 0;
        for (int i = 0; onGpus > 0 && i < used.size(); i++) {
            DeviceMemory gpu = used.get(i);
            MemoryPlan.Share share = share(gpu, sums.get(i), compute, reserves ? Estimates.reserveBytes(gpu) : 0, 0);
            lent += gpu.inMainMemory() ? share.totalBytes() : 0;
            shares.add(share);
        }
        long inputs = demands.stream()
                .mapToLong(demand -> Estimates.inputBytes(shape, demand, tiles))
                .sum();
        shares.add(share(host, hostSum, onGpus > layers ? inputs : compute, reserves ? ProcessMemory.BYTES : 0, lent));
        return shares;
    }

    private static MemoryPlan.Share share(DeviceMemory device, Sum sum, long compute, long reserve, long lent) {
        return new MemoryPlan.Share(device.name(), device.freeBytes(), sum.weights, sum.kv, compute, reserve, lent, 0);
    }

    private List<DeviceMemory> used(ComputeSettings compute) {
        if (compute.splitMode() != SplitMode.NONE) {
            return gpus;
        }
        return compute.mainGpu() < gpus.size() ? List.of(gpus.get(compute.mainGpu())) : List.of();
    }

    /** Where each GPU's stretch ends, 0 to 1. */
    private static double[] ends(List<DeviceMemory> used, ComputeSettings compute) {
        double[] ends = new double[used.size()];
        double sum = 0;
        for (int i = 0; i < ends.length; i++) {
            List<Float> asked = compute.tensorSplit();
            sum += asked.isEmpty() ? used.get(i).freeBytes() : i < asked.size() ? asked.get(i) : 0;
            ends[i] = sum;
        }
        for (int i = 0; i < ends.length; i++) {
            ends[i] /= Math.max(sum, Double.MIN_NORMAL);
        }
        return ends;
    }

    private static int device(int layer, int layers, int onGpus, double[] ends) {
        int first = layers + 1 - onGpus;
        if (layer < first || onGpus == 0) {
            return HOST;
        }
        double place = (double) (layer - first) / onGpus;
        for (int i = 0; i < ends.length - 1; i++) {
            if (place < ends[i]) {
                return i;
            }
        }
        return ends.length - 1;
    }
}
