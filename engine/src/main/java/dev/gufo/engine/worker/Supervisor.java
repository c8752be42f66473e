package dev.gufo.engine.worker;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.CacheUse;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Recoveries;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.StatusSource;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.WakeUp;
import dev.gufo.engine.cores.CoreShares;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Keeps one model's worker alive: starts it, listens to it, and starts the next when it is gone, until it is told to
 * close or the model can't be loaded. One thread does all of that, top to bottom in {@link #run}; others see its state
 * in the volatile fields and in its status, which this thread sets, and whoever closes it.
 */
final class Supervisor implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);

    /** When a client may ask again while nobody knows how long loading takes. */
    private static final Duration FIRST_LOAD = Duration.ofSeconds(2);

    private static final Duration LEAST_RETRY = Duration.ofSeconds(1);

    /** Longest wait for the next worker of whoever only wants to ask it something. */
    private static final Duration LONGEST_QUESTION = Duration.ofMinutes(1);

    private static final int ERRORS_KEPT = 4;

    private final EngineSettings settings;
    private final WorkerOptions options;
    private final CoreShares cores;
    private final String mainClass;
    private final InstantSource clock;
    private final Restarts restarts;
    private final CountDownLatch closing = new CountDownLatch(1);

    private final StatusSource status = new StatusSource(new EngineStatus.Loading(0));
    private volatile @Nullable ModelInfo model; // null until loaded once
    private volatile CacheUse caches = CacheUse.NONE; // as the child told last
    private volatile @Nullable WorkerProcess process; // null between two children
    private volatile @Nullable Connection connection; // null unless the child has connected
    private volatile @Nullable WorkerClient client; // null unless the child has loaded the model
    private final AtomicLong restarted = new AtomicLong(); // the supervisor's thread counts
    private final AtomicLong resumed = new AtomicLong(); // requests' threads count
    private final AtomicInteger waiting = new AtomicInteger(); // requests that go on in the next child; likewise

    // The supervisor's thread alone; of the child that lives now.
    private Instant started = Instant.EPOCH;
    private Optional<Instant> ready = Optional.empty();
    private Optional<String> failure = Optional.empty();
    private Duration lastLoad = FIRST_LOAD;
    private Optional<Instant> lost = Optional.empty(); // when the last child was, if it had been ready
    private final Deque<String> errors = new ArrayDeque<>(); // the last that it logged

    Supervisor(
            EngineSettings settings, WorkerOptions options, String mainClass, CoreShares cores, InstantSource clock) {
        this.settings = settings;
        this.options = options;
        this.cores = cores;
        this.mainClass = mainClass;
        this.clock = clock;
        restarts = new Restarts(options.backoff());
    }

    StatusSource status() {
        return status;
    }

    Optional<ModelInfo> model() {
        return Optional.ofNullable(model);
    }

    /** The worker that takes calls now, if there is one. */
    Optional<WorkerClient> client() {
        return isClosing() ? Optional.empty() : Optional.ofNullable(client);
    }

    /**
     * The worker that takes calls now; while there is none because the last one was lost, the next one, which is waited
     * for.
     *
     * @throws EngineException if there is none and there will be none soon, or the thread is interrupted
     */
    WorkerClient clientOrNext() {
        Optional<WorkerClient> now = client();
        return now.isPresent() ? now.get() : next();
    }

    private WorkerClient next() {
        var wakeUp = new WakeUp();
        long end = System.nanoTime() + LONGEST_QUESTION.toNanos();
        try (Subscription _ = status.subscribe(_ -> wakeUp.wake())) {
            while (isBetweenWorkers() && System.nanoTime() < end) {
                wakeUp.await(Duration.ofNanos(end - System.nanoTime()));
                Optional<WorkerClient> now = client();
                if (now.isPresent()) {
                    return now.get();
                }
            }
            throw notReady();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new EngineException.Interrupted();
        }
    }

    /** Whether a worker was lost that had been ready, and the next one is on its way. Any thread. */
    boolean isBetweenWorkers() {
        if (model == null) {
            return false;
        }
        return switch (status.status()) {
            case EngineStatus.Restarting _ -> true;
            case EngineStatus.Ready _ -> client().isEmpty(); // the change is under way
            case EngineStatus.Loading _, EngineStatus.Failed _, EngineStatus.Closed _ -> false;
        };
    }

    CacheUse caches() {
        return caches;
    }

    Recoveries recoveries() {
        return new Recoveries(restarted.get(), resumed.get());
    }

    /** Notes that a request goes on in the child that lives now. Any thread. */
    void resumed() {
        resumed.incrementAndGet();
    }

    /** Notes that so many requests more wait for the next child. Any thread. */
    void waits(int more) {
        waiting.addAndGet(more);
    }

    OptionalLong pid() {
        WorkerProcess current = process;
        return current == null ? OptionalLong.empty() : OptionalLong.of(current.pid());
    }

    /** Why no worker takes calls, as a client is told. */
    EngineException notReady() {
        return switch (status.status()) {
            case EngineStatus.Loading(int percent) ->
                refused("the model is being loaded, %d %% done".formatted(percent), FIRST_LOAD);
            case EngineStatus.Ready _ -> refused("the model is being restarted", LEAST_RETRY); // became so in between
            case EngineStatus.Restarting(String _, Duration retryAfter) ->
                refused("the model is being restarted", retryAfter); // why is in the log
            case EngineStatus.Failed(String reason) ->
                new EngineException.Broken("the model can't be loaded: " + reason);
            case EngineStatus.Closed() -> closed();
        };
    }

    /** Tells the worker to end; {@link #run} returns when it is gone. Any thread, idempotent. */
    void close() {
        status.set(new EngineStatus.Closed());
        closing.countDown();
        Connection connected = connection;
        if (connected != null) {
            connected.post(new Command.Shutdown());
        } else {
            kill();
        }
    }

    /** Ends the child that lives now without asking it. */
    void kill() {
        WorkerProcess current = process;
        if (current != null) {
            current.kill();
        }
    }

    @Override
    public void run() {
        try {
            Optional<Duration> pause = Optional.of(Duration.ZERO);
            while (pause.isPresent() && !closing.await(pause.get().toNanos(), TimeUnit.NANOSECONDS)) {
                String reason = liveGuarded();
                pause = bury(reason);
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts a supervisor", e);
        } finally {
            abandon();
        }
    }

    /** Leaves nobody waiting, also if this thread should fail. */
    private void abandon() {
        kill();
        WorkerClient left = client;
        if (left != null) {
            status.set(new EngineStatus.Failed("its supervisor failed"));
            client = null;
            left.end(() -> new EngineException.Broken("the supervisor of the model failed"));
        }
    }

    /** A life in which this thread failed is over like any other: the next child starts anew. */
    private String liveGuarded() throws InterruptedException {
        try {
            return live();
        } catch (RuntimeException | Error e) {
            LOG.error(
                    "the supervisor of {} failed, and goes on with a new worker",
                    settings.model().getFileName(),
                    e);
            WorkerProcess child = process;
            if (child == null) {
                return "its supervisor failed: " + e;
            }
            child.kill();
            return child.end() + ", its supervisor failed: " + e;
        }
    }

    /** One child from its start to its end, and why it ended. */
    private String live() throws InterruptedException {
        started = clock.instant();
        caches = CacheUse.NONE;
        ready = Optional.empty();
        failure = Optional.empty();
        WorkerProcess child;
        try {
            child = WorkerProcess.start(options, mainClass);
        } catch (IOException e) {
            return "it can't be started: " + e.getMessage();
        }
        process = child;
        errors.clear();
        String trouble = converse(child);
        String end = child.end();
        if (trouble.isEmpty() && !errors.isEmpty()) {
            trouble =
                    "after " + String.join("; ", errors); // native code logs what it dies of, but not in its last line
        }
        return trouble.isEmpty() ? end : end + ", " + trouble;
    }

    /** Talks with the child until there is nothing more to say; tells what was wrong with that, if anything was. */
    private String converse(WorkerProcess child) throws InterruptedException {
        try (Connection connected = child.connect()) {
            connection = connected;
            if (isClosing()) {
                return ""; // close() may have looked before there was a child to be told
            }
            connected.post(new Command.Open(settings, logLevel()));
            WorkerClient calls = new WorkerClient(connected);
            LifeSigns signs = new LifeSigns(options.patience(), System::nanoTime);
            connected.run(frame -> receive(frame, calls, signs), () -> {
                calls.tick();
                signs.look(calls, isClosing());
            });
            return "";
        } catch (NotAnswering e) {
            LOG.error("worker {} is hung and is killed: {}", child.pid(), e.getMessage());
            lose("process %d is hung: %s".formatted(child.pid(), e.getMessage()));
            return requireNonNull(e.getMessage());
        } catch (BrokenFrame e) {
            LOG.error("worker {} sent a broken frame", child.pid(), e);
            return "it sent a broken frame: " + e.getMessage();
        } catch (IOException e) {
            LOG.debug("the connection to worker {} broke", child.pid(), e);
            return ""; // why the process ended says more
        }
    }

    private void receive(Frame frame, WorkerClient calls, LifeSigns signs) throws IOException {
        if (!(frame instanceof Report report)) {
            throw new BrokenFrame("a server is sent reports, not " + frame.getClass());
        }
        signs.saw(report);
        switch (report) {
            case Report.Progress(int percent) -> {
                if (status.status() instanceof EngineStatus.Loading) {
                    status.set(new EngineStatus.Loading(percent));
                }
            }
            case Report.Loaded(ModelInfo loaded) -> {
                model = loaded;
                ready = Optional.of(clock.instant());
                lastLoad = Duration.between(started, clock.instant());
                if (loaded.computesOnCpu()) {
                    calls.share(cores, settings.threads());
                }
                lost.ifPresent(when -> LOG.info(
                        "the worker of {} is ready again after {}, {} requests wait for it",
                        settings.model().getFileName(),
                        Duration.between(when, clock.instant()),
                        waiting.get()));
                lost = Optional.empty();
                client = calls;
                status.set(new EngineStatus.Ready(0, 0));
            }
            case Report.Failed(String reason) -> {
                failure = Optional.of(reason);
                throw new IOException(reason); // ends the connection, and with it the worker
            }
            case Report.Answer answer -> calls.answer(answer);
            case Report.Step step -> {
                status.set(new EngineStatus.Ready(step.running(), step.waiting(), step.kvUsage(), step.preemptions()));
                calls.step(step);
            }
            case Report.Vectors vectors -> calls.vectors(vectors);
            case Report.Caches(CacheUse kept) -> caches = kept;
            case Report.Beat _, Report.Closed _ -> {}
            case Report.Log(Level level, String logger, String message) -> {
                LoggerFactory.getLogger(logger).atLevel(level).log(message);
                if (level == Level.ERROR) {
                    errors.add(message.strip());
                    if (errors.size() > ERRORS_KEPT) {
                        errors.remove();
                    }
                }
            }
        }
    }

    /** Ends what is under way in a worker that hangs; nobody has to wait until it is killed. */
    private void lose(String reason) {
        if (model != null) {
            status.set(new EngineStatus.Restarting(reason, longer(lastLoad, LEAST_RETRY)));
        }
        endCalls(reason);
    }

    private void endCalls(String reason) {
        WorkerClient lost = client;
        client = null;
        if (lost != null) { // after the status, so that whoever sees the failure sees it too
            Supplier<EngineException> cause =
                    isClosing() ? Supervisor::closed : () -> new EngineException.Restarted(restarting(reason));
            lost.end(cause);
        }
    }

    /** Takes note of a death, ends what was under way, and says how long to pause; empty if there is no next child. */
    private Optional<Duration> bury(String end) {
        String reason = failure.orElse(end);
        connection = null;
        process = null;
        CrashReports.tidy(options.crashFolder());
        Optional<Duration> pause = pause();
        pause.ifPresent(_ -> restarted.incrementAndGet());
        lost = lost.or(() -> ready.isPresent() ? Optional.of(clock.instant()) : Optional.empty());
        status.set(pause.<EngineStatus>map(
                        p -> new EngineStatus.Restarting(reason, longer(p.plus(lastLoad), LEAST_RETRY)))
                .orElseGet(() -> new EngineStatus.Failed(reason)));
        if (isClosing()) {
            LOG.debug("worker closed: {}", end);
        } else if (pause.isPresent()) {
            LOG.warn("the worker of {} ended, next in {}: {}", settings.model().getFileName(), pause.get(), reason);
        } else {
            LOG.error("the worker of {} can't load it: {}", settings.model().getFileName(), reason);
        }
        endCalls(reason);
        return pause;
    }

    /** A model that can't be loaded at first never can; later it is most likely memory that others hold for a while. */
    private Optional<Duration> pause() {
        if (isClosing() || (model == null && failure.isPresent())) {
            return Optional.empty();
        }
        return ready.isPresent()
                ? Optional.of(restarts.afterService(Duration.between(ready.get(), clock.instant())))
                : restarts.afterLoading();
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    private static String restarting(String reason) {
        return "the model is being restarted: " + reason;
    }

    private static EngineException closed() {
        return refused("the model is shut down", LEAST_RETRY);
    }

    private static EngineException refused(String reason, Duration retryAfter) {
        return new EngineException.Refused(new Refusal.NotReady(reason, retryAfter));
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    /** What this process would log of a worker; the worker need not send more. */
    private static Level logLevel() {
        Logger engine = LoggerFactory.getLogger("dev.gufo.engine");
        Level lowest = Level.ERROR;
        for (Level level : Level.values()) { // from ERROR down to TRACE
            lowest = engine.isEnabledForLevel(level) ? level : lowest;
        }
        return lowest;
    }
}
