package dev.gufo.engine.pool;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.FormatMethod;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Listeners;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.WakeUp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several models in the memory of one machine. They are loaded when they are asked for, in order of arrival, and stay
 * until another needs their room: then the least valuable that are not in use are evicted.
 *
 * <p>Safe for any number of threads. One lock guards who is where ({@link Residents}); it is held for moments only,
 * never while something is planned, loaded or closed. A request waits on its own thread and holds nothing. Each plan,
 * load and close has a thread of its own, since it may take long in native code; one more thread waits for news of
 * engines and for what is due. It holds no lock while it waits, and an engine that tells its status only wakes it.
 */
public final class ModelPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelPool.class);

    private static final Duration RETRY_CLOSED = Duration.ofSeconds(1);

    /** How long the watching thread waits after a turn that failed, and before it tries again to start a thread. */
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private static final String LOADER_FAILED = "loading it failed unexpectedly, the server's log says more";

    /**
     * When models have to go.
     *
     * @param keepAlive how long an unused model stays; zero until another one needs the room
     * @param patience how long a model whose turn it is waits for others in use to become idle, before they are closed
     *     to new requests
     * @param retryAfterFailure how long a failed load answers requests for that model, before the next attempt
     * @param pinned which models stay once they are loaded, unless an operator unloads them; quick, it is called under
     *     the pool's lock
     */
    public record Settings(
            Duration keepAlive, Duration patience, Duration retryAfterFailure, Predicate<String> pinned) {
        public static final Settings DEFAULT =
                new Settings(Duration.ZERO, Duration.ofSeconds(10), Duration.ofSeconds(5), _ -> false);

        public Settings {
            require(!keepAlive.isNegative(), "keep-alive must be 0 or more, is %s", keepAlive);
            require(!patience.isNegative(), "patience must be 0 or more, is %s", patience);
            require(!retryAfterFailure.isNegative(), "retry after failure must be 0 or more, is %s", retryAfterFailure);
        }

        @FormatMethod
        private static void require(boolean holds, String message, Object... values) {
            if (!holds) {
                throw new IllegalArgumentException(message.formatted(values));
            }
        }
    }

    private final Footprint budget;
    private final Loader loader;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition emptied = lock.newCondition();
    private final WakeUp watcher = new WakeUp(); // the watching thread has to look before it wanted to
    private final Listeners<Runnable> listeners = new Listeners<>();

    // Under the lock.
    private final Residents residents;
    private long alarm; // System.nanoTime at which the watching thread looks next
    private final Map<String, Subscription> heard = new HashMap<>(); // to the engines that there are, by id
    private final Queue<Order> unbegun = new ArrayDeque<>(); // for which no thread was to be had

    private volatile Optional<String> trouble = Optional.empty(); // of the watching thread's last turn
    private volatile boolean watching = true;

    /**
     * Empty at first.
     *
     * @param budget memory for models, by device; plans are made against what is left of it
     * @param loader called on the pool's threads
     */
    public ModelPool(Settings settings, Footprint budget, Loader loader, InstantSource clock) {
        this.budget = budget;
        this.loader = loader;
        this.clock = clock;
        residents = new Residents(settings, budget);
        alarm = System.nanoTime();
        Thread.ofPlatform().daemon().name("model-pool").start(this::watch);
    }

    /**
     * Asks for a model; it is loaded if it has to be. Never blocks.
     *
     * @param id of a model that there is: failures of others are remembered too
     * @return a place in the line, to be closed by the caller
     */
    public Ticket request(String id) {
        lock.lock();
        try {
            Claim claim = residents.request(id, clock.instant());
            settle();
            return new Place(id, claim);
        } finally {
            lock.unlock();
        }
    }

    /**
     * How a model would be loaded if it had all memory for models to itself. Nothing is loaded. May read the model's
     * file.
     *
     * @throws EngineException.Broken if there is no such model, or it can't be loaded anywhere
     */
    public Planned preview(String id) {
        return loader.preview(id, budget);
    }

    /** Where a model is. */
    public Residency residency(String id) {
        return reading(() -> residents.residency(id));
    }

    /**
     * What keeps the pool from loading and unloading models as it should, one line; empty if nothing does. Never
     * blocks.
     */
    public Optional<String> trouble() {
        return watching ? trouble : Optional.of("the thread that looks after models has ended");
    }

    /** All models that are not unloaded. */
    public Map<String, Residency> residencies() {
        return reading(() -> residents.residencies());
    }

    /**
     * Tells a listener that where a model is, or how far it is loaded, may have changed.
     *
     * @param listener called on any thread under the pool's lock: must not block, throw, or ask the pool anything
     * @return to be closed by the caller
     */
    public Subscription onChange(Runnable listener) {
        return listeners.add(listener);
    }

    /** Memory for models. */
    public Footprint budget() {
        return budget;
    }

    /** What is taken or reserved of it. */
    public Footprint used() {
        return reading(() -> residents.used());
    }

    /**
     * What runs a model that is loaded or being loaded: to look at it, not to use it, since it may be closed at any
     * time.
     */
    public Optional<Engine> engine(String id) {
        return reading(() -> residents.engine(id));
    }

    /**
     * Has a model stay once it is loaded, or be evicted as others are; from now on, whatever {@link Settings#pinned}
     * says. Loads nothing.
     */
    public void pin(String id, boolean stays) {
        change(now -> residents.pin(id, stays, now));
    }

    /** Whether a model stays once it is loaded. */
    public boolean isPinned(String id) {
        return reading(() -> residents.isPinned(id));
    }

    /**
     * Evicts a model as soon as no request uses it, also a pinned one. Requests that come meanwhile wait, and have it
     * loaded again. Does nothing to one that is not loaded or being loaded.
     */
    public void unload(String id) {
        unload(id, "an administrator asked for it");
    }

    /**
     * The same for another reason.
     *
     * @param why completes "unloading the model: " in the log
     */
    public void unload(String id, String why) {
        change(now -> residents.unload(id, why, now));
    }

    /**
     * Closes all engines, also those in use, and returns when they are closed. Waiting requests are refused.
     * Idempotent.
     */
    @Override
    public void close() {
        lock.lock();
        try {
            residents.shut();
            settle();
            watcher.wake();
            while (!residents.isEmpty()) {
                emptied.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    // Under the lock.

    private void change(Consumer<Instant> event) {
        lock.lock();
        try {
            event.accept(clock.instant());
            settle();
        } finally {
            lock.unlock();
        }
    }

    private <T> T reading(Supplier<T> state) {
        lock.lock();
        try {
            return state.get();
        } finally {
            lock.unlock();
        }
    }

    /** What follows from an event. */
    private void settle() {
        for (Optional<Order> order = residents.nextOrder(); order.isPresent(); order = residents.nextOrder()) {
            begin(order.get());
        }
        if (alarm - System.nanoTime() > residents.pause(clock.instant()).toNanos()) {
            watcher.wake();
        }
        if (residents.isEmpty()) {
            emptied.signalAll();
        }
        listeners.tell(Runnable::run);
    }

    private void begin(Order order) {
        Runnable work = switch (order) {
            case Order.Decide(Question question) -> () -> decide(question);
            case Order.Load(String id, Planned planned) -> () -> load(id, planned);
            case Order.Close(String id, Engine engine, String why) -> () -> close(id, engine, why);
        };
        try {
            Thread.ofPlatform().daemon().name("model-pool-work").start(() -> guarded(work));
        } catch (OutOfMemoryError noThread) {
            LOG.error(
                    "no thread can be started for an order ({}), it is tried again",
                    order.getClass().getSimpleName(),
                    noThread);
            unbegun.add(order);
        }
    }

    /** What a task throws that it should not has failed its own model already, and is no reason to end the process. */
    private static void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | Error e) {
            LOG.error("a task of the model pool failed unexpectedly", e);
        }
    }

    // On threads of the pool. A loader that throws what it should not fails its own model only; its thread reports the
    // exception.

    private void decide(Question question) {
        Verdict verdict = new Verdict.Refuse(LOADER_FAILED);
        try {
            verdict = question.answer(free -> loader.plan(question.id(), free));
        } catch (EngineException e) {
            if (e.getCause() != null) {
                LOG.warn("{} can't be planned: {}", question.id(), e.getMessage());
            }
            verdict = new Verdict.Refuse(e.forClients());
        } finally {
            Verdict found = verdict;
            if (found instanceof Verdict.Refuse(String reason)) {
                LOG.warn(
                        "{} is not loaded: {} (pinned in memory: {})",
                        question.id(),
                        reason,
                        question.stays().keySet());
            }
            change(now -> residents.answered(question, found, now));
        }
    }

    private void load(String id, Planned planned) {
        LOG.info("loading {}, which takes {}", id, Question.text(planned.footprint()));
        Optional<Engine> engine = Optional.empty();
        String reason = LOADER_FAILED;
        try {
            engine = Optional.of(loader.start(id, planned));
        } catch (EngineException e) {
            LOG.warn("{} could not be loaded: {}", id, e.getMessage());
            reason = e.forClients();
        } finally {
            report(id, engine, reason);
        }
    }

    private void report(String id, Optional<Engine> engine, String reason) {
        change(now -> engine.ifPresentOrElse(
                started -> {
                    heard.put(id, started.onStatus(_ -> watcher.wake()));
                    residents.started(id, started, now);
                },
                () -> residents.notStarted(id, reason, now)));
    }

    private void close(String id, Engine engine, String why) {
        LOG.info("unloading {}: {}", id, why);
        try {
            engine.close();
        } finally {
            change(now -> {
                requireNonNull(heard.remove(id)).close();
                residents.gone(id, now);
            });
        }
    }

    /** Looks at engines when they tell something, and at what is due when it is, until the pool is closed. */
    private void watch() {
        try {
            for (Optional<Duration> pause = look(); pause.isPresent(); pause = look()) {
                watcher.await(pause.get());
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts the thread of a pool", e);
        } finally {
            watching = false;
        }
    }

    /** How long to pause; empty once the pool is closed. */
    private Optional<Duration> look() {
        return reading(() -> residents.isShut() ? Optional.empty() : Optional.of(turn()));
    }

    /**
     * One turn of the watching thread, which survives whatever the turn throws; tells how long to pause. Under the
     * lock.
     */
    private Duration turn() {
        try {
            for (int again = unbegun.size(); again > 0; again--) {
                begin(unbegun.remove());
            }
            residents.tick(clock.instant());
            Duration pause = unbegun.isEmpty() ? residents.pause(clock.instant()) : AFTER_FAILURE;
            alarm = System.nanoTime() + pause.toNanos();
            settle();
            trouble = unbegun.isEmpty() ? Optional.empty() : Optional.of("no thread can be started for it");
            return pause;
        } catch (RuntimeException | Error e) {
            if (trouble.isEmpty()) {
                LOG.error("the thread that looks after models failed, and goes on", e);
            }
            trouble = Optional.of("looking after models fails, the server's log says why");
            alarm = System.nanoTime() + AFTER_FAILURE.toNanos();
            return AFTER_FAILURE;
        }
    }

    /** A request's place in the line. Its thread alone. */
    private final class Place implements Ticket {
        private final String id;
        private final Claim claim;
        private @Nullable Lease lease; // null until it was handed out

        Place(String id, Claim claim) {
            this.id = id;
            this.claim = claim;
        }

        @Override
        public Optional<Lease> await(Duration timeout) throws InterruptedException {
            return claim.await(timeout).map(answer -> switch (answer) {
                case Claim.Answer.Granted(Engine engine) -> lease(engine);
                case Claim.Answer.Failed(String reason) -> throw new EngineException.Broken(reason);
                case Claim.Answer.Shut() ->
                    throw new EngineException.Refused(
                            new Refusal.NotReady("the server is shutting down", RETRY_CLOSED));
            });
        }

        private Lease lease(Engine engine) {
            if (lease == null) {
                lease = new Held(engine, claim);
            }
            return lease;
        }

        @Override
        public Residency residency() {
            return ModelPool.this.residency(id);
        }

        @Override
        public void close() {
            if (lease == null) {
                change(now -> residents.leave(claim, now));
            }
        }
    }

    private final class Held implements Lease {
        private final Engine engine;
        private final Claim claim;

        Held(Engine engine, Claim claim) {
            this.engine = engine;
            this.claim = claim;
        }

        @Override
        public Engine engine() {
            return engine;
        }

        @Override
        public void close() {
            change(now -> residents.leave(claim, now)); // a claim is given back once
        }
    }
}
