package dev.gufo.engine.damage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.worker.WorkerEngine;
import dev.gufo.engine.worker.WorkerOptions;
import dev.gufo.fixtures.RandomAdapter;
import dev.gufo.gguf.GgmlType;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged files are refused with a reason, or load and compute; no process that opens them dies. The system property
 * {@code gufo.damaged} says how many files to try of each model.
 */
class DamagedModelsTest {
    private static final int MANY = Integer.getInteger("gufo.damaged", 850);
    private static final ModelShape SMALLEST =
            new ModelShape("smallest", 2, 64, 2, 1, 64, 400, 128, 10_000, GgmlType.Q8_0);
    private static final long HANG_SECONDS = 90;

    @TempDir
    Path folder;

    @Test
    void aDamagedRandomModelIsRefusedOrLoads() throws IOException, InterruptedException {
        Path sound = folder.resolve("sound.gguf");
        RandomModel.write(SMALLEST, 1, sound);
        requireAnswers(openAll(sound, MANY, List.of()));
    }

    @Test
    void aDamagedAdapterIsRefusedOrLoads() throws IOException, InterruptedException {
        Path model = folder.resolve("model.gguf");
        RandomModel.write(SMALLEST, 1, model);
        Path sound = folder.resolve("sound.gguf");
        RandomAdapter.write(SMALLEST, 4, 1, 1, sound);
        requireAnswers(openAll(sound, MANY * 6 / 17, List.of(model.toString())));
    }

    @Test
    void theDamagedDemoModelIsRefusedOrLoads() throws IOException, InterruptedException {
        Path sound = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");
        requireAnswers(openAll(sound, MANY * 3 / 17, List.of()));
    }

    /** Real workers, each for one file: the process that has the engine lives on whatever they do. */
    @Test
    void aWorkerOfADamagedModelServesOrSaysWhyNot() throws IOException {
        Path sound = folder.resolve("sound.gguf");
        RandomModel.write(SMALLEST, 1, sound);
        var damage = new Damage(Files.readAllBytes(sound));
        for (long seed = 0; seed < 4; seed++) {
            Path file = Files.write(folder.resolve("damaged.gguf"), damage.file(seed));
            Path natives = Path.of(System.getProperty("gufo.natives"));
            var settings = EngineSettings.of(file, natives)
                    .contextTokens(64)
                    .sequences(2)
                    .gpuLayers(0)
                    .threads(1)
                    .stepTokens(64)
                    .queueLength(4)
                    .build();
            try (WorkerEngine engine = WorkerEngine.start(settings, WorkerOptions.defaults(folder))) {
                await().atMost(Duration.ofSeconds(HANG_SECONDS)).until(() -> hasEnded(engine.status()));
                if (engine.status() instanceof EngineStatus.Failed(String reason)) {
                    assertThat(reason).isNotBlank().doesNotContain("signal").doesNotContain("\n");
                }
            }
        }
    }

    private static boolean hasEnded(EngineStatus status) {
        return status instanceof EngineStatus.Ready || status instanceof EngineStatus.Failed;
    }

    private static void requireAnswers(List<String> outcomes) {
        assertThat(outcomes.stream().filter(line -> !line.matches("\\d+ (refused|loaded) .+")))
                .as("files that no process should have opened, by their seeds")
                .isEmpty();
        assertThat(outcomes.stream().filter(line -> line.contains("refused"))).hasSizeGreaterThan(outcomes.size() / 4);
        assertThat(outcomes.stream().filter(line -> line.contains("loaded"))).hasSizeGreaterThan(outcomes.size() / 20);
    }

    /**
     * One line for each file, its seed first; after a death it goes on in another process with the next file.
     *
     * @param model of which the file is an adapter, if it is one
     */
    private List<String> openAll(Path sound, int files, List<String> model) throws IOException, InterruptedException {
        List<String> outcomes = new ArrayList<>();
        while (outcomes.size() < files) {
            Path report = Files.createTempFile(folder, "report", ".txt");
            String end = open(sound, outcomes.size(), files, report, model);
            outcomes.addAll(Files.readAllLines(report));
            if (!end.isEmpty()) {
                assertThat(outcomes).as("a process that opened nothing: " + end).isNotEmpty();
                outcomes.set(outcomes.size() - 1, outcomes.getLast() + end);
            }
        }
        return outcomes;
    }

    /** How the process ended, if it was before the last file. */
    private String open(Path sound, int from, int to, Path report, List<String> model)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("crash.log"),
                "-Dgufo.natives=" + System.getProperty("gufo.natives"),
                "-classpath",
                System.getProperty("java.class.path"),
                OpenDamaged.class.getName(),
                sound.toString(),
                Integer.toString(from),
                Integer.toString(to),
                report.toString()));
        command.addAll(model);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output.txt").toFile())
                .start();
        try {
            long size = -1;
            while (!process.waitFor(HANG_SECONDS, TimeUnit.SECONDS)) {
                if (size == Files.size(report)) {
                    return "hung";
                }
                size = Files.size(report);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        return process.exitValue() == 0 ? "" : "died with exit status " + process.exitValue();
    }
}
