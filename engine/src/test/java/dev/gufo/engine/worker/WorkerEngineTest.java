package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Owner;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Reuse;
import dev.gufo.engine.Sampling;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One worker process, and what requests see of it. */
@Timeout(120)
class WorkerEngineTest {
    private static final int ENDLESS = 100_000_000;

    @TempDir
    private static Path crashFolder;

    private static WorkerEngine engine;

    @BeforeAll
    static void start() {
        engine = Toys.ready(crashFolder);
    }

    @AfterAll
    static void close() {
        long pid = engine.pid().orElseThrow();
        engine.close();
        assertThat(Toys.isGone(pid)).isTrue();
        assertThat(engine.status()).isEqualTo(new EngineStatus.Closed());
    }

    @Test
    void theWorkerTellsWhatItLoaded() {
        assertThat(engine.model().description()).isEqualTo("toy 1 Q8_0");
        assertThat(engine.model().parameters()).isEqualTo(1L << 40);
        assertThat(engine.model().sampling()).isEqualTo(Sampling.LLAMA_CPP_DEFAULTS);
    }

    @Test
    void allEventsOfAGenerationComeInOrder() throws InterruptedException {
        try (Generation generation = engine.generate(Toys.request(3, 50))) {
            List<GenerationEvent> events = Toys.all(generation);
            assertThat(events.getFirst())
                    .isEqualTo(new GenerationEvent.Started(2, Duration.ofMillis(7), Reuse.UNKNOWN));
            assertThat(tokens(events)).isEqualTo(expected(3, 50));
            assertThat(events.getLast()).isInstanceOfSatisfying(GenerationEvent.Finished.class, finished -> {
                assertThat(finished.reason()).isEqualTo(FinishReason.LENGTH);
                assertThat(finished.timings().decode()).isEqualTo(Duration.ofSeconds(1, 49));
            });
        }
    }

    @Test
    void aPieceIsBytesThatNeedNotBeText() throws InterruptedException {
        try (Generation generation = engine.generate(Toys.request(0, 1))) {
            assertThat(Toys.all(generation).get(1))
                    .isInstanceOfSatisfying(
                            GenerationEvent.Token.class,
                            token -> assertThat(token.piece()).containsExactly(0xe2, 0x82));
        }
    }

    @Test
    void theModelCanStopFirst() throws InterruptedException {
        try (Generation generation = engine.generate(Toys.request(ToyEngine.STOP, 50))) {
            List<GenerationEvent> events = Toys.all(generation);
            assertThat(tokens(events)).hasSize(ToyEngine.STOP);
            assertThat(((GenerationEvent.Finished) events.getLast()).reason()).isEqualTo(FinishReason.STOP);
        }
    }

    @Test
    void manyGenerationsAtOnceDoNotMixTheirTokens() throws InterruptedException, ExecutionException {
        try (ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<Integer>>> answers = new ArrayList<>();
            for (int first = 100; first < 124; first++) { // more than run at once
                GenerationRequest request = Toys.request(first, 300);
                answers.add(requests.submit(() -> {
                    try (Generation generation = engine.generate(request)) {
                        return tokens(Toys.all(generation));
                    }
                }));
            }
            for (int i = 0; i < answers.size(); i++) {
                assertThat(answers.get(i).get()).isEqualTo(expected(100 + i, 300));
            }
        }
    }

    @Test
    void nothingInTimeIsAnEmptyAnswer() throws InterruptedException {
        try (Generation generation = engine.generate(Toys.request(3, 1))) {
            Toys.all(generation);
            assertThat(generation.next(Duration.ofMillis(1))).isEmpty();
            assertThat(generation.next(Duration.ZERO)).isEmpty();
        }
    }

    @Test
    void cancellingFreesTheSequence() throws InterruptedException {
        Generation generation = engine.generate(Toys.request(3, ENDLESS));
        Toys.one(generation);
        generation.cancel();
        generation.close();
        await().until(() -> engine.status().equals(new EngineStatus.Ready(0, 0)));
    }

    @Test
    void aRequestIsRefusedWithTheNumbersOfItsLimit() {
        GenerationRequest request =
                GenerationRequest.of(new int[ToyEngine.CONTEXT], 1).build();
        assertThat(refusal(() -> engine.generate(request)))
                .isEqualTo(new Refusal.ContextExceeded(ToyEngine.CONTEXT, ToyEngine.CONTEXT));
    }

    @Test
    void aFullQueueRefuses() {
        List<Generation> generations = new ArrayList<>();
        Refusal refusal = refusal(() -> {
            while (true) {
                generations.add(engine.generate(Toys.request(3, ENDLESS)));
            }
        });
        assertThat(refusal).isEqualTo(new Refusal.QueueFull(16, Duration.ofSeconds(3)));
        generations.forEach(Generation::close);
        await().until(() -> engine.status().equals(new EngineStatus.Ready(0, 0)));
    }

    @Test
    void whatTheEngineCallsAnIllegalArgumentIsOneHereToo() {
        assertThatThrownBy(() -> engine.generate(Toys.request(5_000, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("token ids must be below 1000");
    }

    @Test
    void textIsTokenizedWithItsOrigins() {
        Rendering prompt = new Rendering(List.of(new Segment("<s>", true), new Segment("ü", false)));
        assertThat(engine.tokenize(prompt)).containsExactly(-'<', -'s', -'>', 'ü');
        assertThat(engine.tokenize(new Rendering(List.of()))).isEmpty();
    }

    @Test
    void aListOfTextsIsTokenizedInItsOrder() {
        List<Rendering> texts = IntStream.range(0, 300)
                .mapToObj(i -> new Rendering(List.of(new Segment("ab".repeat(i), false))))
                .toList(); // more than go together in one call
        assertThat(engine.tokenize(texts, Framing.NONE, Owner.ANYONE, Integer.MAX_VALUE))
                .extracting(tokens -> tokens.length)
                .isEqualTo(IntStream.range(0, 300).mapToObj(i -> 2 * i).toList());
        assertThat(engine.tokenize(List.of(), Framing.NONE, Owner.ANYONE, 1)).isEmpty();
    }

    @Test
    void textsBehindOneWithTooManyTokensAreLeftOut() {
        List<Rendering> texts = Stream.of("ab", "", "too long", "c")
                .map(text -> new Rendering(List.of(new Segment(text, false))))
                .toList();
        assertThat(engine.tokenize(texts, Framing.NONE, Owner.ANYONE, 3))
                .extracting(tokens -> tokens.length)
                .containsExactly(2, 0, 8);
    }

    @Test
    void tokensBecomeTextAndUnknownOnesAreRefused() {
        assertThat(engine.pieces(new int[] {1, 2}))
                .isDeepEqualTo(new byte[][] {ToyEngine.piece(1), ToyEngine.piece(2)});
        assertThatThrownBy(() -> engine.pieces(new int[] {1, -1}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no token -1");
    }

    @Test
    void aLongTextMayRecurseForEveryCharacter() {
        String text = "x".repeat(500_000);
        assertThat(engine.tokenize(new Rendering(List.of(new Segment(text, false)))))
                .hasSize(500_000);
    }

    @Test
    void anInterruptedRequestDoesNotHarmTheConnection() throws InterruptedException {
        Generation generation = engine.generate(Toys.request(3, ENDLESS));
        Thread.currentThread().interrupt();
        try (Generation another = engine.generate(Toys.request(4, ENDLESS))) {
            assertThat(another).isNotNull(); // its answer was there before it had to be waited for
        } catch (EngineException.Interrupted e) {
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        }
        assertThatThrownBy(() -> {
                    while (true) {
                        generation.next(Toys.PATIENCE);
                    }
                })
                .isInstanceOf(InterruptedException.class);
        Thread.currentThread().interrupt();
        generation.cancel();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(tokens(Toys.all(engine.generate(Toys.request(4, 10))))).isEqualTo(expected(4, 10));
    }

    @Test
    void signalsAreLeftToTheServer() throws InterruptedException {
        ProcessHandle worker = ProcessHandle.of(engine.pid().orElseThrow()).orElseThrow();
        assertThat(worker.destroy()).isTrue(); // SIGTERM
        try (Generation generation = engine.generate(Toys.request(3, 500))) {
            assertThat(tokens(Toys.all(generation))).isEqualTo(expected(3, 500));
        }
        assertThat(worker.isAlive()).isTrue();
    }

    private static Refusal refusal(Callable<Object> call) {
        try {
            throw new AssertionError("not refused: " + call.call());
        } catch (EngineException.Refused e) {
            return e.refusal();
        } catch (Exception e) {
            throw new AssertionError("not refused", e);
        }
    }

    private static List<Integer> tokens(List<GenerationEvent> events) {
        return events.stream()
                .filter(GenerationEvent.Token.class::isInstance)
                .map(event -> ((GenerationEvent.Token) event).id())
                .toList();
    }

    private static List<Integer> expected(int first, int count) {
        return IntStream.range(0, count)
                .map(i -> ToyEngine.token(first, i))
                .boxed()
                .toList();
    }
}
