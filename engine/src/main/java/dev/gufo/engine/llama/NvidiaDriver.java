package dev.gufo.engine.llama;

import dev.gufo.engine.natives.CudaDriver;
import dev.gufo.engine.natives.CudaGpu;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Asks NVIDIA's driver for its release and its GPUs, without llama.cpp. Nothing is put on a GPU.
 *
 * @see <a href="https://docs.nvidia.com/cuda/cuda-driver-api/index.html">cuInit, cuDriverGetVersion and cuDeviceGet* of
 *     CUDA's driver API</a>
 */
public final class NvidiaDriver {
    private static final int SUCCESS = 0; // CUDA_SUCCESS
    private static final int CAPABILITY_MAJOR = 75; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
    private static final int CAPABILITY_MINOR = 76; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR
    private static final int NAME_BYTES = 256;

    private NvidiaDriver() {}

    /**
     * Asks it.
     *
     * @param library {@code libcuda.so.1}
     * @return empty if it can't be loaded or refuses to answer
     */
    public static Optional<CudaDriver> ask(Path library) {
        try (Arena arena = Arena.ofConfined()) {
            C.link(library);
            MethodHandle init = C.function("cuInit", C.INT, C.INT);
            MethodHandle version = C.function("cuDriverGetVersion", C.INT, C.POINTER);
            MethodHandle count = C.function("cuDeviceGetCount", C.INT, C.POINTER);
            MemorySegment number = arena.allocate(C.INT);
            if ((int) init.invokeExact(0) != SUCCESS || (int) version.invokeExact(number) != SUCCESS) {
                return Optional.empty();
            }
            int known = number.get(C.INT, 0); // 13000 for 13.0
            if ((int) count.invokeExact(number) != SUCCESS) {
                return Optional.empty();
            }
            return Optional.of(new CudaDriver(known / 1000, known % 1000 / 10, gpus(number.get(C.INT, 0), arena)));
        } catch (LibraryMismatch e) {
            return Optional.empty();
        } catch (Throwable t) {
            throw C.wrongSignature("cuInit", t);
        }
    }

    private static List<CudaGpu> gpus(int count, Arena arena) throws Throwable {
        MethodHandle get = C.function("cuDeviceGet", C.INT, C.POINTER, C.INT);
        MethodHandle name = C.function("cuDeviceGetName", C.INT, C.POINTER, C.INT, C.INT);
        MethodHandle attribute = C.function("cuDeviceGetAttribute", C.INT, C.POINTER, C.INT, C.INT);
        MemorySegment number = arena.allocate(C.INT);
        MemorySegment text = arena.allocate(NAME_BYTES);
        List<CudaGpu> gpus = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if ((int) get.invokeExact(number, i) != SUCCESS) {
                continue;
            }
            int device = number.get(C.INT, 0);
            boolean told = (int) name.invokeExact(text, NAME_BYTES, device) == SUCCESS
                    && (int) attribute.invokeExact(number, CAPABILITY_MAJOR, device) == SUCCESS;
            int major = number.get(C.INT, 0);
            if (told && (int) attribute.invokeExact(number, CAPABILITY_MINOR, device) == SUCCESS) {
                gpus.add(new CudaGpu(text.getString(0, StandardCharsets.UTF_8), major, number.get(C.INT, 0)));
            }
        }
        return List.copyOf(gpus);
    }
}
