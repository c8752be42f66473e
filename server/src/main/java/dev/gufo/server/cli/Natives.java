package dev.gufo.server.cli;

import dev.gufo.engine.natives.Backend;
import dev.gufo.engine.natives.InstalledLibraries;
import dev.gufo.engine.natives.Machine;
import dev.gufo.engine.natives.NativesChoice;
import dev.gufo.engine.worker.DeviceProbe;
import dev.gufo.server.boot.StartFailed;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which llama.cpp libraries are used. This process only looks at files: the libraries are loaded where the models are,
 * and where they are asked for GPUs.
 */
final class Natives {
    private Natives() {}

    /**
     * The set that suits this machine and the operator's wish; the log tells which and why.
     *
     * @param folder as {@code scripts/natives} fills it, or one with libraries in it
     * @param err takes the warning that a GPU which was wanted or is there can't be used
     * @throws StartFailed if no set is installed, or only one for CPUs can be used and a GPU is required
     */
    static NativesChoice choose(Path folder, ComputeOptions options, PrintStream err) throws InterruptedException {
        NativesChoice choice = NativesChoice.of(
                        new InstalledLibraries(folder), Machine.here(), options.wish(), DeviceProbe.question())
                .orElseThrow(() -> new StartFailed(
                        "the llama.cpp libraries are not in %s: run scripts/natives, or name their folder with --natives"
                                .formatted(folder)));
        boolean cpu = choice.backend() == Backend.CPU;
        if (cpu && options.requireGpu) {
            throw new StartFailed("--require-gpu: "
                    + (choice.warnings().isEmpty() ? choice.reason() : String.join("; ", choice.warnings())));
        }
        for (String warning : choice.warnings()) {
            err.printf("gufo: WARNING: %s%n", warning);
        }
        if (cpu && !choice.warnings().isEmpty()) {
            err.println(
                    "gufo: WARNING: the models run on the CPU, which is many times slower; --require-gpu makes this an error");
        }
        Logger log = LoggerFactory.getLogger(Natives.class); // only now: options decide how it logs
        log.info(
                "llama.cpp libraries for {}: {} ({})",
                choice.backend().name().toLowerCase(Locale.ROOT),
                choice.reason(),
                choice.folder());
        return choice;
    }
}
