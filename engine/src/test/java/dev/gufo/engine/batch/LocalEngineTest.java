package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine with the demo model, the real library and the real scheduler. */
@Tag("device")
@Timeout(120)
class LocalEngineTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Path DEMO = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");
    private static final Duration LONG = OnDevice.PATIENCE;
    private static final int SEQUENCES = 4;
    private static final int QUEUE = 3;

    private static LocalEngine engine;

    @BeforeAll
    static void load() {
        engine = LocalEngine.open(settings(DEMO, 512), percent -> {});
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static EngineSettings settings(Path model, int contextTokens) {
        return EngineSettings.of(model, NATIVES)
                .contextTokens(contextTokens)
                .sequences(SEQUENCES)
                .gpuLayers(OnDevice.LAYERS)
                .threads(2)
                .stepTokens(64)
                .queueLength(QUEUE)
                .build();
    }

    @Test
    void aQuestionIsAnsweredUntilTheEndToken() throws InterruptedException {
        Answer answer = ask("What is the capital of France?", 100);
        assertThat(answer.text()).isEqualTo("The capital of France is Paris.");
        assertThat(answer.reason()).isEqualTo(FinishReason.STOP);
        assertThat(answer.pieces().getLast()).isEmpty();
    }

    @Test
    void manyMoreRequestsThanSequencesGetTheAnswersTheyWouldGetAlone() throws Exception {
        Map<String, String> expected = Map.of(
                "What is the capital of France?", "The capital of France is Paris.",
                "Hello", "Hello! How can I help you today?",
                "What is the capital of Spain?",
                        ask("What is the capital of Spain?", 100).text());
        List<Callable<Void>> clients = new ArrayList<>();
        for (int i = 0; i < SEQUENCES + QUEUE; i++) {
            clients.add(() -> {
                for (var question : expected.entrySet()) {
                    assertThat(ask(question.getKey(), 100).text()).isEqualTo(question.getValue());
                }
                return null;
            });
        }
        inParallel(clients);
    }

    @Test
    void aPromptIsComputedFromWhereItDiffersFromOneThatWasComputedBefore() throws InterruptedException {
        String story = "Tell me a story about a fox, and about a hen, and about a long night in the forest.";
        Answer first = generate(tokens(story), 5, "aPrompt");
        Answer second = generate(tokens(story), 5, "aPrompt");
        assertThat(first.cached()).isZero();
        assertThat(second.cached()).isEqualTo(tokens(story).length - 1);
        assertThat(second.text()).isEqualTo(first.text());
    }

    @Test
    void whatAnotherScopeComputedIsNotReused() throws InterruptedException {
        int[] prompt = tokens("Tell me a story about a bear and a bee and a very long winter.");
        generate(prompt, 3, "one");
        assertThat(generate(prompt, 3, "two").cached()).isZero();
    }

    @Test
    void aPrefixThatIsBusyIsCopied() throws InterruptedException {
        String shared = "Tell me a story. ".repeat(12);
        try (Generation busy = engine.generate(request(tokens(shared + "About a cat?"), 300, "copy"))) {
            assertThat(busy.next(LONG)).containsInstanceOf(GenerationEvent.Started.class);
            assertThat(busy.next(LONG)).containsInstanceOf(GenerationEvent.Prefilled.class);
            assertThat(busy.next(LONG)).containsInstanceOf(GenerationEvent.Token.class);
            int[] other = tokens(shared + "About a dog?");
            assertThat(generate(other, 4, "copy").cached()).isGreaterThan(other.length / 2);
        }
        Answer alone = generate(tokens(shared + "About a dog?"), 4, "fresh");
        Answer copied = generate(tokens(shared + "About a dog?"), 4, "copy");
        assertThat(copied.text()).isEqualTo(alone.text());
    }

    /**
     * Of what the engine thread tells, in its order: a long prompt comes in chunks, and with each the stream goes on.
     */
    @Test
    void aStreamGetsATokenWithEachChunkOfALongPrompt() throws InterruptedException {
        int[] prompt = new int[400];
        java.util.Arrays.fill(prompt, 100);
        try (LocalEngine own = LocalEngine.open(settings(DEMO, 512), percent -> {})) {
            var told = new LinkedBlockingQueue<Told>();
            Runnable stream = own.submit(
                    GenerationRequest.of(new int[] {1, 2, 3}, 450)
                            .ignoreEnd(true)
                            .cacheScope("stream")
                            .build(),
                    event -> told.add(new Told("stream", event)));
            while (!(next(told).event() instanceof GenerationEvent.Token)) {}
            own.submit(request(prompt, 1, "long"), event -> told.add(new Told("long", event)));
            while (!next(told).who().equals("long")) {} // it starts
            int between = 0;
            for (Told each = next(told); !each.who().equals("long"); each = next(told)) {
                assertThat(each.event()).isInstanceOf(GenerationEvent.Token.class);
                between++;
            }
            assertThat(between).isGreaterThanOrEqualTo(prompt.length / 64);
            stream.run();
        }
    }

    private record Told(String who, GenerationEvent event) {}

    private static Told next(LinkedBlockingQueue<Told> told) throws InterruptedException {
        return Objects.requireNonNull(told.poll(LONG.toSeconds(), TimeUnit.SECONDS), "nothing came");
    }

    @Test
    void theLimitOfTokensEndsAnAnswerWithLength() throws InterruptedException {
        Answer answer = ask("Count from one to ten.", 3);
        assertThat(answer.pieces()).hasSize(3);
        assertThat(answer.reason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void theEndOfTheContextEndsAnAnswerWithLength() throws InterruptedException {
        int[] prompt = new int[engine.model().contextTokens() - 5];
        java.util.Arrays.fill(prompt, 100);
        Answer answer = Answer.of(engine.generate(GenerationRequest.of(prompt, 1_000)
                .ignoreEnd(true)
                .sampling(greedy())
                .build()));
        assertThat(answer.pieces()).hasSize(5);
        assertThat(answer.reason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void aPromptThatFillsTheContextIsRefusedWithBothNumbers() {
        int[] prompt = new int[engine.model().contextTokens()];
        assertThatThrownBy(() -> engine.generate(request(prompt, 1, "")))
                .isInstanceOfSatisfying(
                        EngineException.Refused.class,
                        e -> assertThat(e.refusal()).isEqualTo(new Refusal.ContextExceeded(512, 512)));
    }

    @Test
    void tokensOutsideTheVocabularyNeverReachTheLibrary() {
        for (int token : new int[] {-1, engine.model().vocabularySize(), Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> engine.generate(request(new int[] {token}, 1, "")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("token ids must be 0 to 3071");
        }
    }

    @Test
    void aFullQueueRefusesAndACancellationMakesRoom() throws InterruptedException {
        List<Generation> busy = new ArrayList<>();
        for (int i = 0; i < SEQUENCES + QUEUE; i++) {
            busy.add(engine.generate(GenerationRequest.of(tokens("Hello"), 400)
                    .ignoreEnd(true)
                    .sampling(greedy())
                    .build()));
        }
        assertThatThrownBy(() -> engine.generate(request(tokens("Hello"), 1, "")))
                .isInstanceOfSatisfying(
                        EngineException.Refused.class,
                        e -> assertThat(e.refusal())
                                .isInstanceOfSatisfying(
                                        Refusal.QueueFull.class,
                                        full -> assertThat(full.waiting()).isEqualTo(QUEUE)));
        busy.forEach(Generation::cancel);
        org.awaitility.Awaitility.await().until(() -> engine.status().equals(new EngineStatus.Ready(0, 0)));
        assertThat(ask("Hello", 50).text()).isEqualTo("Hello! How can I help you today?");
    }

    @Test
    void equalSeedsGiveEqualAnswersAndOthersDiffer() throws InterruptedException {
        Sampling hot = Sampling.GREEDY.with(SamplingParameter.TEMPERATURE, 2f).withSeed(7);
        int[] prompt = tokens("Tell me a story.");
        Answer one = Answer.of(engine.generate(GenerationRequest.of(prompt, 20)
                .sampling(hot)
                .cacheScope("seed")
                .deterministic(true)
                .build()));
        Answer same = Answer.of(engine.generate(GenerationRequest.of(prompt, 20)
                .sampling(hot)
                .cacheScope("seed")
                .deterministic(true)
                .build()));
        Answer other = Answer.of(engine.generate(GenerationRequest.of(prompt, 20)
                .sampling(hot.withSeed(8))
                .cacheScope("seed")
                .deterministic(true)
                .build()));
        assertThat(same.text()).isEqualTo(one.text());
        assertThat(other.text()).isNotEqualTo(one.text());
    }

    @Test
    void everySamplerCanBeAskedFor() throws InterruptedException {
        Sampling all = Sampling.GREEDY
                .with(SamplingParameter.TEMPERATURE, 0.7f)
                .with(SamplingParameter.TOP_K, 20)
                .with(SamplingParameter.TOP_P, 0.9f)
                .with(SamplingParameter.MIN_P, 0.02f)
                .with(SamplingParameter.TYPICAL_P, 0.9f)
                .with(SamplingParameter.REPEAT_PENALTY, 1.1f)
                .with(SamplingParameter.FREQUENCY_PENALTY, 0.1f)
                .with(SamplingParameter.PRESENCE_PENALTY, 0.1f)
                .with(SamplingParameter.REPEAT_LAST_N, -1)
                .with(SamplingParameter.XTC_PROBABILITY, 0.5f)
                .with(SamplingParameter.XTC_THRESHOLD, 0.1f)
                .withBias(Map.of(100, 1f, 101, -100f))
                .withDry(new Sampling.Dry(0.8f, 1.75f, 2, -1, List.of("\n", ".")))
                .withSeed(-1);
        Answer answer = Answer.of(engine.generate(
                GenerationRequest.of(tokens("Hello"), 10).sampling(all).build()));
        assertThat(answer.pieces()).isNotEmpty();
    }

    @Test
    void aForbiddenTokenIsNotChosenAtTemperatureZeroEither() throws InterruptedException {
        int[] prompt = tokens("What is the capital of France?");
        int first = Answer.of(engine.generate(request(prompt, 1, ""))).tokens().getFirst();
        Sampling without = Sampling.GREEDY.withBias(Map.of(first, -100f));
        Answer answer = Answer.of(engine.generate(
                GenerationRequest.of(prompt, 1).sampling(without).build()));
        assertThat(answer.tokens().getFirst()).isNotEqualTo(first);
    }

    @Test
    void whatAUserTypesIsNeverASpecialToken() {
        int[] typed = engine.tokenize(new Rendering(List.of(new Segment("<|im_end|>", false))));
        int[] trusted = engine.tokenize(new Rendering(List.of(new Segment("<|im_end|>", true))));
        assertThat(trusted).hasSize(1);
        assertThat(typed).hasSizeGreaterThan(1).doesNotContain(trusted[0]);
    }

    @Test
    void aFileThatIsNoModelIsRefusedBeforeTheLibrarySeesIt(@org.junit.jupiter.api.io.TempDir Path folder)
            throws java.io.IOException {
        Path file = java.nio.file.Files.writeString(folder.resolve("no.gguf"), "this is text, not GGUF at all");
        assertThatThrownBy(() -> LocalEngine.open(settings(file, 0), percent -> {}))
                .isInstanceOf(EngineException.Broken.class)
                .hasMessageContaining("no.gguf");
    }

    @Test
    void aFolderWithoutLibrariesIsToldByName(@org.junit.jupiter.api.io.TempDir Path folder) {
        EngineSettings settings = EngineSettings.of(DEMO, folder)
                .sequences(1)
                .gpuLayers(OnDevice.LAYERS)
                .threads(1)
                .stepTokens(64)
                .queueLength(1)
                .build();
        assertThatThrownBy(() -> LocalEngine.open(settings, percent -> {}))
                .isInstanceOf(EngineException.Broken.class)
                .hasMessageContaining(folder.getFileName().toString());
    }

    @Test
    void closingEndsWhatIsUnderWay() throws InterruptedException {
        LocalEngine own = LocalEngine.open(settings(DEMO, 256), percent -> {});
        Generation generation = own.generate(GenerationRequest.of(new int[] {1, 2, 3}, 200)
                .ignoreEnd(true)
                .sampling(greedy())
                .build());
        assertThat(generation.next(LONG)).containsInstanceOf(GenerationEvent.Started.class);
        own.close();
        GenerationEvent last = null;
        for (var next = generation.next(Duration.ZERO); next.isPresent(); next = generation.next(Duration.ZERO)) {
            last = next.get();
        }
        assertThat(last).isInstanceOfAny(GenerationEvent.Failed.class, GenerationEvent.Finished.class);
        assertThatThrownBy(() -> own.generate(request(new int[] {1}, 1, "")))
                .isInstanceOf(EngineException.Refused.class);
    }

    private static Sampling greedy() {
        return Sampling.GREEDY;
    }

    private static void inParallel(List<Callable<Void>> tasks) throws InterruptedException, ExecutionException {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        }
    }

    private static int[] tokens(String question) {
        return engine.tokenize(new Rendering(List.of(
                new Segment("<|im_start|>user\n", true),
                new Segment(question, false),
                new Segment("<|im_end|>\n<|im_start|>assistant\n", true))));
    }

    private static GenerationRequest request(int[] prompt, int maxTokens, String scope) {
        return GenerationRequest.of(prompt, maxTokens)
                .sampling(greedy())
                .cacheScope(scope)
                .build();
    }

    private static Answer ask(String question, int maxTokens) throws InterruptedException {
        return generate(tokens(question), maxTokens, "");
    }

    private static Answer generate(int[] prompt, int maxTokens, String scope) throws InterruptedException {
        return Answer.of(engine.generate(request(prompt, maxTokens, scope)));
    }
}
