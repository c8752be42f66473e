package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Sampling;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Memory that the plan counts as free and that is not to be had all the same, as when another program takes it first.
 * Linux refuses it to this process alone, by its limit of address space. On the CPU: a device's own memory has no such
 * limit, and Mesa's driver in software ends the process that reaches one.
 */
@Timeout(600)
class AllocationFailureTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final long SLACK = 512L << 20; // what this JVM may need meanwhile

    @TempDir
    private Path folder;

    @Test
    void aModelWhoseMemoryIsRefusedFailsWithTheReasonAndTheNextOneLoads() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "only Linux has such limits");
        Path model = folder.resolve("tiny.gguf");
        RandomModel.write(ModelShape.TINY, 5, model);
        EngineSettings small = settings(model, 4);
        Answer before = answer(small);

        limit(String.valueOf(addressSpace() + SLACK));
        try {
            assertThatThrownBy(() -> LocalEngine.open(settings(model, 256), percent -> {}))
                    .isInstanceOf(EngineException.Broken.class)
                    .hasMessageContaining("memory")
                    .hasMessageNotContaining("\n");
            Likeness.require(answer(small), before);
        } finally {
            limit("unlimited");
        }
        Likeness.require(answer(settings(model, 256)), before);
    }

    /** With 256 sequences it has at least 1 GiB of KV cache. */
    private static EngineSettings settings(Path model, int sequences) {
        return EngineSettings.of(model, NATIVES)
                .contextTokens(2_048)
                .sequences(sequences)
                .gpuLayers(0)
                .threads(1)
                .stepTokens(256)
                .queueLength(4)
                .build();
    }

    private static Answer answer(EngineSettings settings) throws InterruptedException {
        try (LocalEngine engine = LocalEngine.open(settings, percent -> {})) {
            return Answer.of(engine.generate(GenerationRequest.of(new int[] {300, 301, 302, 303}, 12)
                    .ignoreEnd(true)
                    .sampling(Sampling.GREEDY)
                    .topLogprobs(2)
                    .build()));
        }
    }

    private static long addressSpace() throws IOException {
        String size = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmSize:"))
                .findFirst()
                .orElseThrow()
                .replaceAll("\\D", "");
        return Long.parseLong(size) << 10;
    }

    /** Sets the soft limit, which may be raised again. */
    private static void limit(String bytes) throws IOException, InterruptedException {
        Process prlimit = new ProcessBuilder(
                        "/usr/bin/prlimit",
                        "--pid",
                        String.valueOf(ProcessHandle.current().pid()),
                        "--as=%s:".formatted(bytes))
                .inheritIO()
                .start();
        assertThat(prlimit.waitFor()).isZero();
    }
}
