package dev.gufo.engine.pool;

import static dev.gufo.engine.pool.FakeModels.mib;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.WakeUp;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ModelPoolTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final FakeModels MODELS = new FakeModels()
            .with("a", 40)
            .with("b", 40)
            .with("c", 40)
            .with("d", 60)
            .with("e", 100);

    /** Starts engines, ready at once unless the test wants to say when. */
    private static final class FakeLoader implements Loader {
        private final LinkedBlockingQueue<FakeEngine> started = new LinkedBlockingQueue<>();
        private volatile boolean ready = true;

        @Override
        public Planned plan(String id, Footprint free) {
            return MODELS.plan(id, free);
        }

        @Override
        public Engine start(String id, Planned planned) {
            FakeEngine engine = new FakeEngine(id);
            if (ready) {
                engine.ready();
            }
            started.add(engine);
            return engine;
        }
    }

    private final FakeLoader loader = new FakeLoader();

    private ModelPool pool(ModelPool.Settings settings) {
        return new ModelPool(settings, mib(100, 0), loader, InstantSource.system());
    }

    private ModelPool pool() {
        return pool(ModelPool.Settings.DEFAULT);
    }

    @Test
    void manyThreadsUseMoreModelsThanThereIsMemoryFor() throws Exception {
        Queue<String> wrong = new ConcurrentLinkedQueue<>();
        AtomicInteger served = new AtomicInteger();
        var settings = new ModelPool.Settings(Duration.ZERO, Duration.ofMillis(20), Duration.ofSeconds(5), _ -> false);
        try (ModelPool pool = pool(settings);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int thread = 0; thread < 32; thread++) {
                Random random = new Random(thread);
                all.add(threads.submit(() -> {
                    for (int i = 0; i < 5; i++) {
                        String id = List.of("a", "b", "c", "d", "e").get(random.nextInt(5));
                        try (Ticket ticket = pool.request(id);
                                Lease lease = ticket.await(LONG).orElseThrow()) {
                            FakeEngine engine = (FakeEngine) lease.engine();
                            if (!engine.id.equals(id) || engine.closes.get() > 0) {
                                wrong.add(id + " was closed or another");
                            }
                            if (!pool.used().fitsIn(pool.budget())) {
                                wrong.add("over the budget: " + pool.used());
                            }
                            served.incrementAndGet();
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(served).hasValue(32 * 5);
        assertThat(loader.started)
                .allSatisfy(engine -> assertThat(engine.closes).hasValue(1));
    }

    @Test
    void whoeverWaitsWhenThePoolClosesIsRefused() throws Exception {
        loader.ready = false;
        ModelPool pool = pool();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch asked = new CountDownLatch(16);
            List<Future<Boolean>> waiting = IntStream.range(0, 16)
                    .mapToObj(i -> threads.submit(() -> {
                        try (Ticket ticket = pool.request(i % 2 == 0 ? "d" : "e")) {
                            asked.countDown();
                            return ticket.await(LONG).isPresent();
                        }
                    }))
                    .toList();
            asked.await();
            FakeEngine engine = loader.started.take();
            pool.close();
            assertThat(engine.closes).hasValue(1);
            for (Future<Boolean> each : waiting) {
                assertThatThrownBy(each::get)
                        .isInstanceOf(ExecutionException.class)
                        .cause()
                        .isInstanceOfSatisfying(
                                EngineException.Refused.class,
                                refused -> assertThat(refused.refusal()).isInstanceOf(Refusal.NotReady.class));
            }
        }
        assertThat(pool.used()).isEqualTo(Footprint.NONE);
        try (Ticket late = pool.request("a")) {
            assertThatThrownBy(() -> late.await(LONG)).isInstanceOf(EngineException.Refused.class);
        }
        pool.close();
    }

    @Test
    void closingAlsoClosesWhatIsInUse() throws Exception {
        ModelPool pool = pool();
        try (Ticket ticket = pool.request("a");
                Lease lease = ticket.await(LONG).orElseThrow()) {
            pool.close();
            assertThat(lease.engine().status()).isEqualTo(new EngineStatus.Closed());
        }
        assertThat(pool.residencies()).isEmpty();
    }

    @Test
    void aWaitThatEndsKeepsThePlaceAndSeesHowFarTheModelIs() throws Exception {
        loader.ready = false;
        var news = new WakeUp();
        try (ModelPool pool = pool();
                Subscription _ = pool.onChange(news::wake);
                Ticket ticket = pool.request("a")) {
            FakeEngine engine = loader.started.take();
            assertThat(ticket.await(Duration.ZERO)).isEmpty();
            engine.becomes(new EngineStatus.Loading(70));
            while (!ticket.residency().equals(new Residency.Loading(70))) {
                news.await(); // until the pool has heard of its engine
            }
            engine.ready();
            try (Lease lease = ticket.await(LONG).orElseThrow()) {
                assertThat(lease.engine()).isSameAs(engine);
                assertThat(pool.engine("a")).containsSame(engine);
                assertThat(ticket.residency()).isInstanceOf(Residency.Loaded.class);
            }
        }
    }

    @Test
    void aTicketThatIsClosedGivesBackWhatNobodyTook() throws Exception {
        try (ModelPool pool = pool()) {
            try (Ticket first = pool.request("e")) {
                first.await(LONG).orElseThrow().close();
            }
            pool.request("e").close(); // was granted at once
            assertThat(pool.residency("e"))
                    .isInstanceOfSatisfying(
                            Residency.Loaded.class,
                            loaded -> assertThat(loaded.leases()).isZero());
        }
    }

    @Test
    void aLeaseOutlivesItsTicketAndIsGivenBackOnce() throws Exception {
        try (ModelPool pool = pool()) {
            Ticket ticket = pool.request("a");
            Lease lease = ticket.await(LONG).orElseThrow();
            try (Ticket other = pool.request("a")) {
                Lease second = other.await(LONG).orElseThrow();
                ticket.close();
                assertThat(leases(pool)).isEqualTo(2);
                lease.close();
                lease.close();
                assertThat(leases(pool)).isEqualTo(1);
                second.close();
            }
        }
    }

    private static int leases(ModelPool pool) {
        return pool.residency("a") instanceof Residency.Loaded loaded ? loaded.leases() : -1;
    }

    @Test
    void aModelThatFailsToLoadSaysSoAndLeavesTheReasonToTheLog() throws Exception {
        loader.ready = false;
        try (ModelPool pool = pool();
                Ticket ticket = pool.request("a")) {
            loader.started.take().failed("no CUDA memory");
            assertThatThrownBy(() -> ticket.await(LONG))
                    .isInstanceOf(EngineException.Broken.class)
                    .hasMessage("its engine failed; the server's log says why");
            assertThat(ticket.residency()).isNotInstanceOf(Residency.Loaded.class);
        }
    }

    @Test
    void aModelWhoseEngineFailsLaterLeavesMemoryAtOnce() throws Exception {
        var news = new WakeUp();
        try (ModelPool pool = pool();
                Subscription _ = pool.onChange(news::wake)) {
            try (Ticket ticket = pool.request("a")) {
                ticket.await(LONG).orElseThrow().close();
            }
            FakeEngine engine = loader.started.take().failed("a lost GPU");
            assertThat(engine.closed.await(30, TimeUnit.SECONDS)).isTrue();
            while (!pool.residencies().isEmpty()) {
                news.await();
            }
            assertThat(pool.used()).isEqualTo(Footprint.NONE);
        }
    }

    @Test
    void aLoaderThatThrowsFailsItsModelAlone() throws Exception {
        Loader broken = new Loader() {
            @Override
            public Planned plan(String id, Footprint free) {
                return MODELS.plan(id, free);
            }

            @Override
            public Engine start(String id, Planned planned) {
                if (id.equals("a")) {
                    throw new EngineException.Broken("a is damaged");
                }
                return new FakeEngine(id).ready();
            }
        };
        try (ModelPool pool = new ModelPool(ModelPool.Settings.DEFAULT, mib(100, 0), broken, InstantSource.system());
                Ticket a = pool.request("a");
                Ticket b = pool.request("b");
                Ticket unknown = pool.request("unknown")) {
            assertThatThrownBy(() -> a.await(LONG)).hasMessage("a is damaged");
            assertThatThrownBy(() -> unknown.await(LONG)).hasMessage("there is no model unknown");
            b.await(LONG).orElseThrow().close();
            assertThat(pool.used()).isEqualTo(mib(40, 0));
            assertThat(pool.residencies()).containsOnlyKeys("a", "b", "unknown");
        }
    }

    @Test
    void anIdleModelLeavesByItself() throws Exception {
        var settings = new ModelPool.Settings(
                Duration.ofMillis(30), Duration.ofSeconds(10), Duration.ofSeconds(5), _ -> false);
        try (ModelPool pool = pool(settings)) {
            try (Ticket ticket = pool.request("a")) {
                ticket.await(LONG).orElseThrow().close();
            }
            FakeEngine engine = loader.started.take();
            assertThat(engine.closed.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void anUnloadedModelComesBack() throws Exception {
        try (ModelPool pool = pool()) {
            try (Ticket ticket = pool.request("a")) {
                ticket.await(LONG).orElseThrow().close();
            }
            FakeEngine first = loader.started.take();
            pool.unload("a");
            assertThat(first.closed.await(30, TimeUnit.SECONDS)).isTrue();
            try (Ticket ticket = pool.request("a");
                    Lease lease = ticket.await(LONG).orElseThrow()) {
                assertThat(lease.engine()).isNotSameAs(first);
            }
        }
    }

    @Test
    void aFailingTurnOfTheWatchingThreadIsNotItsEnd() throws Exception {
        var failures = new AtomicInteger();
        var broken = new AtomicBoolean(true);
        InstantSource clock = () -> {
            if (broken.get() && Thread.currentThread().getName().equals("model-pool")) {
                failures.incrementAndGet();
                throw new StackOverflowError("a test's");
            }
            return InstantSource.system().instant();
        };
        loader.ready = false;
        try (ModelPool pool = new ModelPool(ModelPool.Settings.DEFAULT, mib(100, 0), loader, clock);
                Ticket ticket = pool.request("a")) {
            loader.started.take().ready(); // which only the watching thread finds out
            while (failures.get() < 1) {
                Thread.onSpinWait();
            }
            broken.set(false);
            assertThat(ticket.await(LONG)).isPresent();
            while (pool.trouble().isPresent()) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void settingsAreNeverNegative() {
        Duration negative = Duration.ofMillis(-1);
        Duration some = Duration.ofSeconds(1);
        assertThatThrownBy(() -> new ModelPool.Settings(negative, some, some, _ -> false))
                .hasMessageContaining("keep-alive");
        assertThatThrownBy(() -> new ModelPool.Settings(some, negative, some, _ -> false))
                .hasMessageContaining("patience");
        assertThatThrownBy(() -> new ModelPool.Settings(some, some, negative, _ -> false))
                .hasMessageContaining("retry");
    }
}
