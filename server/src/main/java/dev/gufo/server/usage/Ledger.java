package dev.gufo.server.usage;

import dev.gufo.server.database.Database;
import dev.gufo.server.database.Session;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ledger: every accepted request has exactly one row, whatever ends it. The row is there before the request starts,
 * and is settled when it ends; in between its counts are written at least once a second, so that even after {@code kill
 * -9} of this process the next one can settle it with what was delivered.
 *
 * <p>Requests do not write themselves: one thread commits what all of them have to say at that moment. So many requests
 * share a commit, and none waits for another's. What is not written yet is bounded: when there is too much of it,
 * {@link #open} waits.
 *
 * <p>Safe for any thread.
 */
public final class Ledger implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final List<RequestObserver> observers;
    private final Semaphore places;
    private final AtomicLong lastNumber = new AtomicLong();
    private final LedgerWriter writer;
    private final Thread thread;

    /**
     * How the ledger is kept.
     *
     * @param retention settled rows that are older are deleted, at least an hour; zero keeps them for ever
     * @param checkpoint how often the counts of running requests are written, 1 ms to 1 s
     * @param places accepted requests whose settlement is not written yet, at most
     */
    public record Settings(Duration retention, Duration checkpoint, int places) {
        public static final Duration DEFAULT_RETENTION = Duration.ofDays(90);
        private static final Duration SHORTEST_RETENTION = Duration.ofHours(1);
        public static final Settings DEFAULT = new Settings(DEFAULT_RETENTION, Duration.ofMillis(500), 16_384);

        public Settings {
            boolean seconds = !retention.isZero() && retention.compareTo(SHORTEST_RETENTION) < 0;
            if (retention.isNegative() || seconds) { // a plain number is seconds, and may be meant as days
                throw new IllegalArgumentException(
                        "--usage-retention must be 0 or at least 1h, is %ss; days are written 90d"
                                .formatted(retention.toSeconds()));
            }
            if (checkpoint.toMillis() < 1 || checkpoint.compareTo(Duration.ofSeconds(1)) > 0) {
                throw new IllegalArgumentException("a checkpoint must come every 1 ms to 1 s, is " + checkpoint);
            }
            if (places < 1) {
                throw new IllegalArgumentException("there must be a place, are " + places);
            }
        }

        /** The same with another retention. */
        public Settings retaining(Duration newRetention) {
            return new Settings(newRetention, checkpoint, places);
        }
    }

    private Ledger(List<RequestObserver> observers, Semaphore places, LedgerWriter writer, Thread thread) {
        this.observers = observers;
        this.places = places;
        this.writer = writer;
        this.thread = thread;
    }

    /**
     * Settles what dead servers left open, and is ready to take requests when it returns.
     *
     * @param database stays open longer than the ledger
     * @param clock for what is too old
     * @param observers hear of all requests
     * @throws dev.gufo.server.database.DatabaseException if the database fails
     */
    public static Ledger start(
            Database database, Settings settings, InstantSource clock, List<RequestObserver> observers) {
        return start(database, settings, clock, observers, ServerRun.ofThisProcess());
    }

    static Ledger start(
            Database database, Settings settings, InstantSource clock, List<RequestObserver> observers, ServerRun run) {
        int left = run.begin(database);
        if (left > 0) {
            LOG.warn("{} requests of a server that ended without a word were settled with what they had got", left);
        }
        var places = new Semaphore(settings.places());
        var writer = new LedgerWriter(database, run, settings, clock, places);
        Thread thread = Thread.ofPlatform().name("ledger").start(writer);
        return new Ledger(List.copyOf(observers), places, writer, thread);
    }

    /**
     * Accepts a request: returns when its row is committed, so that nothing that is done for it afterwards can go
     * unaccounted. Blocks for the commit that it shares with others, and for a place if there are too many requests
     * already.
     *
     * @return to be settled by the caller, whatever happens
     * @throws ApiException with {@link Problem.LedgerUnavailable} if the row can't be written; the request must not go
     *     on then
     * @throws InterruptedException if the thread was interrupted; a row that was written nevertheless gets settled
     */
    public LedgerEntry open(Intent intent) throws InterruptedException {
        long number = lastNumber.incrementAndGet();
        if (!places.tryAcquire(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
            LOG.error("the ledger is too many requests behind, and takes no more");
            throw unavailable();
        }
        var entry = new LedgerEntry(number, intent, observers, writer::settle);
        writer.open(entry);
        try {
            entry.durable.get();
            observers.forEach(observer -> observer.accepted(intent));
            return entry;
        } catch (ExecutionException failed) {
            LOG.debug("{}: not accepted", intent.requestId(), failed);
            throw unavailable();
        } catch (InterruptedException e) {
            entry.abandon();
            throw e;
        }
    }

    /** Id of this start of the server among all that share the database. */
    public long server() {
        return writer.server();
    }

    /**
     * Why no request can be accepted now, one line that names no path; empty if nothing is wrong. Never blocks; any
     * thread.
     */
    public Optional<String> trouble() {
        return writer.trouble();
    }

    private static ApiException unavailable() {
        return new ApiException(new Problem.LedgerUnavailable());
    }

    /**
     * Forgets the rows of a request that is about to be computed anew.
     *
     * @param requestId one that no other request has
     * @return how many there were
     */
    public static int forget(Session session, String keyId, String requestId) throws SQLException {
        return LedgerTable.delete(session, keyId, requestId);
    }

    /**
     * A request that was begun, and may be again.
     *
     * @param died whether its server died while it ran
     */
    public record Begun(String requestId, boolean died) {}

    /**
     * The requests of a key whose ids begin alike; of those that came earlier some may be missing.
     *
     * @param prefix of their ids
     */
    public static List<Begun> begun(Session session, String keyId, Instant since, String prefix) throws SQLException {
        return LedgerTable.begun(session, keyId, since, prefix);
    }

    /** Settles what is still open as failures, with what was delivered by now, writes all of it, and ends. */
    @Override
    public void close() {
        writer.close();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
