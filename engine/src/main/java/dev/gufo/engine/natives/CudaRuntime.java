package dev.gufo.engine.natives;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What NVIDIA's part of a CUDA backend needs of the machine, and whether it is there.
 *
 * @param release of CUDA: 12 or 13
 * @param backend the {@code libggml-cuda} that was built for it
 * @param found the libraries that it needs and that are there, in the order in which they can be loaded
 * @param missing names of those that are not
 */
public record CudaRuntime(int release, Path backend, List<Path> found, List<String> missing) {
    /** A part of the driver. */
    public static final String DRIVER_LIBRARY = "libcuda.so.1";

    /** CUDA 13 refuses older drivers. */
    private static final int DRIVER_OF_13 = 580;

    public CudaRuntime {
        found = List.copyOf(found);
        missing = List.copyOf(missing);
    }

    /**
     * The best of the CUDA backends in and beside a folder: one whose libraries are all there, and which holds code for
     * the GPUs that the driver knows to run, the newest first; if there is none, the newest.
     *
     * @param folder holds {@code libggml-cuda}
     * @param driver what NVIDIA's driver tells of itself; empty if it was not asked
     * @return empty if there is no CUDA backend
     */
    public static Optional<CudaRuntime> of(Path folder, Machine machine, Optional<CudaDriver> driver) {
        List<CudaRuntime> runtimes = all(folder, machine);
        return runtimes.stream()
                .filter(runtime -> runtime.obstacle(machine, driver).isEmpty())
                .findFirst()
                .or(() -> runtimes.stream().findFirst());
    }

    /** All CUDA backends in and beside a folder, the newest first. */
    static List<CudaRuntime> all(Path folder, Machine machine) {
        List<CudaRuntime> runtimes = new ArrayList<>();
        InstalledLibraries.library(folder, "libggml-cuda")
                .ifPresent(backend -> runtimes.add(find(13, backend, machine)));
        InstalledLibraries.olderCuda(folder).ifPresent(backend -> runtimes.add(find(12, backend, machine)));
        return runtimes;
    }

    private static CudaRuntime find(int release, Path backend, Machine machine) {
        List<Path> found = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (String name : List.of("libcudart.so." + release, "libcublasLt.so." + release, "libcublas.so." + release)) {
            machine.library(name).ifPresentOrElse(found::add, () -> missing.add(name));
        }
        return new CudaRuntime(release, backend, found, missing);
    }

    /** Whether the driver is new enough, as far as it says which it is. */
    public boolean suits(Machine machine) {
        return release < 13
                || machine.nvidiaDriver()
                        .map(driver -> Integer.parseInt(driver.substring(0, driver.indexOf('.'))) >= DRIVER_OF_13)
                        .orElse(true);
    }

    /**
     * Why it can't be used, a clause with the remedy; empty if nothing stands in the way.
     *
     * @param driver what NVIDIA's driver tells of itself; empty if it was not asked
     */
    public Optional<String> obstacle(Machine machine, Optional<CudaDriver> driver) {
        if (!missing.isEmpty()) {
            return Optional.of("%s %s missing: install the CUDA %d runtime, or put its folder into LD_LIBRARY_PATH"
                    .formatted(String.join(", ", missing), missing.size() == 1 ? "is" : "are", release));
        }
        if (!suits(machine)) {
            return Optional.of("the NVIDIA driver %s is older than CUDA %d needs, which is %d: install a newer one"
                    .formatted(machine.nvidiaDriver().orElse(""), release, DRIVER_OF_13));
        }
        return driver.flatMap(this::codeObstacle);
    }

    /** Why one of the GPUs can't run it: llama.cpp would take it beside the others. */
    private Optional<String> codeObstacle(CudaDriver driver) {
        if (driver.gpus().isEmpty()) {
            return Optional.of("its driver shows no GPU; see CUDA_VISIBLE_DEVICES");
        }
        Optional<CudaCode> code;
        try {
            code = CudaCode.of(backend);
        } catch (IOException e) {
            return Optional.of("%s can't be read: %s; run scripts/natives cuda".formatted(backend, e.getMessage()));
        }
        if (code.isEmpty()) {
            return Optional.empty(); // nothing can be said of it
        }
        List<CudaGpu> gpus = driver.gpus();
        return gpus.stream()
                .flatMap(gpu -> code.get().obstacle(gpu, driver).stream())
                .findFirst()
                .map(reason ->
                        gpus.size() == 1 ? reason : reason + "; or leave that GPU out with CUDA_VISIBLE_DEVICES");
    }

    /** Whether only the runtime's libraries are missing, and the driver knows to run the code. */
    boolean lacksOnlyLibraries(Machine machine, Optional<CudaDriver> driver) {
        return !missing.isEmpty()
                && suits(machine)
                && driver.flatMap(this::codeObstacle).isEmpty();
    }
}
