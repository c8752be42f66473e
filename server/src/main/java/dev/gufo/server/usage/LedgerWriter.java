package dev.gufo.server.usage;

import dev.gufo.server.database.Database;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.database.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Group commit: while one commit is under way, what requests have to say gathers, and goes into the next. One thread,
 * the writer's, runs {@link #run}; others only put something into the queue.
 *
 * <p>Invariant: an entry holds a place from before it enters the queue until its settlement is committed. So the queue
 * needs no bound of its own: no entry is in it more than twice.
 */
final class LedgerWriter implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerWriter.class);

    private static final int MOST_AT_ONCE = 1_024;
    private static final int DELETED_AT_ONCE = 500;
    /**
     * The least from one commit to the next. A lone request waits for nothing; under load more requests share a commit,
     * and each commit writes whole pages.
     */
    private static final Duration GATHERING = Duration.ofMillis(1);

    private static final Duration HEARTBEAT = Duration.ofSeconds(5);
    private static final Duration LOOK_FOR_OLD = Duration.ofMinutes(10);
    private static final Duration AFTER_DELETION = Duration.ofMillis(50);
    private static final Duration AFTER_FAILURE = Duration.ofMillis(200);
    /** How often a failure that goes on is logged. */
    private static final Duration LOG_AGAIN = Duration.ofSeconds(30);
    /** Of a turn, without its wait for something to do. Commits take milliseconds, and requests wait for them. */
    private static final Duration STUCK = Duration.ofSeconds(8);

    /** How often a last commit is tried again when the ledger is closed. */
    private static final int LAST_ATTEMPTS = 5;

    private final Database database;
    private final ServerRun run;
    private final Ledger.Settings settings;
    private final InstantSource clock;
    private final Semaphore places;
    private final LinkedBlockingQueue<Note> queue = new LinkedBlockingQueue<>();

    // The writer's thread alone.
    private final List<LedgerEntry> opened = new ArrayList<>(); // of the turn under way
    private final Set<LedgerEntry> running = new LinkedHashSet<>();
    private final List<LedgerEntry> unsettled = new ArrayList<>();
    private final Timer checkpoint;
    private final Timer heartbeat = new Timer(HEARTBEAT);
    private final Timer retention = new Timer(LOOK_FOR_OLD);
    private final Timer logAgain = new Timer(Duration.ZERO);
    private final BelievedClock believed;
    private long lastCommit = System.nanoTime() - GATHERING.toNanos();
    private boolean closing;

    // Written by the writer's thread, read by any.
    private volatile boolean ended;
    private volatile boolean failing; // since the last commit
    private volatile boolean working; // not waiting for something to do
    private volatile long turnBegan; // set before working

    /** What a thread has to say to the writer. */
    private sealed interface Note {
        record Opened(LedgerEntry entry) implements Note {}

        record Settled(LedgerEntry entry) implements Note {}

        record Close() implements Note {}
    }

    /** @throws DatabaseException if the database fails */
    LedgerWriter(Database database, ServerRun run, Ledger.Settings settings, InstantSource clock, Semaphore places) {
        this.database = database;
        this.run = run;
        this.settings = settings;
        this.clock = clock;
        this.places = places;
        this.checkpoint = new Timer(settings.checkpoint());
        this.believed = BelievedClock.of(database, clock.instant(), System.nanoTime());
        retention.restart(Duration.ZERO);
    }

    /** Why nothing can be accepted, one line for everyone; empty if nothing is wrong. Any thread. */
    Optional<String> trouble() {
        if (ended) {
            return Optional.of("the ledger is closed");
        }
        if (failing) {
            return Optional.of("the ledger can't be written, the server's log says why");
        }
        if (!working) {
            return Optional.empty();
        }
        Duration taken = Duration.ofNanos(System.nanoTime() - turnBegan);
        return taken.compareTo(STUCK) > 0
                ? Optional.of("a commit of the ledger has taken %d s so far".formatted(taken.toSeconds()))
                : Optional.empty();
    }

    /** Its row is to be written; {@link LedgerEntry#durable} tells when it is. Any thread. */
    void open(LedgerEntry entry) {
        queue.add(new Note.Opened(entry));
        if (ended) { // the writer may have looked for the last time
            refuseTheRest();
        }
    }

    /** Its settlement is to be written. Any thread. */
    void settle(LedgerEntry entry) {
        queue.add(new Note.Settled(entry));
    }

    /** Id of this start of the server. Any thread. */
    long server() {
        return run.id();
    }

    /** Ends {@link #run} when everything is written that is in the queue by now. Any thread. */
    void close() {
        queue.add(new Note.Close());
    }

    @Override
    public void run() {
        try {
            while (!closing) {
                commit();
                deleteOld();
                working = false;
            }
            settleTheRest();
            for (int i = 0; i < LAST_ATTEMPTS && !end(); i++) {
                Thread.sleep(AFTER_FAILURE);
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts the ledger", e);
        } finally {
            ended = true;
            refuseTheRest();
        }
    }

    /**
     * One commit: take what there is to say, write it, tell those who wait for it. Whatever goes wrong up to the commit
     * fails those who take part in it, and the next turn comes. After it nothing may: entries would be neither written
     * nor unwritten. So an exception there ends this thread, and with it the process.
     */
    private void commit() throws InterruptedException {
        List<LedgerTable.Checkpoint> behind;
        try {
            take();
            behind = checkpoint.isDue() ? behind() : List.of();
            List<LedgerTable.Checkpoint> counts = behind;
            boolean beat = heartbeat.isDue();
            if (!opened.isEmpty() || !unsettled.isEmpty() || !behind.isEmpty() || beat) {
                database.write(session -> {
                    write(session, counts, beat);
                    return true;
                });
                recovered();
            }
        } catch (RuntimeException | Error e) {
            failed(e);
            return;
        }
        try {
            written(behind);
        } catch (RuntimeException e) {
            throw new AssertionError("the ledger no longer knows what it has written", e);
        }
    }

    private void take() throws InterruptedException {
        var notes = new ArrayList<Note>();
        Note first = queue.poll(patience(), TimeUnit.NANOSECONDS);
        turnBegan = System.nanoTime();
        working = true;
        if (first != null) {
            notes.add(first);
            gather();
            queue.drainTo(notes, MOST_AT_ONCE);
        }
        for (Note note : notes) {
            switch (note) {
                case Note.Opened(LedgerEntry entry) -> opened.add(entry);
                case Note.Settled(LedgerEntry entry) -> unsettled.add(entry);
                case Note.Close() -> closing = true;
            }
        }
    }

    /** Lets others come along if the last commit was only just now. */
    private void gather() {
        for (long left = lastCommit + GATHERING.toNanos() - System.nanoTime(); left > 0; ) {
            LockSupport.parkNanos(left);
            left = lastCommit + GATHERING.toNanos() - System.nanoTime();
        }
        lastCommit = System.nanoTime();
    }

    /** How long there is nothing to do if nothing comes, in nanoseconds. */
    private long patience() {
        long until = Math.min(heartbeat.left(), retention.left());
        return Math.max(0, running.isEmpty() ? until : Math.min(until, checkpoint.left()));
    }

    /** Entries whose rows know less than has been delivered. */
    private List<LedgerTable.Checkpoint> behind() {
        checkpoint.restart();
        return running.stream()
                .filter(LedgerEntry::isAheadOfItsRow)
                .map(entry -> new LedgerTable.Checkpoint(entry, entry.counts()))
                .toList();
    }

    private void write(Session session, List<LedgerTable.Checkpoint> behind, boolean beat) throws SQLException {
        LedgerTable.insert(session, run.id(), opened);
        LedgerTable.checkpoint(session, run.id(), behind);
        LedgerTable.settle(session, run.id(), unsettled);
        if (beat) {
            int left = run.beat(session);
            if (left > 0) {
                LOG.warn("{} requests of another server that died were settled with what they had got", left);
            }
            heartbeat.restart();
        }
    }

    private void written(List<LedgerTable.Checkpoint> behind) {
        running.addAll(opened);
        opened.forEach(entry -> entry.durable.complete(null));
        opened.clear();
        behind.forEach(each -> each.entry().written(each.counts()));
        unsettled.forEach(running::remove);
        places.release(unsettled.size());
        unsettled.clear();
    }

    /**
     * Nothing of it is in the database, as far as one knows: a commit may have arrived although its answer did not. So
     * those who opened are refused, and their rows settled in case they are there. Settlements are tried again.
     */
    private void failed(Throwable e) throws InterruptedException {
        if (!failing || logAgain.isDue()) {
            LOG.error("the ledger can't be written, {} settlements wait: {}", unsettled.size(), said(e));
            logAgain.restart(LOG_AGAIN);
        }
        failing = true;
        LOG.debug("the ledger can't be written", e);
        opened.forEach(entry -> {
            entry.durable.completeExceptionally(e);
            entry.abandon();
        });
        opened.clear();
        Thread.sleep(AFTER_FAILURE);
    }

    private void recovered() {
        if (failing) {
            LOG.info("the ledger is written again");
            failing = false;
        }
    }

    private static String said(Throwable e) {
        return e instanceof DatabaseException ? String.valueOf(e.getMessage()) : e.toString();
    }

    /** A small batch of what is too old; the next one comes when requests have had their turn. */
    private void deleteOld() {
        if (!retention.isDue()) {
            return;
        }
        retention.restart();
        if (settings.retention().isZero()) {
            return;
        }
        try {
            Optional<Instant> now = believed.look(clock.instant(), System.nanoTime());
            if (now.isEmpty()) {
                return;
            }
            Instant before = now.get().minus(settings.retention());
            int deleted = database.write(session -> {
                believed.keep(session);
                return LedgerTable.deleteSome(session, before, DELETED_AT_ONCE);
            });
            if (deleted == DELETED_AT_ONCE) {
                retention.restart(AFTER_DELETION);
            }
        } catch (RuntimeException | Error e) {
            LOG.warn("old rows of the ledger can't be deleted: {}", said(e));
        }
    }

    /**
     * Ends requests whose threads have not ended by now, with what was delivered: nothing is left that could settle
     * them later.
     */
    private void settleTheRest() {
        running.forEach(LedgerEntry::cutOff);
        var closed = new DatabaseException("the ledger is closed");
        for (Note note = queue.poll(); note != null; note = queue.poll()) {
            switch (note) {
                case Note.Opened(LedgerEntry entry) -> entry.durable.completeExceptionally(closed);
                case Note.Settled(LedgerEntry entry) -> unsettled.add(entry);
                case Note.Close() -> {}
            }
        }
    }

    /** The last commit; whether it went well. */
    private boolean end() {
        try {
            database.write(session -> {
                LedgerTable.settle(session, run.id(), unsettled);
                if (running.size() == unsettled.size()) {
                    run.end(session);
                }
                return true;
            });
            written(List.of());
            return true;
        } catch (RuntimeException e) {
            LOG.error("{} settlements can't be written: {}", unsettled.size(), said(e));
            return false;
        }
    }

    /** Ends all waits; any thread. */
    private void refuseTheRest() {
        var closed = new DatabaseException("the ledger is closed");
        for (Note note = queue.poll(); note != null; note = queue.poll()) {
            if (note instanceof Note.Opened(LedgerEntry entry)) {
                entry.durable.completeExceptionally(closed);
            }
        }
    }

    /** When something is to be done next. */
    private static final class Timer {
        private final Duration interval;
        private long due;

        Timer(Duration interval) {
            this.interval = interval;
            restart();
        }

        boolean isDue() {
            return left() <= 0;
        }

        long left() {
            return due - System.nanoTime();
        }

        void restart() {
            restart(interval);
        }

        void restart(Duration in) {
            due = System.nanoTime() + in.toNanos();
        }
    }
}
