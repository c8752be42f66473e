package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.Drafts;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.KvLayout;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.Speculation;
import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.plan.ModelFile;
import dev.gufo.engine.plan.Planner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A model whose own layer guesses. While nobody knows what steps cost, guesses are made: most tests open an engine. */
@Tag("device")
@Timeout(300)
class MtpTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Path DEMO = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");

    @TempDir
    private static Path folder;

    private static Path model;
    private static LocalEngine plain;

    @BeforeAll
    static void open() throws IOException {
        model = TinyMtpModel.write(folder.resolve("mtp.gguf"));
        plain = LocalEngine.open(settings(model, Speculation.OFF), percent -> {});
    }

    @AfterAll
    static void close() {
        plain.close();
    }

    private static EngineSettings settings(Path file, Speculation speculation) {
        return EngineSettings.of(file, NATIVES)
                .contextTokens(1_024)
                .sequences(2)
                .gpuLayers(OnDevice.LAYERS)
                .threads(2)
                .stepTokens(64)
                .queueLength(8)
                .speculation(speculation)
                .build();
    }

    private static LocalEngine guessing() {
        return LocalEngine.open(settings(model, Speculation.MTP), percent -> {});
    }

    private static int[] words(int count, int step) {
        return IntStream.range(0, count)
                .map(i -> TinyMtpModel.FIRST_WORD + Math.floorMod(i * step, TinyMtpModel.WORDS))
                .toArray();
    }

    private static GenerationRequest.Builder request(int[] prompt, int tokens) {
        return GenerationRequest.of(prompt, tokens)
                .ignoreEnd(true)
                .sampling(Sampling.GREEDY)
                .topLogprobs(2);
    }

    private static Answer answer(LocalEngine engine, GenerationRequest.Builder request) throws InterruptedException {
        return Answer.of(engine.generate(request.build()));
    }

    /** Prompts of one token, of one step, and of several. */
    @Test
    void itsGuessesAreRightAndTheTextIsTheSame() throws Exception {
        for (int length : new int[] {1, 20, 64, 65, 300}) {
            GenerationRequest.Builder request = request(words(length, 3), 120);
            Answer alone = answer(plain, request);
            assertThat(alone.drafts()).isEqualTo(Drafts.NONE);
            try (LocalEngine engine = guessing()) {
                Answer guessed = answer(engine, request);
                assertThat(guessed.tokens()).hasSize(120);
                assertThat(guessed.logprobs()).hasSize(120);
                requireMostlyRight(guessed.drafts());
                Likeness.require(guessed, alone);
            }
        }
    }

    private static void requireMostlyRight(Drafts drafts) {
        assertThat(drafts.accepted()).as("%s", drafts).isGreaterThan(2 * drafts.rejected());
    }

    @Test
    void withTheSameSeedTheSameTokensAreDrawn() throws Exception {
        int same = 0;
        int accepted = 0;
        try (LocalEngine engine = guessing()) {
            for (int seed = 0; seed < 12; seed++) {
                GenerationRequest.Builder drawn =
                        request(words(30, 5), 40).sampling(Sampling.LLAMA_CPP_DEFAULTS.withSeed(seed));
                Answer guessed = answer(engine, drawn);
                accepted += guessed.drafts().accepted();
                same += guessed.tokens().equals(answer(plain, drawn).tokens()) ? 1 : 0;
            }
        }
        assertThat(same).as("texts of 12 that no rounding has changed").isGreaterThanOrEqualTo(9);
        assertThat(accepted).isPositive();
    }

    @Test
    void anAnswerEndsAtItsLimit() throws Exception {
        try (LocalEngine engine = guessing()) {
            for (int most = 1; most < 12; most++) {
                assertThat(answer(engine, request(words(10, 1), most)).tokens()).hasSize(most);
            }
        }
    }

    @Test
    void aGrammarHoldsForItsGuesses() throws Exception {
        Constraint odd = new Constraint("root ::= (\" w\" [0-9]* [13579]){60}", new Constraint.Start.Now());
        GenerationRequest.Builder wanted =
                request(words(20, 1), 300).ignoreEnd(false).constraint(Optional.of(odd));
        try (LocalEngine engine = guessing()) {
            assertThat(answer(engine, wanted).text())
                    .isEqualTo(answer(plain, wanted).text());
        }
    }

    /** Nobody has hidden states of what comes from the cache. */
    @Test
    void aConversationThatGoesOnIsGuessedToo() throws Exception {
        try (LocalEngine engine = guessing()) {
            int[] first = words(100, 3);
            Answer turn = answer(engine, request(first, 40));
            int[] said = turn.tokens().stream().mapToInt(Integer::intValue).toArray();
            for (int kept : new int[] {said.length, said.length - 1, 10, 0}) {
                int[] next = IntStream.concat(
                                IntStream.concat(
                                        IntStream.of(first), IntStream.of(said).limit(kept)),
                                IntStream.of(words(7, 11)))
                        .toArray();
                GenerationRequest.Builder request = request(next, 60);
                Answer guessed = answer(engine, request);
                assertThat(guessed.cached()).isPositive();
                Likeness.require(guessed, answer(plain, request));
            }
        }
    }

    @Test
    void whatIsBehindAPromptFromTheCacheIsGuessed() throws Exception {
        try (LocalEngine engine = guessing()) {
            int[] prompt = words(200, 7);
            answer(engine, request(prompt, 1).speculate(false));
            Answer guessed = answer(engine, request(prompt, 100));
            assertThat(guessed.cached()).isGreaterThan(150);
            requireMostlyRight(guessed.drafts());
            Likeness.require(guessed, answer(plain, request(prompt, 100)));
        }
    }

    @Test
    void sequencesThatRunTogetherAndAloneByTurnsStayRight() throws Exception {
        try (LocalEngine engine = guessing()) {
            var first = engine.generate(request(words(50, 3), 200).build());
            List<Answer> others = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                others.add(answer(engine, request(words(40 + i, 5), 5 + i)));
            }
            Likeness.require(Answer.of(first), answer(plain, request(words(50, 3), 200)));
            for (int i = 0; i < 4; i++) {
                Likeness.require(others.get(i), answer(plain, request(words(40 + i, 5), 5 + i)));
            }
        }
    }

    /** The pool has twice what the layer has room for. */
    @Test
    void textsThatAreTooLongForItAreNotGuessed() throws Exception {
        EngineSettings pooled = settings(model, Speculation.MTP)
                .with()
                .contextTokens(256)
                .compute(settings(model, Speculation.MTP).compute().withKv(KvLayout.SHARED))
                .build();
        try (LocalEngine engine = LocalEngine.open(pooled, percent -> {})) {
            Answer guessed = answer(engine, request(words(230, 3), 100));
            assertThat(guessed.tokens()).hasSize(100);
            Likeness.require(guessed, answer(plain, request(words(230, 3), 100)));
        }
    }

    @Test
    void autoAsksIt() throws Exception {
        try (LocalEngine engine = LocalEngine.open(settings(model, Speculation.AUTO), percent -> {})) {
            assertThat(answer(engine, request(words(20, 3), 60)).drafts().accepted())
                    .isPositive();
        }
    }

    @Test
    void onlyWhoWantsItsGuessesHasItInMemory() {
        for (Speculation speculation : Speculation.values()) {
            if (speculation == Speculation.DRAFT) {
                continue; // needs a draft model
            }
            Sizing sizing = Sizing.of(settings(model, speculation));
            assertThat(sizing.mtp()).isEqualTo(speculation == Speculation.AUTO || speculation == Speculation.MTP);
            assertThat(sizing.plan().weightBytes()
                            < Sizing.of(settings(model, Speculation.MTP)).plan().weightBytes())
                    .isEqualTo(!sizing.mtp());
        }
    }

    @Test
    void aModelWithoutSuchALayerIsRefusedOrGoesOnWithout() {
        assertThatThrownBy(() -> LocalEngine.open(settings(DEMO, Speculation.MTP), percent -> {}))
                .isInstanceOf(EngineException.Broken.class)
                .hasMessage("--speculate mtp: the model's file has no layer that predicts tokens ahead;"
                        + " use auto, ngram, draft or off");
        assertThat(Sizing.of(settings(DEMO, Speculation.AUTO)).mtp()).isFalse();
    }

    @Test
    void aLibraryThatTellsNoHiddenStatesIsRefusedOrGoesOnWithout() {
        EngineSettings mtp = settings(model, Speculation.MTP);
        Planner planner = Planner.of(ModelFile.read(model), mtp, List.of(), new DeviceMemory("CPU", 1L << 32));
        assertThat(planner.hasMtp()).isTrue();
        assertThat(Sizing.runnable(planner, mtp, true)).isEqualTo(planner);
        assertThat(Sizing.runnable(planner, settings(model, Speculation.AUTO), false)
                        .hasMtp())
                .isFalse();
        assertThatThrownBy(() -> Sizing.runnable(planner, mtp, false))
                .isInstanceOf(EngineException.Broken.class)
                .hasMessage("--speculate mtp: the libraries of llama.cpp tell no hidden states;"
                        + " use auto, ngram, draft or off");
    }
}
