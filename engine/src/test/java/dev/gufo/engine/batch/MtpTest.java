package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.Drafts;
import dev.gufo.engine.EmbeddingSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.KvLayout;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.Speculation;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.TokenBatch;
import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.plan.ModelFile;
import dev.gufo.engine.plan.Planner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
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
    void itsGuessesAreTakenAndTheTextIsTheSame() throws Exception {
        int accepted = 0;
        for (int length : new int[] {1, 20, 64, 65, 300}) {
            GenerationRequest.Builder request = request(words(length, 3), 120);
            Answer alone = answer(plain, request);
            assertThat(alone.drafts()).isEqualTo(Drafts.NONE);
            try (LocalEngine engine = guessing()) {
                Answer guessed = answer(engine, request);
                assertThat(guessed.tokens()).hasSize(120);
                assertThat(guessed.logprobs()).hasSize(120);
                accepted += guessed.drafts().accepted();
                Likeness.require(guessed, alone);
            }
        }
        assertThat(accepted).isPositive();
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

    /** Steps that it hears of and others, texts that are cut and go on otherwise, guesses that are taken or not. */
    @Test
    void whateverItHearsOfItsGuessesFollowTheText() {
        var random = new SplittableRandom(3);
        int followed = 0;
        int right = 0;
        EngineSettings settings =
                settings(model, Speculation.MTP).with().threads(1).build();
        try (LoadedModel loaded = LoadedModel.load(Sizing.of(settings), percent -> {})) {
            LlamaContext large = loaded.context().orElseThrow();
            DraftSource head = loaded.draft().orElseThrow();
            try (TokenBatch batch = large.newBatch()) {
                int[] text = words(900, 1);
                int computed = 0;
                for (int round = 0; round < 200; round++) {
                    if (computed > 800 || random.nextInt(6) == 0) {
                        int cut = random.nextInt(3) == 0 ? 0 : random.nextInt(computed + 1);
                        computed = Math.max(0, Math.min(cut, 700));
                        large.forget(0, computed);
                        int start = random.nextInt(TinyMtpModel.WORDS);
                        for (int i = computed; i < text.length; i++) {
                            text[i] = TinyMtpModel.FIRST_WORD + (start + i) % TinyMtpModel.WORDS;
                        }
                    }
                    int[] entered = Arrays.copyOfRange(
                            text, computed, computed + (random.nextBoolean() ? 1 : random.nextInt(1, 65)));
                    batch.clear();
                    for (int i = 0; i < entered.length; i++) {
                        int _ = batch.add(entered[i], computed + i, 0, i == entered.length - 1);
                    }
                    assertThat(large.decode(batch)).isTrue();
                    if (random.nextInt(8) > 0) {
                        head.computed(text, computed, entered, 0);
                    }
                    computed += entered.length;
                    if (random.nextBoolean() && head.follow(text, computed + 1)) {
                        boolean guessed = head.context().guess();
                        if (guessed && entered.length > 1) {
                            followed++;
                            right += head.context().token() == text[computed + 1] ? 1 : 0;
                        }
                        for (int more = random.nextInt(4); more > 0 && head.take(); more--) {
                            assertThat(head.context().guess()).isTrue();
                        }
                    }
                }
            }
            assertThat(head.context().isBroken()).isFalse();
        }
        assertThat(followed).isGreaterThan(30);
        assertThat(right).as("of %d guesses", followed).isGreaterThan(followed / 2);
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
    void besideAContextForVectorsItGuessesToo() throws Exception {
        EngineSettings both = settings(model, Speculation.MTP)
                .with()
                .embeddings(new EmbeddingSettings(true, Optional.empty()))
                .build();
        try (LocalEngine engine = LocalEngine.open(both, percent -> {})) {
            Answer guessed = answer(engine, request(words(20, 3), 60));
            Likeness.require(guessed, answer(plain, request(words(20, 3), 60)));
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
