package dev.gufo.engine.plan;

import dev.gufo.engine.FlashAttention;
import java.util.List;
import java.util.Set;

/**
 * Whether attention is computed in tiles (flash attention), without a matrix of scores of all tokens and cells. Where
 * that is left to llama.cpp it does so if each device that has layers can for the model's heads.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-cuda/fattn.cu">
 *     ggml_cuda_get_best_fattn_kernel in fattn.cu, and ggml_backend_vk_device_supports_op in ggml-vulkan.cpp, of
 *     llama.cpp 0.5.0</a>
 */
final class Tiles {
    /** Head lengths that CUDA's kernels are compiled for; some of them for models only that have such heads. */
    private static final Set<Integer> CUDA = Set.of(40, 64, 72, 80, 96, 112, 128, 192, 256, 320, 512, 576);

    private static final int VULKAN_STEP = 8;

    private Tiles() {}

    /**
     * @param headLength elements of a head's keys, 0 without attention
     * @param gpus that have layers; one that was not asked yet is taken for one of CUDA's
     */
    static boolean used(FlashAttention wanted, int headLength, List<DeviceMemory> gpus) {
        return switch (wanted) {
            case ON -> true;
            case OFF -> false;
            case AUTO -> headLength == 0 || gpus.stream().allMatch(gpu -> can(gpu, headLength));
        };
    }

    private static boolean can(DeviceMemory gpu, int headLength) {
        return gpu.name().startsWith("Vulkan") ? headLength % VULKAN_STEP == 0 : CUDA.contains(headLength);
    }
}
