package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Generation;
import dev.gufo.engine.cores.CoreShares;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Worker processes that share the cores of their machine. */
@Timeout(120)
class SharedCoresTest {
    private static final int ENDLESS = 100_000_000;
    private static final int ALONE = 50; // the toy's threads
    private static final int CORES = 8;

    @TempDir
    private Path crashFolder;

    @Test
    void workersThatAreBusyAtOnceHaveAPartOfTheCoresEachAndOneThatIsBusyAloneHasAll() throws InterruptedException {
        var cores = new CoreShares(CORES);
        try (WorkerEngine one = Toys.ready(crashFolder, cores);
                WorkerEngine other = Toys.ready(crashFolder, cores)) {
            try (Generation first = one.generate(Toys.request(1, ENDLESS))) {
                Toys.one(first);
                assertThat(threads(one)).isZero(); // it was told nothing, and uses what it has alone
                try (Generation second = other.generate(Toys.request(2, ENDLESS))) {
                    Toys.one(second);
                    awaitThreads(one, CORES / 2);
                    awaitThreads(other, CORES / 2);
                }
                awaitThreads(one, ALONE);
            }
        }
    }

    @Test
    void aWorkerThatDiesLeavesItsCoresToTheOthersAndTheNextOneGetsItsPart() throws InterruptedException {
        var cores = new CoreShares(CORES);
        try (WorkerEngine one = Toys.ready(crashFolder, cores);
                WorkerEngine other = Toys.ready(crashFolder, cores);
                Generation first = one.generate(Toys.request(1, ENDLESS))) {
            Toys.one(first);
            Toys.one(other.generate(Toys.request(2, ENDLESS)));
            awaitThreads(one, CORES / 2);
            ProcessHandle.of(other.pid().orElseThrow()).orElseThrow().destroyForcibly();
            awaitThreads(one, ALONE);

            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(other));
            try (Generation next = other.generate(Toys.request(3, ENDLESS))) {
                Toys.one(next);
                awaitThreads(one, CORES / 2);
                awaitThreads(other, CORES / 2);
            }
        }
    }

    @Test
    void aRequestThatIsRefusedTakesNoCoresForLong() throws InterruptedException {
        var cores = new CoreShares(CORES);
        try (WorkerEngine one = Toys.ready(crashFolder, cores);
                WorkerEngine other = Toys.ready(crashFolder, cores);
                Generation first = one.generate(Toys.request(1, ENDLESS))) {
            Toys.one(first);
            assertThatThrownBy(() -> other.generate(Toys.request(ToyEngine.VOCABULARY, 1)))
                    .isInstanceOf(IllegalArgumentException.class);
            awaitThreads(one, ALONE);
        }
    }

    private static void awaitThreads(WorkerEngine engine, int expected) {
        await().atMost(Toys.PATIENCE).until(() -> threads(engine) == expected);
    }

    private static long threads(WorkerEngine engine) {
        return engine.status() instanceof EngineStatus.Ready(int _, int _, float _, long told) ? told : -1;
    }
}
