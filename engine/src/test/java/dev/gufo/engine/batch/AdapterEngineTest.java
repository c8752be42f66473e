package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.AdapterSource;
import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.FlashAttention;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.KvLayout;
import dev.gufo.engine.KvType;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SplitMode;
import dev.gufo.engine.SwaFull;
import dev.gufo.fixtures.RandomAdapter;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** LoRA adapters in a real engine: each request is answered as if it were alone, whatever the others use. */
@Tag("device")
@Timeout(300)
class AdapterEngineTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Sampling GREEDY = Sampling.GREEDY;
    private static final List<AdapterScale> NONE = List.of();
    private static final List<AdapterScale> A = List.of(new AdapterScale("a", 1));
    private static final List<AdapterScale> B = List.of(new AdapterScale("b", 1));
    private static final List<AdapterScale> BOTH = List.of(new AdapterScale("b", 0.5f), new AdapterScale("a", -0.5f));

    @TempDir
    private static Path folder;

    private static final List<AdapterSource> ADAPTERS = new ArrayList<>();

    private static Path model;
    private static LocalEngine engine;

    @BeforeAll
    static void load() throws IOException {
        model = folder.resolve("tiny.gguf");
        RandomModel.write(ModelShape.TINY, 5, model);
        for (String id : List.of("b", "a")) {
            Path file = folder.resolve(id + ".gguf");
            RandomAdapter.write(ModelShape.TINY, 8, 1, id.hashCode(), file);
            ADAPTERS.add(new AdapterSource(id, file));
        }
        Path huge = folder.resolve("huge.gguf");
        RandomAdapter.write(ModelShape.TINY, 8, 1e30f, 3, huge);
        ADAPTERS.add(new AdapterSource("huge", huge));
        engine = LocalEngine.open(
                EngineSettings.of(model, NATIVES)
                        .contextTokens(512)
                        .sequences(8)
                        .gpuLayers(OnDevice.LAYERS)
                        .threads(1)
                        .stepTokens(64)
                        .queueLength(64)
                        .build()
                        .withAdapters(ADAPTERS),
                percent -> {});
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static int[] prompt(int length, int seed) {
        return new Random(seed).ints(length, 261, 512).toArray();
    }

    private static GenerationRequest request(int[] prompt, int tokens, String scope, List<AdapterScale> adapters) {
        return GenerationRequest.of(prompt, tokens)
                .ignoreEnd(true)
                .sampling(GREEDY)
                .cacheScope(scope)
                .topLogprobs(2)
                .adapters(adapters)
                .build();
    }

    private static Answer answer(GenerationRequest request) throws InterruptedException {
        return Answer.of(engine.generate(request));
    }

    @Test
    void anAdapterChangesTheAnswerAndScaleNoughtDoesNot() throws InterruptedException {
        int[] prompt = prompt(20, 1);
        Answer plain = answer(request(prompt, 20, "", NONE));
        assertThat(answer(request(prompt, 20, "", A)).tokens()).isNotEqualTo(plain.tokens());
        Likeness.require(answer(request(prompt, 20, "", List.of(new AdapterScale("a", 0)))), plain);
        Likeness.require(answer(request(prompt, 20, "", NONE)), plain);
        assertThat(engine.model().adapters()).containsExactly("a", "b", "huge");
    }

    @Test
    void theCacheIsSharedBetweenEqualSetsOnly() throws InterruptedException {
        int[] prompt = prompt(100, 2);
        Answer first = answer(request(prompt, 5, "cache", A));
        Answer again = answer(request(prompt, 5, "cache", A));
        assertThat(again.cached()).isEqualTo(99);
        Likeness.require(again, first); // computed in another batch, so rounded another way
        for (List<AdapterScale> other : List.of(NONE, B, BOTH, List.of(new AdapterScale("a", 0.5f)))) {
            assertThat(answer(request(prompt, 5, "cache", other)).cached()).isZero();
        }
    }

    @Test
    void requestsThatRunTogetherAnswerAsTheyDoAlone() throws InterruptedException {
        List<List<AdapterScale>> sets = List.of(NONE, A, BOTH);
        List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            requests.add(request(prompt(5 + 9 * i, i), 24, "x" + i, sets.get(i % 3)));
        }
        List<Generation> together = new ArrayList<>();
        requests.forEach(request -> together.add(engine.generate(request)));
        List<Answer> answers = new ArrayList<>();
        for (Generation generation : together) {
            answers.add(Answer.of(generation));
        }
        for (int i = 0; i < 16; i++) {
            GenerationRequest alone = requests.get(i);
            Answer expected = answer(request(alone.prompt(), 24, "alone", alone.adapters()));
            Likeness.require(answers.get(i), expected);
        }
    }

    @Test
    void scoredPromptsAreScoredWithTheirOwnAdapters() throws InterruptedException {
        int[] prompt = prompt(90, 3);
        List<GenerationRequest> requests = new ArrayList<>();
        for (List<AdapterScale> set : List.of(NONE, A, B)) {
            requests.add(GenerationRequest.of(prompt, 3)
                    .ignoreEnd(true)
                    .sampling(GREEDY)
                    .topLogprobs(0)
                    .promptLogprobs(true)
                    .adapters(set)
                    .build());
        }
        List<Generation> together = new ArrayList<>();
        requests.forEach(request -> together.add(engine.generate(request)));
        List<Answer> answers = new ArrayList<>();
        for (Generation generation : together) {
            answers.add(Answer.of(generation));
        }
        for (int i = 0; i < requests.size(); i++) {
            assertThat(scores(answers.get(i))).hasSize(89);
            List<Float> alone = scores(answer(requests.get(i)));
            for (int j = 0; j < 89; j++) {
                assertThat(scores(answers.get(i)).get(j)).isCloseTo(alone.get(j), within(0.2f));
            }
        }
        assertThat(scores(answers.get(0))).isNotEqualTo(scores(answers.get(1)));
    }

    private static List<Float> scores(Answer answer) {
        return answer.prompt().stream()
                .flatMap(token -> token.logprobs().stream())
                .map(GenerationEvent.Logprobs::chosen)
                .toList();
    }

    /** Without flash attention what is no number in a KV cell spoils whoever comes to that cell later, so many come. */
    @Test
    void adaptersThatMakeNumbersOverflowEndTheirOwnRequestsOnly() throws InterruptedException {
        var compute = new ComputeSettings(
                KvType.F16,
                KvType.F16,
                KvLayout.AUTO,
                SwaFull.AUTO,
                FlashAttention.OFF,
                SplitMode.LAYER,
                List.of(),
                0,
                false);
        EngineSettings settings = EngineSettings.of(model, NATIVES)
                .contextTokens(256)
                .sequences(4)
                .gpuLayers(OnDevice.LAYERS)
                .threads(1)
                .stepTokens(64)
                .queueLength(64)
                .compute(compute)
                .adapters(ADAPTERS)
                .build();
        try (LocalEngine own = LocalEngine.open(settings, percent -> {})) {
            List<GenerationRequest> requests = new ArrayList<>();
            List<Generation> others = new ArrayList<>();
            List<Generation> overflowing = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                requests.add(request(prompt(20 + 9 * i, 100 + i), 20, "o" + i, i % 2 == 0 ? NONE : A));
                others.add(own.generate(requests.getLast()));
                if (i % 3 == 0) {
                    overflowing.add(own.generate(request(prompt(100, i), 20, "", List.of(huge(i % 2 == 0 ? 1 : -4)))));
                }
            }
            for (Generation generation : overflowing) {
                requireOverflow(generation);
            }
            for (int i = 0; i < others.size(); i++) {
                Answer together = Answer.of(others.get(i));
                GenerationRequest alone = requests.get(i);
                Likeness.require(
                        together, Answer.of(own.generate(request(alone.prompt(), 20, "alone", alone.adapters()))));
            }
        }
    }

    private static LocalEngine ownEngine(int contextTokens) {
        EngineSettings settings = EngineSettings.of(model, NATIVES)
                .contextTokens(contextTokens)
                .sequences(4)
                .gpuLayers(OnDevice.LAYERS)
                .threads(1)
                .stepTokens(64)
                .queueLength(64)
                .build();
        return LocalEngine.open(settings.withAdapters(ADAPTERS), percent -> {});
    }

    private static AdapterScale huge(float scale) {
        return new AdapterScale("huge", scale);
    }

    private static void requireOverflow(LocalEngine engine, float scale) {
        requireOverflow(engine.generate(request(prompt(20, 1), 5, "", List.of(huge(scale)))));
    }

    private static void requireOverflow(Generation generation) {
        assertThatThrownBy(() -> Answer.of(generation))
                .isInstanceOfSatisfying(
                        EngineException.Refused.class,
                        refused -> assertThat(refused.refusal()).isEqualTo(new Refusal.NonFiniteLogits()));
    }

    @Test
    void whatOverflowedOnceIsRefusedAndNobodyElseStartsAgain() throws InterruptedException {
        try (LocalEngine own = ownEngine(256)) {
            GenerationRequest plain = request(prompt(100, 8), 5, "", NONE);
            Answer.of(own.generate(plain));
            requireOverflow(own, 0.5f);
            assertThat(Answer.of(own.generate(plain)).cached()).isZero();
            for (float scale : List.of(0.5f, 1f, 4f)) {
                requireOverflow(own, scale);
            }
            assertThat(Answer.of(own.generate(plain)).cached()).isEqualTo(99);
            for (float untried : List.of(0.25f, -0.25f)) {
                requireOverflow(own, untried);
                assertThat(Answer.of(own.generate(plain)).cached()).isZero();
            }
            GenerationRequest weak = request(plain.prompt(), 5, "", List.of(huge(1e-30f)));
            assertThat(Answer.of(own.generate(weak)).tokens()).hasSize(5);
        }
    }

    @Test
    void thoseWhoWaitWithASetThatOverflowedAreRefusedWithIt() throws InterruptedException {
        try (LocalEngine own = ownEngine(8192)) {
            Generation other = own.generate(request(prompt(20, 9), 8000, "", NONE));
            other.next(OnDevice.PATIENCE);
            List<Generation> overflowing = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                overflowing.add(own.generate(request(prompt(100, i), 20, "", List.of(huge(1)))));
            }
            for (Generation generation : overflowing) {
                requireOverflow(generation);
            }
            other.cancel();
            await().atMost(OnDevice.PATIENCE)
                    .until(() -> own.status() instanceof EngineStatus.Ready ready && ready.running() == 0);
            assertThat(((EngineStatus.Ready) own.status()).preemptions()).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void anIdleEngineHandsItsRefusalOver() throws InterruptedException {
        try (LocalEngine own = ownEngine(256)) {
            requireOverflow(own, 1);
            var collected = new ConcurrentLinkedQueue<GenerationEvent>();
            var handedOver = new LinkedBlockingQueue<GenerationEvent>();
            own.onStepEnd(() -> {
                while (!collected.isEmpty()) {
                    handedOver.add(collected.remove());
                }
            });
            own.submit(request(prompt(20, 1), 5, "", List.of(huge(1))), collected::add);
            assertThat(handedOver.poll(OnDevice.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isInstanceOf(GenerationEvent.Failed.class);
        }
    }

    @Test
    void adaptersOfAModelThatDoesNotChatAreRefused() {
        Path embeddings = Path.of(System.getProperty("gufo.models"), "target", "all-minilm-l6-v2.gguf");
        var settings = EngineSettings.of(embeddings, NATIVES)
                .sequences(1)
                .gpuLayers(OnDevice.LAYERS)
                .threads(1)
                .stepTokens(64)
                .queueLength(1)
                .build()
                .withAdapters(ADAPTERS);
        assertThatThrownBy(() -> LocalEngine.open(settings, percent -> {})).isInstanceOf(EngineException.Broken.class);
    }

    @Test
    void anUnknownAdapterIsRefused() {
        GenerationRequest unknown = request(prompt(3, 4), 1, "", List.of(new AdapterScale("nobody", 1)));
        assertThatThrownBy(() -> engine.generate(unknown))
                .isInstanceOfSatisfying(
                        EngineException.Refused.class,
                        refused -> assertThat(refused.refusal())
                                .isEqualTo(new Refusal.UnknownAdapter("nobody", List.of("a", "b", "huge"))));
    }

    @Test
    void randomArrivalsAndCancellationsOfAllSetsEndAndAnswerRight() throws InterruptedException {
        var random = new Random(7);
        List<List<AdapterScale>> sets = List.of(NONE, A, B, BOTH);
        List<GenerationRequest> requests = new ArrayList<>();
        List<Generation> waited = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            int[] prompt = prompt(10 + random.nextInt(150), random.nextInt(6));
            GenerationRequest request = request(prompt, 8, "r", sets.get(random.nextInt(4)));
            Generation generation = engine.generate(request);
            if (random.nextInt(3) == 0) {
                generation.next(Duration.ofMillis(random.nextInt(20)));
                generation.cancel();
            } else {
                requests.add(request);
                waited.add(generation);
            }
        }
        List<Answer> answers = new ArrayList<>();
        for (Generation generation : waited) {
            answers.add(Answer.of(generation));
        }
        for (int i = 0; i < answers.size(); i++) {
            GenerationRequest alone = requests.get(i);
            Answer expected = answer(request(alone.prompt(), 8, "alone" + i, alone.adapters()));
            Likeness.require(answers.get(i), expected);
        }
        await().atMost(OnDevice.PATIENCE)
                .until(() -> engine.status() instanceof EngineStatus.Ready ready && ready.running() == 0);
    }
}
