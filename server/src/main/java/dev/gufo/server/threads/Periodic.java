package dev.gufo.server.threads;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Something that is done again and again on a daemon thread of its own. Whatever a turn throws is logged, and the next
 * turn comes all the same: a scheduled executor alone would drop the task without a word.
 */
public final class Periodic implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Periodic.class);

    private final String name;
    private final Runnable turn;
    private final ScheduledExecutorService thread;

    private Periodic(String name, Runnable turn) {
        this.name = name;
        this.turn = turn;
        this.thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name(name).factory());
    }

    /**
     * Begins after the first pause.
     *
     * @param name the thread's
     * @param pause from the end of a turn to the next one, and before the first; at least 1 ms
     */
    public static Periodic start(String name, Duration pause, Runnable turn) {
        var periodic = new Periodic(name, turn);
        Future<?> _ = periodic.thread.scheduleWithFixedDelay(
                periodic::guarded, pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
        return periodic;
    }

    private void guarded() {
        try {
            turn.run();
        } catch (RuntimeException | Error e) {
            LOG.error("a turn of the thread '{}' failed, the next one comes", name, e);
        }
    }

    /** Lets no further turn begin, and waits for the one under way. */
    @Override
    public void close() {
        thread.close();
    }
}
