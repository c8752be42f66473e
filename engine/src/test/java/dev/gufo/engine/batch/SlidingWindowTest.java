package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.KvLayout;
import dev.gufo.engine.KvType;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SwaFull;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers with a sliding window that keep little more than the window: 256 cells of {@value #CONTEXT}. */
@Tag("device")
@Timeout(300)
class SlidingWindowTest {
    private static final int CONTEXT = 2_048;

    @TempDir
    private static Path folder;

    private static Path model;

    @BeforeAll
    static void write() throws IOException {
        model = TinyArchitecture.SLIDING_WINDOW.write(folder.resolve("window.gguf"));
    }

    private static LocalEngine open(ComputeSettings compute, int sequences, long cacheBytes) {
        return LocalEngine.open(
                EngineSettings.of(model, Path.of(System.getProperty("gufo.natives")))
                        .contextTokens(CONTEXT)
                        .sequences(sequences)
                        .gpuLayers(OnDevice.LAYERS)
                        .threads(2)
                        .stepTokens(64)
                        .queueLength(64)
                        .cacheBytes(cacheBytes)
                        .compute(compute)
                        .build(),
                percent -> {});
    }

    private static int[] prompt(int seed, int length) {
        return new Random(seed).ints(length, 261, 512).toArray();
    }

    private static int[] joined(int[] start, int from, int seed, int more) {
        return IntStream.concat(IntStream.of(start).limit(from), IntStream.of(prompt(seed, more)))
                .toArray();
    }

    private static GenerationRequest request(int[] prompt, int tokens, String scope) {
        return GenerationRequest.of(prompt, tokens)
                .ignoreEnd(true)
                .sampling(Sampling.GREEDY)
                .cacheScope(scope)
                .topLogprobs(0)
                .build();
    }

    private static Answer answer(LocalEngine engine, int[] prompt, int tokens, String scope)
            throws InterruptedException {
        return Answer.of(engine.generate(request(prompt, tokens, scope)));
    }

    private static void assertSame(Answer answer, Answer reference) {
        boolean same = true;
        for (int i = 0; i < reference.tokens().size() && same; i++) {
            assertThat(answer.logprobs().get(i).chosen())
                    .isCloseTo(reference.logprobs().get(i).chosen(), within(0.1f));
            same = answer.tokens().get(i).equals(reference.tokens().get(i));
        }
    }

    /** Whatever a prompt goes on from, a checkpoint, the end of a state or a copy, it means what it does uncached. */
    @ParameterizedTest
    @CsvSource({
        "SPLIT, F16",
        "SPLIT, Q8_0",
        "SPLIT, Q4_0",
        "SHARED, F16",
        "SHARED, Q8_0",
    })
    void whereverPromptsPartTheRestIsComputedAsIfNothingWereCached(KvLayout layout, KvType type) throws Exception {
        ComputeSettings compute =
                ComputeSettings.DEFAULT.withKv(layout).withKv(type, type).withKv(SwaFull.OFF);
        var random = new Random(3);
        try (LocalEngine engine = open(compute, 3, 64L << 20)) {
            int[] last = prompt(0, 700);
            for (int turn = 1; turn <= 25; turn++) {
                Answer cached = answer(engine, last, 1 + random.nextInt(12), "cached");
                Answer fresh = answer(engine, last, cached.tokens().size(), "fresh " + turn);
                assertThat(fresh.cached()).isZero();
                assertSame(cached, fresh);
                int from = random.nextInt(4) == 0 ? random.nextInt(last.length) : last.length - random.nextInt(9);
                last = joined(last, from, turn, 1 + random.nextInt(from < 1_500 ? 80 : 1));
            }
        }
    }

    /** What comes back from main memory has the end of its windows only, however much of them was in its slot. */
    @ParameterizedTest
    @ValueSource(ints = {60, 75, 85, 90, 92})
    void aStateThatCameBackFromMainMemoryIsCutOnlyWhereItsWindowsReach(int from) throws Exception {
        try (LocalEngine engine = open(ComputeSettings.DEFAULT.withKv(SwaFull.OFF), 1, 64L << 20)) {
            int[] first = prompt(1, 90);
            answer(engine, first, 5, "one");
            answer(engine, prompt(2, 300), 1, "another");
            int[] next = joined(first, from, 3, 40);
            Answer back = answer(engine, next, 4, "one");
            assertSame(back, answer(engine, next, 4, "fresh"));
        }
    }

    @Test
    void aConversationGoesOnFromItsCheckpointAfterALongAnswer() throws Exception {
        try (LocalEngine engine = open(ComputeSettings.DEFAULT, 2, 64L << 20)) {
            int[] first = prompt(1, 600);
            answer(engine, first, 400, "one");
            int[] next = joined(first, 590, 2, 50); // its answer is not in it
            Answer answer = answer(engine, next, 4, "one");
            assertThat(answer.cached()).isBetween(570, 590);
            assertSame(answer, answer(engine, next, 4, "another"));
        }
    }

    @Test
    void equalPromptsThatComeTogetherShareWhatOneOfThemComputes() throws Exception {
        try (LocalEngine engine = open(ComputeSettings.DEFAULT, 4, 64L << 20)) {
            int[] prompt = prompt(1, 900);
            List<Generation> running = IntStream.range(0, 4)
                    .mapToObj(i -> engine.generate(request(prompt, 6, "one")))
                    .toList();
            List<Integer> cached = new ArrayList<>();
            for (var generation : running) {
                cached.add(Answer.of(generation).cached());
            }
            assertThat(cached.stream().filter(tokens -> tokens > 400))
                    .as("%s", cached)
                    .hasSize(3);
        }
    }

    @Test
    void withoutMainMemoryForCheckpointsTheWholeContextIsKept() throws Exception {
        try (LocalEngine engine = open(ComputeSettings.DEFAULT, 1, 0)) {
            int[] first = prompt(1, 600);
            answer(engine, first, 400, "one");
            assertThat(answer(engine, joined(first, 300, 2, 50), 4, "one").cached())
                    .isEqualTo(300);
        }
    }
}
