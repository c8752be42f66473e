package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Deterministic requests have the same logits to the last bit, whatever is cached and whoever else is there; with the
 * demo model.
 */
@Timeout(300)
class DeterministicTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int CHUNK = 128;
    private static final int ANSWER = 6;

    private static LocalEngine engine;

    @BeforeAll
    static void load() {
        engine = LocalEngine.open(
                EngineSettings.of(
                                Path.of(System.getProperty("gufo.models"), "demo-chat.gguf"),
                                Path.of(System.getProperty("gufo.natives")))
                        .contextTokens(1_024)
                        .sequences(4)
                        .gpuLayers(0)
                        .threads(2)
                        .stepTokens(256)
                        .queueLength(16)
                        .build(),
                percent -> {});
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    /** What an answer was chosen from. */
    private record Seen(int cached, List<String> logits) {}

    @Test
    void logitsAreTheSameFromAColdAndAWarmCacheAloneAndInCompany() throws InterruptedException {
        int[] prompt = random(1, 300);
        Seen cold = ask(request(prompt, "a").deterministically());
        assertThat(cold.cached()).isZero();
        assertThat(cold.logits()).hasSize(ANSWER);

        Seen warm = ask(request(prompt, "a").deterministically());
        assertThat(warm.cached()).isEqualTo(2 * CHUNK);
        assertThat(warm.logits()).isEqualTo(cold.logits());

        ask(request(prompt, "b")); // computed as it comes: of no use to the next one
        Seen afterAnother = ask(request(prompt, "b").deterministically());
        assertThat(afterAnother.cached()).isZero();
        assertThat(afterAnother.logits()).isEqualTo(cold.logits());

        try (Generation company = engine.generate(request(random(2, 200), "c", 800))) {
            assertThat(company.next(LONG)).containsInstanceOf(GenerationEvent.Started.class);
            assertThat(ask(request(prompt, "a").deterministically()).logits()).isEqualTo(cold.logits());
            assertThat(ask(request(prompt, "d").deterministically()).logits()).isEqualTo(cold.logits());
            int tokens = 0;
            for (Optional<GenerationEvent> event = company.next(Duration.ZERO);
                    event.isPresent();
                    event = company.next(Duration.ZERO)) {
                assertThat(event.get()).isInstanceOfAny(GenerationEvent.Prefilled.class, GenerationEvent.Token.class);
                tokens += event.get() instanceof GenerationEvent.Token ? 1 : 0;
            }
            assertThat(tokens).as("it went on meanwhile").isPositive();
        }
    }

    @Test
    void aConversationGoesOnAsItWouldFromTheBeginning() throws InterruptedException {
        int[] first = random(3, 200);
        int[] second = extended(first, 150);
        Seen fresh = ask(request(second, "fresh").deterministically());
        ask(request(first, "grown").deterministically());
        Seen grown = ask(request(second, "grown").deterministically());
        assertThat(grown.cached()).isEqualTo(CHUNK);
        assertThat(grown.logits()).isEqualTo(fresh.logits());
    }

    private static int[] extended(int[] prompt, int more) {
        int[] longer = Arrays.copyOf(prompt, prompt.length + more);
        System.arraycopy(random(4, more), 0, longer, prompt.length, more);
        return longer;
    }

    private static int[] random(int seed, int length) {
        return new Random(seed).ints(length, 300, 3_000).toArray();
    }

    private static GenerationRequest request(int[] prompt, String scope) {
        return request(prompt, scope, ANSWER);
    }

    private static GenerationRequest request(int[] prompt, String scope, int maxTokens) {
        return GenerationRequest.of(prompt, maxTokens)
                .ignoreEnd(true)
                .cacheScope(scope)
                .topLogprobs(GenerationRequest.MAX_TOP_LOGPROBS)
                .build();
    }

    private static Seen ask(GenerationRequest request) throws InterruptedException {
        int cached = -1;
        List<String> logits = new ArrayList<>();
        try (Generation generation = engine.generate(request)) {
            while (true) {
                switch (generation.next(LONG).orElseThrow()) {
                    case GenerationEvent.Started(int tokens, var _, var _) -> cached = tokens;
                    case GenerationEvent.Token token -> logits.add(bits(token));
                    case GenerationEvent.Finished _ -> {
                        return new Seen(cached, logits);
                    }
                    case GenerationEvent.Prompt _, GenerationEvent.Prefilled _ -> {}
                    case GenerationEvent.Failed(var cause) -> throw cause;
                }
            }
        }
    }

    /** The token and the exact logprobs of the likeliest ones. */
    private static String bits(GenerationEvent.Token token) {
        StringBuilder text = new StringBuilder().append(token.id());
        token.logprobs()
                .orElseThrow()
                .top()
                .forEach(candidate -> text.append(' ')
                        .append(candidate.id())
                        .append(':')
                        .append(Float.floatToRawIntBits(candidate.logprob())));
        return text.toString();
    }
}
