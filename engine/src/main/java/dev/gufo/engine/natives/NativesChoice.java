package dev.gufo.engine.natives;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The set of libraries to use, and why.
 *
 * @param backend what it computes on
 * @param folder where it lies
 * @param reason a clause for the log
 * @param warnings what was wanted and can't be had, a sentence each with the remedy
 */
public record NativesChoice(Backend backend, Path folder, String reason, List<String> warnings) {
    public NativesChoice {
        warnings = List.copyOf(warnings);
    }

    /** What the operator asks for. */
    public enum Wish {
        AUTO,
        CPU,
        CUDA,
        VULKAN
    }

    /** Asks libraries and drivers for GPUs, which takes a process of its own: drivers may crash. */
    public interface GpuQuestion {
        /**
         * What the GPUs are called that libraries compute on, without those that a CPU plays; empty if there are none.
         *
         * @param folder of the libraries
         * @throws InterruptedException if the calling thread is interrupted meanwhile
         */
        List<String> realGpus(Path folder) throws InterruptedException;

        /**
         * What NVIDIA's driver tells of itself; empty if it can't be asked.
         *
         * @param library {@code libcuda.so.1}
         * @throws InterruptedException if the calling thread is interrupted meanwhile
         */
        Optional<CudaDriver> nvidia(Path library) throws InterruptedException;
    }

    /**
     * Chooses from files, as far as they tell; no native code runs in this process. By itself CUDA is taken where a
     * driver and a device are and the libraries hold code for it, else Vulkan where its libraries find a GPU that no
     * CPU plays, else the libraries for CPUs. A device in software is for those who ask for Vulkan, and name it.
     *
     * @param gpus asked where files say that CUDA may do, and where they say that Vulkan may and it was not asked for
     * @return empty if there is no set that can be used at all
     */
    public static Optional<NativesChoice> of(InstalledLibraries installed, Machine machine, Wish wish, GpuQuestion gpus)
            throws InterruptedException {
        List<String> warnings = new ArrayList<>();
        if (wish == Wish.AUTO) {
            return auto(installed, machine, gpus, warnings);
        }
        Optional<NativesChoice> gpu = switch (wish) {
            case CUDA -> cuda(installed, machine, gpus, warnings);
            case VULKAN -> vulkan(installed, machine, warnings);
            case CPU, AUTO -> Optional.empty();
        };
        return gpu.or(() ->
                cpu(installed, wish == Wish.CPU ? "it was asked for" : "what was asked for can't be used", warnings));
    }

    private static Optional<NativesChoice> auto(
            InstalledLibraries installed, Machine machine, GpuQuestion gpus, List<String> warnings)
            throws InterruptedException {
        boolean nvidia = machine.hasNvidiaDevice();
        Optional<NativesChoice> cuda = nvidia ? cuda(installed, machine, gpus, warnings) : Optional.empty();
        if (cuda.isPresent()) {
            return cuda;
        }
        String why = nvidia ? "CUDA can't be used" : "there is no NVIDIA GPU";
        if (!nvidia && machine.renderDevices().isEmpty()) {
            return cpu(installed, why, warnings);
        }
        Optional<String> obstacle = VulkanObstacle.of(installed, machine);
        if (obstacle.isPresent()) {
            return cpu(installed, "%s, and Vulkan can't be used: %s".formatted(why, obstacle.get()), warnings);
        }
        Path folder = installed.folder(Backend.VULKAN).orElseThrow();
        List<String> found = gpus.realGpus(folder);
        return found.isEmpty()
                ? cpu(installed, why + ", and the libraries for Vulkan find no GPU", warnings)
                : Optional.of(new NativesChoice(
                        Backend.VULKAN, folder, "%s: %s".formatted(why, String.join(", ", found)), warnings));
    }

    private static Optional<NativesChoice> cuda(
            InstalledLibraries installed, Machine machine, GpuQuestion gpus, List<String> warnings)
            throws InterruptedException {
        Optional<Path> folder = installed.folder(Backend.CUDA);
        if (folder.isEmpty()) {
            warnings.add("CUDA can't be used: its libraries are not installed, run scripts/natives cuda");
            return Optional.empty();
        }
        Optional<Path> driver = machine.library(CudaRuntime.DRIVER_LIBRARY);
        if (driver.isEmpty()) {
            warnings.add("CUDA can't be used: there is no NVIDIA driver (libcuda.so.1), install it;"
                    + " in a container, start it with GPUs");
            return Optional.empty();
        }
        if (!machine.hasNvidiaDevice()) {
            warnings.add(
                    "CUDA can't be used: there is a driver but no device /dev/nvidia0; in a container, start it with GPUs");
            return Optional.empty();
        }
        List<CudaRuntime> runtimes = CudaRuntime.all(folder.get(), machine);
        boolean possible = runtimes.stream()
                .anyMatch(runtime -> runtime.obstacle(machine, Optional.empty()).isEmpty());
        Optional<CudaDriver> told = possible ? gpus.nvidia(driver.get()) : Optional.empty();
        CudaRuntime runtime = CudaRuntime.of(folder.get(), machine, told).orElseThrow();
        Optional<String> obstacle = runtime.obstacle(machine, told);
        if (obstacle.isPresent()) {
            String older = runtimes.stream()
                    .filter(other -> !other.equals(runtime) && other.lacksOnlyLibraries(machine, told))
                    .map(other -> "; or install the CUDA %d runtime, for which there are libraries too"
                            .formatted(other.release()))
                    .findFirst()
                    .orElse("");
            warnings.add("CUDA can't be used: " + obstacle.get() + older);
            return Optional.empty();
        }
        String reason = "CUDA %d, driver %s and a GPU are there"
                .formatted(runtime.release(), machine.nvidiaDriver().orElse("of unknown release"));
        return Optional.of(new NativesChoice(Backend.CUDA, folder.get(), reason, warnings));
    }

    private static Optional<NativesChoice> vulkan(
            InstalledLibraries installed, Machine machine, List<String> warnings) {
        Optional<String> obstacle = VulkanObstacle.of(installed, machine);
        if (obstacle.isPresent()) {
            warnings.add("Vulkan can't be used: " + obstacle.get());
            return Optional.empty();
        }
        return installed
                .folder(Backend.VULKAN)
                .map(folder -> new NativesChoice(Backend.VULKAN, folder, "it was asked for", warnings));
    }

    /** Those for a GPU hold what a CPU needs as well. */
    private static Optional<NativesChoice> cpu(InstalledLibraries installed, String why, List<String> warnings) {
        return installed
                .folder(Backend.CPU)
                .or(() -> installed.folder(Backend.CUDA))
                .or(() -> installed.folder(Backend.VULKAN))
                .map(folder -> new NativesChoice(Backend.CPU, folder, why, warnings));
    }
}
