package dev.gufo.server.cli;

import dev.gufo.engine.natives.Backend;
import dev.gufo.engine.natives.CudaDriver;
import dev.gufo.engine.natives.CudaRuntime;
import dev.gufo.engine.natives.InstalledLibraries;
import dev.gufo.engine.natives.Machine;
import dev.gufo.engine.natives.NativesChoice;
import dev.gufo.engine.natives.VulkanDevice;
import dev.gufo.engine.worker.DeviceProbe;
import dev.gufo.server.boot.Reasons;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@code gufo doctor} found.
 *
 * @param java release of the Java that runs this
 * @param platform such as {@code linux-x64}
 * @param sets installed libraries
 * @param driver NVIDIA's kernel driver, {@code ""} without one
 * @param cuda what the CUDA libraries need, if they are installed
 * @param choice what {@code gufo serve} would use
 * @param probe what these find; empty if there are none
 * @param problems sentences with their remedies: what keeps Gufo from serving, or from using a GPU that is there
 * @param serves whether serving would work
 */
record Diagnosis(
        String java,
        String platform,
        List<InstalledSet> sets,
        String driver,
        Optional<CudaRuntime> cuda,
        Optional<NativesChoice> choice,
        Optional<DeviceProbe> probe,
        List<String> problems,
        boolean serves) {
    private static final int JAVA = 25;

    /** Looks at everything; the libraries themselves are asked in a process of their own. */
    static Diagnosis of(Path natives, Machine machine, NativesChoice.Wish wish) throws InterruptedException {
        var installed = new InstalledLibraries(natives);
        List<String> problems = new ArrayList<>();
        List<InstalledSet> sets = new ArrayList<>();
        for (Backend backend : installed.backends()) {
            Path folder = installed.folder(backend).orElseThrow();
            try {
                sets.add(InstalledSet.of(backend, folder));
            } catch (IOException e) {
                problems.add("%s can't be read: %s".formatted(folder, Reasons.of(e)));
            }
        }
        sets.stream()
                .filter(set -> set.lock() == InstalledSet.Lock.DIFFERS)
                .forEach(set -> problems.add(
                        "what is in %s %s".formatted(set.folder(), set.lock().words())));
        Optional<NativesChoice> choice = NativesChoice.of(installed, machine, wish, DeviceProbe.question());
        if (choice.isEmpty()) {
            problems.add("there are no llama.cpp libraries in %s: run scripts/natives".formatted(natives));
        }
        choice.ifPresent(chosen -> problems.addAll(chosen.warnings()));
        Optional<DeviceProbe> probe =
                choice.isPresent() ? Optional.of(DeviceProbe.trying(choice.get().folder())) : Optional.empty();
        probe.flatMap(DeviceProbe::failure)
                .ifPresent(reason -> problems.add("the chosen libraries can't be used: " + reason));
        probe.flatMap(DeviceProbe::refusal)
                .ifPresent(reason -> problems.add(
                        "the GPU is there and computes nothing: %s; update its driver, or use --backend cpu"
                                .formatted(reason)));
        boolean current = Runtime.version().feature() >= JAVA;
        if (!current) {
            problems.add(
                    "Java %d is too old: install %d".formatted(Runtime.version().feature(), JAVA));
        }
        boolean works = probe.isPresent()
                && probe.get().failure().isEmpty()
                && probe.get().refusal().isEmpty();
        if (works && choice.get().backend() != Backend.CPU) {
            problems.addAll(gpuProblems(choice.get().backend(), probe.get()));
        }
        return new Diagnosis(
                "%s (%s)".formatted(Runtime.version(), System.getProperty("java.vendor")),
                InstalledLibraries.platform(),
                sets,
                machine.nvidiaDriver().orElse(""),
                cuda(installed, machine),
                choice,
                probe,
                problems,
                works && current);
    }

    private static Optional<CudaRuntime> cuda(InstalledLibraries installed, Machine machine)
            throws InterruptedException {
        Optional<Path> folder = installed.folder(Backend.CUDA);
        Optional<Path> library = machine.library(CudaRuntime.DRIVER_LIBRARY);
        if (folder.isEmpty()) {
            return Optional.empty();
        }
        Optional<CudaDriver> driver =
                library.isPresent() ? DeviceProbe.question().nvidia(library.get()) : Optional.empty();
        return CudaRuntime.of(folder.get(), machine, driver);
    }

    /** Why there is no GPU though there are libraries for one, or what is known to break with its driver. */
    private static List<String> gpuProblems(Backend backend, DeviceProbe probe) {
        if (!probe.gpus().isEmpty()) {
            return probe.faults();
        }
        List<String> reasons = new ArrayList<>();
        for (VulkanDevice device : probe.vulkan()) {
            if (device.isTooOld()) {
                reasons.add("the driver of %s knows Vulkan %d.%d, and 1.2 is needed: update it"
                        .formatted(device.name(), device.major(), device.minor()));
            } else if (device.software()) {
                reasons.add("%s is no GPU but a CPU that plays one; for a test of it set GGML_VK_VISIBLE_DEVICES=%d"
                        .formatted(device.name(), probe.vulkan().indexOf(device)));
            } else {
                reasons.add("llama.cpp leaves %s out: it has no 16-bit storage, or GGML_VK_VISIBLE_DEVICES names others"
                        .formatted(device.name()));
            }
        }
        return List.of("the libraries for %s find no GPU: models would run on the CPU%s"
                .formatted(backend, reasons.isEmpty() ? "" : "; " + String.join("; ", reasons)));
    }

    /** The variant of the CPU backend that llama.cpp chose for this processor; empty if it is not known. */
    Optional<String> cpuBackend() {
        return probe.stream()
                .flatMap(found -> found.libraries().stream())
                .map(library -> library.getFileName().toString())
                .filter(name -> name.startsWith("libggml-cpu"))
                .findFirst();
    }
}
