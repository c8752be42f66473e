package dev.gufo.server.cli;

import dev.gufo.engine.natives.CudaRuntime;
import dev.gufo.engine.natives.Machine;
import dev.gufo.engine.worker.DeviceProbe;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code gufo doctor}: what Gufo found of libraries and devices, what is missing, and how to get it. */
@Command(
        name = "doctor",
        sortOptions = false,
        description =
                "Print what was found of libraries and devices, and what is missing; the exit status is 1 if serving would not work.")
final class DoctorCommand implements Callable<Integer> {
    @Option(
            names = "--natives",
            paramLabel = "DIR",
            description = "Folder of the llama.cpp libraries (default: natives beside the program).")
    Path natives;

    @Option(
            names = "--backend",
            paramLabel = "auto|cpu|cuda|vulkan",
            defaultValue = "auto",
            description = "Which libraries to look for (default: ${DEFAULT-VALUE}).")
    String backend = "";

    @Option(names = "--json", description = "As JSON.")
    boolean json;

    private final PrintStream out;

    DoctorCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws InterruptedException {
        var options = new ComputeOptions();
        options.backend = backend;
        Diagnosis found = Diagnosis.of(
                ServeCommand.folder(natives, "natives").toAbsolutePath().normalize(), Machine.here(), options.wish());
        if (json) {
            out.println(DiagnosisJson.of(found).toPrettyString());
        } else {
            print(found);
        }
        out.flush();
        return found.serves() ? GufoCommand.DONE : GufoCommand.FAILED;
    }

    private void print(Diagnosis found) {
        out.printf("Java        %s%nPlatform    %s%n", found.java(), found.platform());
        for (InstalledSet set : found.sets()) {
            out.printf(
                    "Libraries   %s %s in %s, %s%n",
                    lower(set.backend()),
                    set.packageVersion(),
                    set.folder(),
                    set.lock().words());
            for (InstalledSet.Library library : set.files()) {
                out.printf("              %s  %,13d  %s%n", library.sha256(), library.bytes(), library.name());
            }
        }
        out.printf("Driver      %s%n", found.driver().isEmpty() ? "no NVIDIA driver" : "NVIDIA " + found.driver());
        found.cuda().ifPresent(this::print);
        found.choice()
                .ifPresent(choice -> out.printf("Chosen      %s: %s%n", lower(choice.backend()), choice.reason()));
        found.cpuBackend().ifPresent(name -> out.printf("CPU         %s%n", name));
        found.probe().ifPresent(this::print);
        found.problems().forEach(problem -> out.printf("Problem     %s%n", problem));
        out.println(found.serves() ? "Serving works." : "Serving would not work.");
    }

    private void print(DeviceProbe probe) {
        for (DeviceProbe.Device device : probe.devices()) {
            out.printf(
                    "Device      %s, %s: %,d MiB free of %,d MiB%s%n",
                    device.name(),
                    device.description(),
                    device.freeBytes() >> 20,
                    device.totalBytes() >> 20,
                    device.inMainMemory() ? " of main memory" : "");
            probe.described(device)
                    .ifPresent(vulkan -> out.printf(
                            "              driver %s %s, Vulkan %d.%d%s%n",
                            vulkan.driver(),
                            vulkan.release(),
                            vulkan.major(),
                            vulkan.minor(),
                            vulkan.software() ? ", in software" : ""));
        }
    }

    private void print(CudaRuntime runtime) {
        out.printf("CUDA        %d needed by %s%n", runtime.release(), runtime.backend());
        runtime.found().forEach(library -> out.printf("              found    %s%n", library));
        runtime.missing().forEach(library -> out.printf("              missing  %s%n", library));
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
