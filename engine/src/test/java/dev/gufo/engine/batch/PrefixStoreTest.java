package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Sampling;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
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
import org.junit.jupiter.params.provider.EnumSource;

/** Computed prompts that no slot has room for come back from main memory, and mean the same as if computed anew. */
@Tag("device")
@Timeout(300)
class PrefixStoreTest {
    private static final int CONTEXT = 1_024;
    private static final long ENOUGH = 64L << 20;

    @TempDir
    private static Path folder;

    private static Path dense;
    private static Path hybrid;
    private static Path recurrent;

    /** Whether states can be cut anywhere. */
    enum Kind {
        DENSE,
        HYBRID,
        RECURRENT
    }

    @BeforeAll
    static void write() throws IOException {
        dense = folder.resolve("dense.gguf");
        RandomModel.write(ModelShape.TINY, 5, dense);
        recurrent = TinyArchitecture.RECURRENT.write(folder.resolve("recurrent.gguf"));
        hybrid = TinyArchitecture.HYBRID.write(folder.resolve("hybrid.gguf"));
    }

    private static Path file(Kind kind) {
        return switch (kind) {
            case DENSE -> dense;
            case HYBRID -> hybrid;
            case RECURRENT -> recurrent;
        };
    }

    private static LocalEngine open(Kind kind, int sequences, long cacheBytes) {
        return LocalEngine.open(
                EngineSettings.of(file(kind), Path.of(System.getProperty("gufo.natives")))
                        .contextTokens(CONTEXT)
                        .sequences(sequences)
                        .gpuLayers(OnDevice.LAYERS)
                        .threads(2)
                        .stepTokens(64)
                        .queueLength(64)
                        .cacheBytes(cacheBytes)
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

    private static Answer answer(LocalEngine engine, int[] prompt, String scope) throws InterruptedException {
        return Answer.of(engine.generate(GenerationRequest.of(prompt, 4)
                .ignoreEnd(true)
                .sampling(Sampling.GREEDY)
                .cacheScope(scope)
                .topLogprobs(0)
                .build()));
    }

    /**
     * The same logits but for rounding, which depends on how a prompt is cut into steps; so up to the first of two
     * tokens that are about as likely. Without any cache, in chunks of 37 tokens instead of 64, logprobs of the dense
     * model differed by up to 0.135 on a CPU with AVX-512.
     */
    private static void assertSame(Answer answer, Answer reference) {
        boolean same = true;
        for (int i = 0; i < reference.tokens().size() && same; i++) {
            float expected = reference.logprobs().get(i).chosen();
            assertThat(answer.logprobs().get(i).chosen()).isCloseTo(expected, within(0.2f));
            same = answer.tokens().get(i).equals(reference.tokens().get(i));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aConversationThatAnotherOneHasPushedOutGoesOnWhereItWas(Kind kind) throws InterruptedException {
        int[] first = prompt(1, 400);
        int[] second = prompt(2, 400);
        int[] goesOn = joined(first, 400, 3, 40);
        Answer expected;
        try (LocalEngine fresh = open(kind, 1, 0)) {
            expected = answer(fresh, goesOn, "");
        }
        try (LocalEngine engine = open(kind, 1, ENOUGH)) {
            answer(engine, first, "");
            answer(engine, second, "");
            Answer back = answer(engine, goesOn, "");
            assertThat(back.cached()).isBetween(KvSlot.lastingPrompt(400), 403);
            assertSame(back, expected);
            assertThat(answer(engine, joined(second, 400, 4, 40), "").cached()).isGreaterThan(380);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aConversationWhoseLastAnswerIsToldInOtherWordsIsCutThere(Kind kind) throws InterruptedException {
        int[] first = prompt(1, 400);
        int[] goesOn = joined(first, 390, 3, 60); // the template wrote the end another way
        Answer expected;
        try (LocalEngine fresh = open(kind, 1, 0)) {
            expected = answer(fresh, goesOn, "");
        }
        try (LocalEngine engine = open(kind, 1, ENOUGH)) {
            answer(engine, first, "");
            Answer next = answer(engine, goesOn, "");
            assertThat(next.cached()).isBetween(KvSlot.lastingPrompt(400), 390);
            assertSame(next, expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatManyPromptsBeginWithIsComputedTwiceAtMost(Kind kind) throws InterruptedException {
        int[] system = prompt(1, 300);
        try (LocalEngine engine = open(kind, 2, ENOUGH)) {
            answer(engine, joined(system, 300, 2, 100), "");
            answer(engine, joined(system, 300, 3, 100), ""); // where they part is known from here on
            answer(engine, prompt(9, 200), "");
            assertThat(answer(engine, joined(system, 300, 4, 100), "").cached()).isEqualTo(300);
            assertThat(answer(engine, joined(system, 300, 5, 100), "").cached()).isEqualTo(300);
        }
    }

    /** What comes back must not be evicted to make room for what it pushes out. */
    @ParameterizedTest
    @EnumSource
    void whereThereIsRoomForOneStateOnlyItComesBackAllTheSame(Kind kind) throws InterruptedException {
        int[] first = prompt(1, 400);
        int[] goesOn = joined(first, 400, 3, 40);
        Answer expected;
        try (LocalEngine fresh = open(kind, 1, 0)) {
            expected = answer(fresh, goesOn, "");
        }
        boolean found = false;
        for (long room = 64L << 10; room <= 2L << 20; room += 64L << 10) {
            try (LocalEngine engine = open(kind, 1, room)) {
                answer(engine, first, "");
                answer(engine, prompt(2, 400), "");
                Answer back = answer(engine, goesOn, "");
                found |= back.cached() > 0;
                assertSame(back, expected);
            }
        }
        assertThat(found).isTrue();
    }

    @Test
    void withoutMainMemoryNothingIsKept() throws InterruptedException {
        try (LocalEngine engine = open(Kind.DENSE, 1, 0)) {
            answer(engine, prompt(1, 400), "");
            answer(engine, prompt(2, 400), "");
            assertThat(answer(engine, prompt(1, 400), "").cached()).isZero();
        }
    }

    @Test
    void whatIsKeptIsOfItsScopeOnly() throws InterruptedException {
        try (LocalEngine engine = open(Kind.DENSE, 1, ENOUGH)) {
            answer(engine, prompt(1, 400), "a");
            answer(engine, prompt(2, 400), "a");
            assertThat(answer(engine, prompt(1, 400), "b").cached()).isZero();
            assertThat(answer(engine, prompt(1, 400), "a").cached()).isEqualTo(399);
        }
    }

    /** With room for a few states only, so that they are evicted all the time. */
    @ParameterizedTest
    @EnumSource
    void randomConversationsAreAnsweredAsIfEachWasTheFirst(Kind kind) throws InterruptedException {
        Random random = new Random(7);
        List<int[]> prompts = new ArrayList<>(List.of(prompt(1, 300), prompt(2, 200), prompt(3, 120)));
        List<Answer> answers = new ArrayList<>();
        int cached = 0;
        try (LocalEngine engine = open(kind, 2, 3L << 20)) {
            while (answers.size() < 40) {
                int[] base = prompts.get(random.nextInt(prompts.size()));
                int from = random.nextInt(base.length) + 1;
                int[] prompt = joined(base, random.nextBoolean() ? base.length : from, random.nextInt(), 30);
                if (prompt.length < CONTEXT - 10) {
                    prompts.add(prompt);
                    answers.add(answer(engine, prompt, ""));
                    cached += answers.getLast().cached();
                }
            }
        }
        assertThat(cached).isPositive();
        try (LocalEngine fresh = open(kind, 1, 0)) {
            for (int i = 0; i < answers.size(); i++) {
                assertSame(answers.get(i), answer(fresh, prompts.get(i + 3), "scope " + i));
            }
        }
    }
}
