package dev.gufo.engine.natives;

import java.util.List;

/**
 * What NVIDIA's driver tells of itself.
 *
 * @param major first number of the newest CUDA that it knows, for instance 13; it compiles PTX of no newer one
 * @param minor the second
 * @param gpus in CUDA's order; empty if it shows none
 * @see <a href="https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__VERSION.html">cuDriverGetVersion</a>
 */
public record CudaDriver(int major, int minor, List<CudaGpu> gpus) {
    public CudaDriver {
        gpus = List.copyOf(gpus);
    }

    boolean knows(CudaCode.Ptx code) {
        return major > code.cudaMajor() || (major == code.cudaMajor() && minor >= code.cudaMinor());
    }
}
