package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.cores.CoreShares;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Models in one process that share the cores, with the real library. */
@Timeout(120)
class SharedThreadsTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Path DEMO = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Sampling GREEDY = Sampling.GREEDY;
    private static final EngineSettings SETTINGS = EngineSettings.of(DEMO, NATIVES)
            .contextTokens(4_096)
            .sequences(1)
            .gpuLayers(0)
            .threads(2)
            .stepTokens(64)
            .queueLength(4)
            .build();

    @Test
    void modelsThatAreBusyAtOnceComputeWithAPartOfTheThreadsAndGiveTheSameAnswers() throws InterruptedException {
        var cores = new CoreShares(2);
        try (LocalEngine one = LocalEngine.open(SETTINGS, cores, percent -> {});
                LocalEngine other = LocalEngine.open(SETTINGS, cores, percent -> {})) {
            List<Integer> expected = all(one.generate(request(20)));
            try (Generation first = one.generate(request(4_000));
                    Generation second = other.generate(request(4_000))) {
                await().atMost(LONG).until(() -> one.threads() == 1 && other.threads() == 1);
                assertThat(first.next(LONG)).isPresent();
                assertThat(second.next(LONG)).isPresent();
            }
            assertThat(all(other.generate(request(20)))).isEqualTo(expected);
        }
    }

    private static GenerationRequest request(int tokens) {
        return GenerationRequest.of(new int[] {300, 301, 302}, tokens)
                .ignoreEnd(true)
                .sampling(GREEDY)
                .build();
    }

    private static List<Integer> all(Generation generation) throws InterruptedException {
        try (generation) {
            List<Integer> tokens = new ArrayList<>();
            while (true) {
                switch (generation.next(LONG).orElseThrow()) {
                    case GenerationEvent.Token token -> tokens.add(token.id());
                    case GenerationEvent.Finished _ -> {
                        return tokens;
                    }
                    case GenerationEvent.Failed(var cause) -> throw cause;
                    default -> {}
                }
            }
        }
    }
}
