package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.Owner;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Workers that do not end, and do nothing either. */
@Timeout(180)
class WorkerHangTest {
    private static final int ENDLESS = 100_000_000;
    private static final Duration LONG = Duration.ofMinutes(10);

    /** Short, but longer than a machine that is busy keeps a process from running. */
    private static final Patience SHORT = new Patience(Duration.ofSeconds(2), LONG, LONG, LONG);

    private static final Executor THREADS = task -> Thread.ofVirtual().start(task);

    @TempDir
    private Path folder;

    @Test
    void aStoppedWorkerIsReplacedAndWhatItRanGoesOn() throws IOException, InterruptedException {
        try (WorkerEngine engine = Toys.ready(folder, SHORT)) {
            Generation generation = engine.generate(Toys.request(1, 8_000));
            Embeddings vectors = engine.embed(embedding(ToyEngine.STOP));
            Toys.one(generation);
            long pid = engine.pid().orElseThrow();
            Toys.stop(pid);
            CompletableFuture<int[]> tokens = tokenizing(engine, "text");
            CompletableFuture<byte[][]> pieces =
                    CompletableFuture.supplyAsync(() -> engine.pieces(new int[] {1}), THREADS);
            CompletableFuture<Generation> late =
                    CompletableFuture.supplyAsync(() -> engine.generate(Toys.request(2, 1)), THREADS);

            await().atMost(Toys.PATIENCE)
                    .until(() -> engine.status() instanceof EngineStatus.Restarting(String reason, Duration _)
                            && reason.contains("process " + pid + " is hung: it has sent nothing for 2 s"));
            assertThat(tokens.join()).isNotEmpty(); // by the next worker, as the pieces are
            assertThat(pieces.join()).hasNumberOfRows(1);
            assertThat(Toys.all(generation)).hasSize(8_001).last().isInstanceOf(GenerationEvent.Finished.class);
            assertThat(Toys.all(late.join())).hasSize(3);
            assertThat(vectors.await(Duration.ofMillis(1))).isEmpty(); // which are under way again

            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            assertThat(engine.pid()).isNotEmpty().isNotEqualTo(OptionalLong.of(pid));
            assertThat(Toys.isGone(pid)).isTrue();
            assertThat(Toys.all(engine.generate(Toys.request(3, 20)))).hasSize(22);
        }
    }

    @Test
    void aWorkerThatIsStoppedWhileItLoadsIsReplaced() throws IOException, InterruptedException {
        var patience = new Patience(SHORT.step(), Duration.ofSeconds(4), LONG, LONG);
        try (WorkerEngine engine = Toys.start(ToyEngine.STUCK, folder, patience)) {
            await().atMost(Toys.PATIENCE).until(() -> engine.status().equals(new EngineStatus.Loading(50)));
            long pid = engine.pid().orElseThrow();
            Toys.stop(pid);
            await().atMost(Toys.PATIENCE).until(() -> Toys.isGone(pid));
            await().atMost(Toys.PATIENCE).until(() -> engine.pid().isPresent());
        }
    }

    @Test
    void loadingIsNoHangUntilItHasNotGotOnForLong() {
        try (WorkerEngine engine = Toys.start(ToyEngine.STUCK, folder, SHORT)) {
            await().atMost(Toys.PATIENCE).until(() -> engine.status().equals(new EngineStatus.Loading(50)));
            long pid = engine.pid().orElseThrow();
            await().during(SHORT.step().multipliedBy(2))
                    .atMost(Toys.PATIENCE)
                    .until(() -> engine.pid().equals(OptionalLong.of(pid)));
        }
        var impatient = new Patience(SHORT.step(), LONG, LONG, Duration.ofSeconds(3));
        try (WorkerEngine engine = Toys.start(ToyEngine.STUCK, folder, impatient)) {
            await().atMost(Toys.PATIENCE)
                    .until(() -> engine.status() instanceof EngineStatus.Restarting(String reason, Duration _)
                            && reason.contains("loading has made no progress for 3 s"));
        }
    }

    @Test
    void anEngineThreadThatIsStuckEndsItsWorkerThoughTheProcessLives() throws InterruptedException {
        try (WorkerEngine engine = Toys.ready(folder, SHORT)) {
            Toys.all(engine.generate(Toys.request(3, 20)));
            Generation stuck = engine.generate(Toys.request(ToyEngine.HANG, 20));
            GenerationEvent last = Toys.all(stuck).getLast();
            assertThat(((GenerationEvent.Failed) last).cause())
                    .hasMessageContaining("its engine has not moved for 2 s");
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            assertThat(Toys.all(engine.generate(Toys.request(3, 20)))).hasSize(22);
        }
    }

    @Test
    void neitherALongStepNorALongRestIsAHang() throws InterruptedException {
        try (WorkerEngine engine = Toys.ready(folder, SHORT)) {
            Toys.all(engine.generate(Toys.request(3, 20)));
            long pid = engine.pid().orElseThrow();
            assertThat(Toys.all(engine.generate(Toys.request(ToyEngine.SLOW, 1))))
                    .hasSize(3);
            await().during(SHORT.step().multipliedBy(2))
                    .atMost(Toys.PATIENCE)
                    .until(() -> engine.pid().equals(OptionalLong.of(pid)) && Toys.isReady(engine));
        }
    }

    @Test
    void tokenizersThatAreStuckEndTheirWorkerAndAreNotTakenForSlowOnes() throws InterruptedException {
        var impatient = new Patience(SHORT.step(), LONG, Duration.ofSeconds(4), LONG);
        try (WorkerEngine engine = Toys.ready(folder, impatient)) {
            CompletableFuture<int[]> stuck = tokenizing(engine, ToyEngine.ENDLESS_TEXT);
            long pid = engine.pid().orElseThrow();
            await().during(impatient.calls().multipliedBy(2))
                    .atMost(Toys.PATIENCE)
                    .until(() -> {
                        assertThat(tokenizing(engine, "text").join()).hasSize(4); // another thread answers
                        return engine.pid().equals(OptionalLong.of(pid));
                    });
            assertThat(stuck).isNotDone();

            CompletableFuture<int[]> second = tokenizing(engine, ToyEngine.ENDLESS_TEXT);
            for (CompletableFuture<int[]> call : List.of(stuck, second)) {
                assertThatThrownBy(call::join)
                        .hasCauseInstanceOf(EngineException.Restarted.class)
                        .hasMessageContaining("it has answered no call to tokenize for 4 s");
            }
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            assertThat(tokenizing(engine, "text").join()).hasSize(4);
        }
    }

    @Test
    void aStoppedWorkerDoesNotHoldUpItsEnd() throws IOException, InterruptedException {
        WorkerEngine engine = Toys.ready(folder);
        Generation generation = engine.generate(Toys.request(1, ENDLESS));
        long pid = engine.pid().orElseThrow();
        Toys.stop(pid);
        engine.close(); // the grace is a minute
        assertThat(Toys.isGone(pid)).isTrue();
        GenerationEvent last = Toys.all(generation).getLast();
        assertThat(((GenerationEvent.Failed) last).cause()).hasMessageContaining("is shut down");
    }

    @Test
    void whoWaitsForAWorkerCanBeInterrupted() throws IOException, InterruptedException {
        try (WorkerEngine engine = Toys.ready(folder)) {
            long pid = engine.pid().orElseThrow();
            Toys.stop(pid);
            var interrupted = new CompletableFuture<Boolean>();
            Thread waiting = Thread.ofVirtual().start(() -> {
                try {
                    interrupted.complete(engine.tokenize(rendering("text"), Framing.NONE).length < 0);
                } catch (EngineException.Interrupted e) {
                    interrupted.complete(Thread.currentThread().isInterrupted());
                }
            });
            await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
            waiting.interrupt();
            assertThat(interrupted.join()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {ToyEngine.ERROR, ToyEngine.ERROR_AT_ONCE, -1})
    void anErrorOnAnyThreadOfAWorkerEndsIt(int prompt) throws InterruptedException {
        try (WorkerEngine engine = Toys.ready(folder)) {
            long pid = engine.pid().orElseThrow();
            String failure;
            try {
                if (prompt < 0) {
                    engine.tokenize(rendering(ToyEngine.ERROR_TEXT), Framing.NONE);
                }
                GenerationEvent last =
                        Toys.all(engine.generate(Toys.request(prompt, 5))).getLast();
                failure = ((GenerationEvent.Failed) last).cause().getMessage();
            } catch (EngineException.Restarted e) {
                failure = e.getMessage();
            }
            assertThat(failure).contains("failed: java.lang.AssertionError: a").contains("'s end");
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            assertThat(Toys.isGone(pid)).isTrue();
        }
    }

    private static CompletableFuture<int[]> tokenizing(WorkerEngine engine, String text) {
        return CompletableFuture.supplyAsync(() -> engine.tokenize(rendering(text), Framing.NONE), THREADS);
    }

    private static Rendering rendering(String text) {
        return new Rendering(List.of(new Segment(text, false)));
    }

    private static EmbeddingRequest embedding(int first) {
        return new EmbeddingRequest(List.of(new int[] {first}), new Owner("", 1));
    }
}
