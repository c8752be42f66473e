package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.Recoveries;
import dev.gufo.engine.Subscription;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Workers that end, are ended, or lose their server. */
@Timeout(120)
class WorkerDeathTest {
    private static final int ENDLESS = 100_000_000;

    @TempDir
    private Path crashFolder;

    @Test
    void theGenerationsOfAKilledWorkerGoOnInTheNextOneAndNewOnesWaitForIt() throws InterruptedException {
        try (WorkerEngine engine = Toys.ready(crashFolder)) {
            List<Generation> generations =
                    List.of(engine.generate(Toys.request(1, 3_000)), engine.generate(Toys.request(2, 3_000)));
            List<GenerationEvent> first = new ArrayList<>(List.of(Toys.one(generations.getFirst())));
            long pid = engine.pid().orElseThrow();
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();

            await().atMost(Toys.PATIENCE).until(() -> engine.status() instanceof EngineStatus.Restarting);
            Generation meanwhile = engine.generate(Toys.request(3, 20));
            assertThat(meanwhile.next(Duration.ZERO)).isEmpty();
            assertThat(engine.model().architecture()).isEqualTo("toy");

            first.addAll(Toys.all(generations.getFirst()));
            requireWhole(first, 1, 3_000);
            requireWhole(Toys.all(generations.getLast()), 2, 3_000);
            requireWhole(Toys.all(meanwhile), 3, 20);
            assertThat(engine.pid()).isNotEmpty().isNotEqualTo(OptionalLong.of(pid));
            assertThat(engine.recoveries()).isEqualTo(new Recoveries(1, 2));
            assertThat(Toys.all(engine.generate(Toys.request(3, 20)))).hasSize(22);
        }
    }

    /** Started, each token once and in its order, finished. */
    private static void requireWhole(List<GenerationEvent> events, int first, int tokens) {
        assertThat(events.getFirst()).isInstanceOf(GenerationEvent.Started.class);
        List<Integer> ids = events.subList(1, events.size() - 1).stream()
                .map(event -> ((GenerationEvent.Token) event).id())
                .toList();
        assertThat(ids)
                .containsExactlyElementsOf(IntStream.range(0, tokens)
                        .mapToObj(index -> ToyEngine.token(first, index))
                        .toList());
        assertThat(events.getLast())
                .isInstanceOfSatisfying(
                        GenerationEvent.Finished.class,
                        end -> assertThat(end.reason()).isEqualTo(GenerationEvent.FinishReason.LENGTH));
    }

    @Test
    void aRequestThatEndsItsWorkerThreeTimesIsLostAndTheOthersGoOn() throws InterruptedException {
        try (WorkerEngine engine = Toys.ready(crashFolder)) {
            Generation guilty = engine.generate(Toys.request(ToyEngine.ABORT, 5));
            Toys.one(guilty);
            List<GenerationEvent> end = Toys.all(guilty);
            assertThat(end).hasSize(2).first().isInstanceOf(GenerationEvent.Token.class);
            assertThat(((GenerationEvent.Failed) end.getLast()).cause())
                    .isInstanceOfSatisfying(
                            EngineException.Restarted.class,
                            lost -> assertThat(lost.lost()).isEqualTo(3));
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            assertThat(engine.recoveries().restarts()).isEqualTo(3);
            assertThat(engine.recoveries().resumed()).isBetween(1L, 2L); // a worker may die before it has taken it
            assertThat(guilty.next(Duration.ZERO)).isEmpty();
        }
    }

    @Test
    void thoseThatWaitInTheQueueOutliveEveryWorkerThatOthersEnd() throws InterruptedException {
        try (WorkerEngine engine = Toys.ready(crashFolder)) {
            List<Generation> running = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                running.add(engine.generate(Toys.request(3, ENDLESS)));
                Toys.one(running.getLast());
            }
            Generation waiting = engine.generate(Toys.request(4, 20));
            for (int death = 1; death < Attempts.MOST_LOST; death++) {
                kill(engine, death);
                for (Generation generation : running) {
                    resume(generation, engine);
                }
                resume(waiting, engine);
            }
            kill(engine, Attempts.MOST_LOST);
            for (Generation generation : running) {
                assertThat(Toys.all(generation).getLast()).isInstanceOf(GenerationEvent.Failed.class);
            }
            requireWhole(Toys.all(waiting), 4, 20);
        }
    }

    private static void kill(WorkerEngine engine, int death) {
        await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
        ProcessHandle.of(engine.pid().orElseThrow()).orElseThrow().destroyForcibly();
        await().atMost(Toys.PATIENCE).until(() -> engine.recoveries().restarts() == death);
    }

    /** Reads on until it goes on in the next worker. */
    private static void resume(Generation generation, WorkerEngine engine) throws InterruptedException {
        long before = engine.recoveries().resumed();
        while (engine.recoveries().resumed() == before) {
            assertThat(generation.next(Duration.ofMillis(100)).filter(GenerationEvent.Failed.class::isInstance))
                    .isEmpty();
        }
    }

    @Test
    void aGenerationThatIsCancelledBetweenTwoWorkersIsForgotten() throws InterruptedException {
        try (WorkerEngine engine = Toys.ready(crashFolder)) {
            Generation generation = engine.generate(Toys.request(1, ENDLESS));
            Toys.one(generation);
            ProcessHandle.of(engine.pid().orElseThrow()).orElseThrow().destroyForcibly();
            await().atMost(Toys.PATIENCE).until(() -> engine.status() instanceof EngineStatus.Restarting);
            while (generation.next(Duration.ofMillis(1)).isPresent()) {} // until it waits for the next one
            generation.cancel();
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            assertThat(generation.next(Duration.ofMillis(1))).isEmpty();
            assertThat(engine.status()).isEqualTo(new EngineStatus.Ready(0, 0));
            assertThat(engine.recoveries()).isEqualTo(new Recoveries(1, 0));
        }
    }

    @Test
    void aListenerHearsOfEachLifeAndOfTheEnd() throws InterruptedException {
        var heard = new LinkedBlockingQueue<EngineStatus>();
        WorkerEngine engine = Toys.start(ToyEngine.FINE, crashFolder);
        Subscription subscription = engine.onStatus(heard::add);
        try (engine) {
            assertThat(heard.take()).isEqualTo(new EngineStatus.Loading(0));
            assertThat(heard.take()).isEqualTo(new EngineStatus.Loading(50));
            assertThat(heard.take()).isInstanceOf(EngineStatus.Ready.class);
            assertThat(Toys.all(engine.generate(Toys.request(3, 20)))).isNotEmpty(); // numbers alone are not told
            ProcessHandle.of(engine.pid().orElseThrow()).orElseThrow().destroyForcibly();
            assertThat(heard.take()).isInstanceOf(EngineStatus.Restarting.class);
            assertThat(heard.take()).isInstanceOf(EngineStatus.Ready.class);
        }
        subscription.close();
        assertThat(heard).containsExactly(new EngineStatus.Closed());
    }

    @Test
    void theLastWordsOfAnAbortAreTheReason() throws InterruptedException {
        try (WorkerEngine engine = Toys.ready(crashFolder)) {
            assertThat(failure(engine, ToyEngine.ABORT)).contains("aborted").endsWith(ToyEngine.ABORT_MESSAGE);
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
        }
    }

    @Test
    void aBrokenEngineIsReplacedLikeADeadOne() throws InterruptedException {
        try (WorkerEngine engine = Toys.ready(crashFolder)) {
            assertThat(failure(engine, ToyEngine.BREAK)).endsWith("decode failed");
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            assertThat(Toys.all(engine.generate(Toys.request(3, 20)))).hasSize(22);
        }
    }

    @Test
    void aModelThatIsRefusedIsNotTriedAgain() {
        try (WorkerEngine engine = Toys.start(ToyEngine.INVALID, crashFolder)) {
            await().atMost(Toys.PATIENCE)
                    .until(() -> engine.status().equals(new EngineStatus.Failed("it is no model")));
            assertThat(engine.pid()).isEmpty();
            assertThatThrownBy(engine::model).isInstanceOf(EngineException.Broken.class);
        }
    }

    @Test
    void aWorkerThatKeepsDyingWhileLoadingIsGivenUp() {
        try (WorkerEngine engine = Toys.start(ToyEngine.ABORTS, crashFolder)) {
            await().atMost(Toys.PATIENCE).until(() -> engine.status() instanceof EngineStatus.Failed);
            assertThat(((EngineStatus.Failed) engine.status()).reason()).endsWith(ToyEngine.ABORT_MESSAGE);
        }
    }

    @Test
    void loadingShowsHowFarItIsAndCanBeClosed() {
        WorkerEngine engine = Toys.start(ToyEngine.STUCK, crashFolder);
        await().atMost(Toys.PATIENCE).until(() -> engine.status().equals(new EngineStatus.Loading(50)));
        assertThatThrownBy(engine::model).hasMessageContaining("being loaded, 50 %");
        long pid = engine.pid().orElseThrow();
        engine.close();
        engine.close();
        assertThat(Toys.isGone(pid)).isTrue();
    }

    @Test
    void closingAtOnceLeavesNoProcess() {
        WorkerEngine engine = Toys.start(ToyEngine.FINE, crashFolder);
        engine.close();
        assertThat(ProcessHandle.current().children().filter(p -> !Toys.isGone(p.pid())))
                .isEmpty();
    }

    @Test
    void closingEndsWhatIsUnderWay() throws InterruptedException {
        WorkerEngine engine = Toys.ready(crashFolder);
        Generation generation = engine.generate(Toys.request(1, ENDLESS));
        engine.close();
        assertThat(last(generation)).contains("is shut down");
        assertThatThrownBy(() -> engine.generate(Toys.request(1, 1))).hasMessageContaining("is shut down");
    }

    @ParameterizedTest
    @CsvSource({ToyEngine.FINE + ",true", ToyEngine.FINE + ",false", ToyEngine.STUCK + ",true"})
    void noWorkerOutlivesItsServer(String model, boolean killed) throws IOException, InterruptedException {
        Process server = new ProcessBuilder(List.of(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ToyServerMain.class.getName(),
                        model,
                        crashFolder.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output = server.inputReader(StandardCharsets.UTF_8)) {
            long worker = output.lines()
                    .filter(line -> line.matches("\\d+"))
                    .findFirst()
                    .map(Long::valueOf)
                    .orElseThrow();
            assertThat(Toys.isGone(worker)).isFalse();
            if (killed) {
                server.destroyForcibly();
            } else {
                server.destroy();
            }
            server.waitFor();
            await().atMost(Toys.PATIENCE).until(() -> Toys.isGone(worker));
        } finally {
            server.destroyForcibly();
        }
    }

    /** How a request ends that ends its worker, which may be before its acceptance is known here. */
    private static String failure(WorkerEngine engine, int first) throws InterruptedException {
        try (Generation generation = engine.generate(Toys.request(first, 5))) {
            return last(generation);
        } catch (EngineException.Restarted e) {
            return e.getMessage();
        }
    }

    private static String last(Generation generation) throws InterruptedException {
        GenerationEvent last = Toys.all(generation).getLast();
        return ((GenerationEvent.Failed) last).cause().getMessage();
    }
}
