package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Sampling;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whoever waits for a prompt that another is computing gets on, whatever becomes of the other. */
@Timeout(300)
class HoldBackTest {
    private static final int CONTEXT = 1_024;

    @TempDir
    private static Path folder;

    private static LocalEngine engine;

    @BeforeAll
    static void load() throws IOException {
        Path model = folder.resolve("tiny.gguf");
        RandomModel.write(ModelShape.TINY, 5, model);
        Path natives = Path.of(System.getProperty("gufo.natives"));
        engine = LocalEngine.open(
                EngineSettings.of(model, natives)
                        .contextTokens(CONTEXT)
                        .sequences(3)
                        .gpuLayers(0)
                        .threads(2)
                        .stepTokens(32)
                        .queueLength(64)
                        .build(),
                percent -> {});
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static int[] prompt(int length, int seed) {
        return new Random(seed).ints(length, 261, 512).toArray();
    }

    private static GenerationRequest request(int[] prompt, String scope, boolean scored) {
        var greedy = Sampling.GREEDY;
        return GenerationRequest.of(prompt, 3)
                .ignoreEnd(true)
                .sampling(greedy)
                .cacheScope(scope)
                .topLogprobs(scored ? 0 : -1)
                .promptLogprobs(scored)
                .build();
    }

    @Test
    void theOwnerMayBeCancelledMidway() throws InterruptedException {
        int[] prompt = prompt(900, 1);
        Generation owner = engine.generate(request(prompt, "", false));
        Generation second = engine.generate(request(prompt, "", false));
        Generation third = engine.generate(request(prompt, "", false));
        assertThat(owner.next(Duration.ofSeconds(30))).containsInstanceOf(GenerationEvent.Started.class);
        owner.cancel();
        assertThat(Answer.of(second).tokens()).hasSize(3);
        second.cancel();
        assertThat(Answer.of(third).tokens()).hasSize(3);
    }

    @Test
    void anotherScopeWaitsForNobody() throws InterruptedException {
        int[] prompt = prompt(900, 2);
        Generation owner = engine.generate(request(prompt, "a", false));
        Answer other = Answer.of(engine.generate(request(prompt, "b", false)));
        assertThat(other.cached()).isZero();
        assertThat(Answer.of(owner).tokens()).isEqualTo(other.tokens());
    }

    @Test
    void aPromptThatIsScoredIsNotWaitedFor() throws InterruptedException {
        int[] prompt = prompt(900, 3);
        Generation scored = engine.generate(request(prompt, "", true));
        Answer plain = Answer.of(engine.generate(request(prompt, "", false)));
        assertThat(plain.cached()).isLessThan(200);
        Answer slow = Answer.of(scored);
        assertThat(slow.prompt()).hasSize(900);
        assertThat(slow.tokens()).isEqualTo(plain.tokens());
    }

    @Test
    void scoredPromptsOfSeveralAndPlainOnesAreComputedTogether() throws InterruptedException {
        List<int[]> prompts = List.of(prompt(1, 4), prompt(33, 5), prompt(200, 6), prompt(64, 7), prompt(31, 8));
        List<Generation> all = new ArrayList<>();
        for (int[] prompt : prompts) {
            all.add(engine.generate(request(prompt, "", true)));
            all.add(engine.generate(request(prompt, "", false)));
        }
        for (int i = 0; i < prompts.size(); i++) {
            Answer scored = Answer.of(all.get(2 * i));
            Answer plain = Answer.of(all.get(2 * i + 1));
            assertThat(scored.prompt().stream().mapToInt(GenerationEvent.Token::id))
                    .hasSize(prompts.get(i).length);
            assertThat(scored.prompt().stream()
                            .mapToInt(GenerationEvent.Token::id)
                            .toArray())
                    .isEqualTo(prompts.get(i));
            assertThat(scored.prompt().stream().skip(1))
                    .allMatch(token -> token.logprobs().isPresent());
            assertThat(scored.tokens()).isEqualTo(plain.tokens());
        }
    }

    @Test
    void randomArrivalsAndCancellationsOfRelatedPromptsAllEnd() throws InterruptedException {
        var random = new Random(11);
        int[] base = prompt(900, 9);
        List<Generation> waited = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            int[] prompt = base.clone();
            int own = 1 + random.nextInt(900);
            for (int j = own; j < prompt.length; j++) {
                prompt[j] = 261 + random.nextInt(251);
            }
            int[] cut = Arrays.copyOf(prompt, 50 + random.nextInt(850));
            Generation generation =
                    engine.generate(request(cut, random.nextInt(4) == 0 ? "b" : "", random.nextInt(8) == 0));
            if (random.nextInt(3) == 0) {
                if (random.nextBoolean()) {
                    generation.next(Duration.ofMillis(random.nextInt(30)));
                }
                generation.cancel();
            } else {
                waited.add(generation);
            }
        }
        for (Generation generation : waited) {
            assertThat(Answer.of(generation).tokens()).hasSize(3);
        }
    }
}
