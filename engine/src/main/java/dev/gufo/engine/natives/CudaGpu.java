package dev.gufo.engine.natives;

/**
 * A GPU as NVIDIA's driver tells of it.
 *
 * @param name for instance {@code NVIDIA H200}
 * @param major first number of its compute capability, which says whose machine code it runs
 * @param minor the second
 * @see <a href="https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__DEVICE.html">cuDeviceGetAttribute</a>
 */
public record CudaGpu(String name, int major, int minor) {
    /** As NVIDIA's compilers number it: 90 for 9.0. */
    int architecture() {
        return major * 10 + minor;
    }
}
