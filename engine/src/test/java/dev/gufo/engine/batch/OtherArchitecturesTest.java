package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Models with a sliding window, with states instead of keys, and with both, in a real engine. */
@Tag("device")
@Timeout(300)
class OtherArchitecturesTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Duration LONG = OnDevice.PATIENCE;
    private static final int ANSWER = 8;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource
    void askedAgainItAnswersTheSameAndReusesWhatItCan(TinyArchitecture kind) throws Exception {
        try (LocalEngine engine = open(kind)) {
            int[] prompt = prompt(100, 1);
            Answer first = Answer.of(engine.generate(request(prompt, "again")));
            Answer again = Answer.of(engine.generate(request(prompt, "again")));
            assertThat(first.cached()).isZero();
            // A state can't go back, but to where a copy of it was made.
            assertThat(again.cached()).isBetween(kind == TinyArchitecture.SLIDING_WINDOW ? 99 : 0, 99);
            Likeness.require(again, first);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aConversationThatGoesOnIsComputedFromWhereItWas(TinyArchitecture kind) throws Exception {
        try (LocalEngine engine = open(kind)) {
            int[] prompt = prompt(60, 2);
            Answer answer = Answer.of(engine.generate(request(prompt, "grown")));
            int[] longer = IntStream.concat(
                            IntStream.of(prompt),
                            IntStream.concat(
                                    answer.tokens().stream().mapToInt(Integer::intValue), IntStream.of(prompt(20, 3))))
                    .toArray();
            Answer grown = Answer.of(engine.generate(request(longer, "grown")));
            Answer fresh = Answer.of(engine.generate(request(longer, "fresh")));
            // The last token of an answer was chosen and never computed.
            assertThat(grown.cached()).isEqualTo(prompt.length + ANSWER - 1);
            assertThat(fresh.cached()).isZero();
            Likeness.require(grown, fresh);
        }
    }

    @ParameterizedTest
    @EnumSource
    void requestsThatRunTogetherAnswerAsTheyDoAlone(TinyArchitecture kind) throws Exception {
        try (LocalEngine engine = open(kind)) {
            List<Generation> together = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                together.add(engine.generate(request(prompt(10 + 25 * i, i), "together" + i)));
            }
            List<Answer> answers = new ArrayList<>();
            for (Generation generation : together) {
                answers.add(Answer.of(generation));
            }
            for (int i = 0; i < answers.size(); i++) {
                Answer alone = Answer.of(engine.generate(request(prompt(10 + 25 * i, i), "alone" + i)));
                Likeness.require(answers.get(i), alone);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aConversationGoesOnFromTheEndOfItsLastPrompt(TinyArchitecture kind) throws Exception {
        int room = 400 << 10; // far fewer checkpoints than the turns make
        for (EngineSettings settings :
                List.of(settings(kind), settings(kind).with().cacheBytes(room).build())) {
            try (LocalEngine engine = LocalEngine.open(settings, percent -> {})) {
                for (int length = 60; length < 500; length += 40) {
                    Answer turn = Answer.of(engine.generate(request(prompt(length, 9), "conversation")));
                    assertThat(turn.cached()).isEqualTo(length == 60 ? 0 : length - 40);
                }
            }
        }
    }

    /** It moves beside the sequence that runs, as neighbours are computed together. */
    @ParameterizedTest
    @EnumSource
    void aConversationThatMovesToAnotherSlotTakesItsCheckpointAlong(TinyArchitecture kind) throws Exception {
        try (LocalEngine engine = open(kind)) {
            List<Generation> together = new ArrayList<>();
            for (int seed = 30; seed < 34; seed++) {
                together.add(engine.generate(request(prompt(100, seed), "moves")));
            }
            for (Generation generation : together) {
                Answer.of(generation);
            }
            int[] last = prompt(140, 33);
            try (Generation runs = engine.generate(request(last, "moves", 350))) {
                assertThat(runs.next(LONG)).containsInstanceOf(GenerationEvent.Started.class);
                Answer moved = Answer.of(engine.generate(request(prompt(140, 30), "moves")));
                if (kind != TinyArchitecture.SLIDING_WINDOW) { // that can't be copied with a checkpoint
                    assertThat(moved.cached()).isEqualTo(100);
                }
                Likeness.require(moved, Answer.of(engine.generate(request(prompt(140, 30), "fresh"))));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void equalPromptsThatComeTogetherAnswerTheSame(TinyArchitecture kind) throws Exception {
        try (LocalEngine engine = open(kind)) {
            List<Generation> together = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                together.add(engine.generate(request(prompt(120, 7), "equal")));
            }
            Answer first = Answer.of(together.getFirst());
            for (Generation generation : together.subList(1, 3)) {
                Likeness.require(Answer.of(generation), first);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPromptThatIsCancelledHalfwayLeavesNothingBehind(TinyArchitecture kind) throws Exception {
        try (LocalEngine engine = open(kind)) {
            int[] kept = prompt(40, 8);
            Answer before = Answer.of(engine.generate(request(kept, "before")));
            for (int i = 0; i < 4; i++) {
                try (Generation cut = engine.generate(request(prompt(450, 20 + i), "cut"))) {
                    assertThat(cut.next(LONG)).containsInstanceOf(GenerationEvent.Started.class);
                }
            }
            Likeness.require(Answer.of(engine.generate(request(kept, "after"))), before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatItKeepsOfASequenceIsAsPlanned(TinyArchitecture kind) throws IOException {
        Sizing sizing = Sizing.of(settings(kind));
        try (NativeLines lines = new NativeLines();
                LoadedModel _ = LoadedModel.load(sizing, percent -> {})) {
            double kept = lines.mebibytes("llama_(?:kv_cache|memory_recurrent): size = +([0-9.]+) MiB");
            assertThat(sizing.plan().kvBytes() / (double) (1 << 20)).isCloseTo(kept, within(0.05 * kept + 0.01));
        }
    }

    private LocalEngine open(TinyArchitecture kind) throws IOException {
        return LocalEngine.open(settings(kind), percent -> {});
    }

    private EngineSettings settings(TinyArchitecture kind) throws IOException {
        return EngineSettings.of(kind.write(folder.resolve(kind + ".gguf")), NATIVES)
                .contextTokens(512)
                .sequences(4)
                .gpuLayers(OnDevice.LAYERS)
                .threads(1)
                .stepTokens(64)
                .queueLength(16)
                .build();
    }

    private static int[] prompt(int length, int seed) {
        return new Random(seed)
                .ints(length, TinyArchitecture.FIRST_WORD, TinyArchitecture.VOCABULARY)
                .toArray();
    }

    private static GenerationRequest request(int[] prompt, String scope) {
        return request(prompt, scope, ANSWER);
    }

    private static GenerationRequest request(int[] prompt, String scope, int tokens) {
        return GenerationRequest.of(prompt, tokens)
                .ignoreEnd(true)
                .cacheScope(scope)
                .topLogprobs(2)
                .build();
    }
}
