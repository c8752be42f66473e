package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.natives.Machine;
import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.plan.MemoryPlan;
import dev.gufo.engine.plan.Planner;
import dev.gufo.fixtures.WriteRandomModel;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.MemoryShape;
import dev.gufo.server.cli.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(120)
class GpuCommandTest {
    private static final long GIB = 1L << 30;

    @TempDir
    Path folder;

    @Test
    void withoutAGpuASmallModelIsMeasuredOnTheCpu() throws IOException {
        Assumptions.assumeFalse(Machine.here().hasNvidiaDevice());
        var out = new StringWriter();
        var err = new StringWriter();
        CommandLine commandLine = dev.gufo.bench.Main.commandLine();
        commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int status = commandLine.execute(
                "gpu",
                "--natives",
                System.getProperty("gufo.natives"),
                "--gufo",
                launcher().toString(),
                "--folder",
                folder.toString(),
                "--shape",
                "tiny",
                "--sequences",
                "2",
                "--kv-types",
                "q8_0",
                "--output-tokens",
                "8",
                "--rounds",
                "1",
                "--requests",
                "1");
        assertThat(err.toString()).isEmpty();
        assertThat(status).isZero();
        assertThat(out.toString())
                .contains("model random-tiny-q4_k_m.gguf", "no GPU", "KV type q8_0")
                .containsPattern("(?m)^2 +[0-9.]+ +[0-9.]+ +[0-9]+ %");
    }

    /** As a distribution's, with the classes of this test. */
    private Path launcher() throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Path script = folder.resolve("gufo");
        Files.writeString(script, """
                #!/bin/sh
                exec '%s' -Xmx128m -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -Dgufo.data='%s' -cp '%s' %s "$@"
                """.formatted(
                        java, folder.resolve("data"), System.getProperty("java.class.path"), Main.class.getName()));
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void whatIsMissingOnAGpuIsComparedWithThePlan() throws IOException {
        Path file = folder.resolve("tiny.gguf");
        WriteRandomModel.write("tiny", "q4_k_m", file);
        var before = new MeasuredMemory(List.of(new DeviceMemory("CUDA0", 24 * GIB)));
        Planner planner = new Planner(
                MemoryShape.of(List.of(GgufFile.read(file))), 2_048, before.gpus(), new DeviceMemory("CPU", GIB));
        MemoryPlan plan = planner.plan(EngineSettings.of(file, folder)
                .contextTokens(1_024)
                .sequences(64)
                .gpuLayers(-1)
                .queueLength(0)
                .build());
        MemoryPlan.Share share = plan.shares().getFirst();
        long planned = share.totalBytes() - share.reserveBytes();
        var during = new MeasuredMemory(List.of(new DeviceMemory("CUDA0", 24 * GIB - planned * 104 / 100)));

        TextTable table = MeasuredMemory.newTable();
        before.addRows(table, "f16", plan, during, before);
        assertThat(table.toString()).containsPattern("f16 +CUDA0 .* \\+4\\.0 % .* 0\\.0\\n");
    }
}
