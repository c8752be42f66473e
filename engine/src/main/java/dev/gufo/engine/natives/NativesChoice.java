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

    /**
     * Chooses from files alone; no native code runs. CUDA is taken by itself where a driver and a device are, Vulkan
     * only if it is asked for, and the libraries for CPUs otherwise.
     *
     * @return empty if there is no set that can be used at all
     */
    public static Optional<NativesChoice> of(InstalledLibraries installed, Machine machine, Wish wish) {
        List<String> warnings = new ArrayList<>();
        Optional<NativesChoice> gpu = switch (wish) {
            case CPU -> Optional.empty();
            case AUTO -> machine.hasNvidiaDevice() ? cuda(installed, machine, warnings) : Optional.empty();
            case CUDA -> cuda(installed, machine, warnings);
            case VULKAN -> vulkan(installed, machine, warnings);
        };
        String why = switch (wish) {
            case CPU -> "it was asked for";
            case AUTO -> machine.hasNvidiaDevice() ? "CUDA can't be used" : "there is no NVIDIA GPU";
            case CUDA, VULKAN -> "what was asked for can't be used";
        };
        return gpu.or(() -> cpu(installed, why, warnings));
    }

    private static Optional<NativesChoice> cuda(InstalledLibraries installed, Machine machine, List<String> warnings) {
        Optional<Path> folder = installed.folder(Backend.CUDA);
        if (folder.isEmpty()) {
            warnings.add("CUDA can't be used: its libraries are not installed, run scripts/natives cuda");
            return Optional.empty();
        }
        if (machine.library("libcuda.so.1").isEmpty()) {
            warnings.add("CUDA can't be used: there is no NVIDIA driver (libcuda.so.1), install it;"
                    + " in a container, start it with GPUs");
            return Optional.empty();
        }
        if (!machine.hasNvidiaDevice()) {
            warnings.add(
                    "CUDA can't be used: there is a driver but no device /dev/nvidia0; in a container, start it with GPUs");
            return Optional.empty();
        }
        CudaRuntime runtime = CudaRuntime.of(folder.get(), machine).orElseThrow();
        Optional<String> obstacle = runtime.obstacle(machine);
        if (obstacle.isPresent()) {
            warnings.add("CUDA can't be used: " + obstacle.get());
            return Optional.empty();
        }
        String reason = "CUDA %d, driver %s and a GPU are there"
                .formatted(runtime.release(), machine.nvidiaDriver().orElse("of unknown release"));
        return Optional.of(new NativesChoice(Backend.CUDA, folder.get(), reason, warnings));
    }

    private static Optional<NativesChoice> vulkan(
            InstalledLibraries installed, Machine machine, List<String> warnings) {
        Optional<Path> folder = installed.folder(Backend.VULKAN);
        if (folder.isEmpty()) {
            warnings.add("Vulkan can't be used: its libraries are not installed, run scripts/natives vulkan");
            return Optional.empty();
        }
        if (machine.library("libvulkan.so.1").isEmpty()) {
            warnings.add("Vulkan can't be used: libvulkan.so.1 is missing, install it (apt install libvulkan1)");
            return Optional.empty();
        }
        if (!machine.hasRenderDevice()) {
            warnings.add("Vulkan can't be used: there is no device in /dev/dri; in a container, hand it in");
            return Optional.empty();
        }
        return Optional.of(new NativesChoice(Backend.VULKAN, folder.get(), "it was asked for", warnings));
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
