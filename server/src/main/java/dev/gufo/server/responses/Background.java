package dev.gufo.server.responses;

import dev.gufo.engine.EngineException;
import dev.gufo.server.access.Caller;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.error.ApiError;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.ErrorResponses;
import dev.gufo.server.error.Problem;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.responses.JobTable.Bundle;
import dev.gufo.server.responses.JobTable.Job;
import dev.gufo.server.threads.LastWords;
import dev.gufo.server.threads.Periodic;
import dev.gufo.server.usage.Ledger;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Responses that are made while nobody waits for them. Each is a row of the database until it has ended, so what a
 * server has not ended when it dies another one computes anew. Each is computed on a thread of its own; one thread puts
 * their events into the database, another looks for what died servers have left. Safe for any thread.
 */
public final class Background {
    private static final Logger LOG = LoggerFactory.getLogger(Background.class);
    private static final Duration BUNDLE = Duration.ofMillis(100);
    /** How long a stop waits for responses to be put down. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private static final Duration LOOK = Duration.ofSeconds(1);

    /** Of so many looks one is for what nobody computes: servers take half a minute to be found dead. */
    private static final int LOOKS_FOR_LEFT = 10;

    private static final Duration TRY_AGAIN = Duration.ofSeconds(1);

    /** How long one tries again what only is not possible now. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /** With so many workers lost, a response is not computed anew: it may be what kills them. */
    private static final int MOST_LOST = 3;

    /** How many servers may die while they make a response: it may be what kills them. */
    private static final int MOST_SERVERS = 3;

    private static final int TOO_MANY_REQUESTS = 429;
    private static final int UNAVAILABLE = 503;

    private final Exchanges exchanges;
    private final ResponseMaking making;
    private final ErrorResponses errors;
    private final Database database;
    private final Function<String, Optional<Caller>> callers;
    private final long server;
    private final Map<String, Running> running = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition written = lock.newCondition();
    private long writes; // behind lock
    private int looks; // of the thread that looks
    private volatile boolean stopped;

    /** @param keeping held while events of the job go to the database */
    private record Running(BackgroundJob job, Thread thread, ReentrantLock keeping) {}

    private Background(
            Exchanges exchanges,
            ResponseMaking making,
            ErrorResponses errors,
            Database database,
            Function<String, Optional<Caller>> callers) {
        this.exchanges = exchanges;
        this.making = making;
        this.errors = errors;
        this.database = database;
        this.callers = callers;
        this.server = exchanges.accounting().server();
    }

    /**
     * Goes on with what earlier servers have left, and takes more, until the server is being stopped.
     *
     * @param callers finds a caller by its id, if its key is still good
     */
    static Background start(
            Exchanges exchanges,
            ResponseMaking making,
            ErrorResponses errors,
            Database database,
            Function<String, Optional<Caller>> callers) {
        var background = new Background(exchanges, making, errors, database, callers);
        Periodic keeper = Periodic.start("responses-events", BUNDLE, background::keepEvents);
        Periodic finder = Periodic.start("responses-left", LOOK, background::look);
        exchanges.inFlight().onDrain(() -> {
            background.stopped = true;
            finder.close();
            background.interrupt();
            keeper.close();
        });
        return background;
    }

    private void interrupt() {
        LastWords.of(running.values().stream().map(Running::thread).toList(), LAST_WORDS);
    }

    Exchanges exchanges() {
        return exchanges;
    }

    ResponseMaking making() {
        return making;
    }

    /**
     * Takes a response to be made; it is in the database when this returns.
     *
     * @param queued the response as it is now
     * @param events those of its beginning
     */
    void take(StoredResponse queued, Job job, Bundle events) {
        database.write(session -> {
            ResponseTable.insert(session, queued);
            JobTable.insert(session, job, server, events);
            return job.id();
        });
        start(job, events.last() + 1, 1);
    }

    private void start(Job job, long next, int servers) {
        var made = new BackgroundJob(this, job, next, servers);
        Thread thread = Thread.ofVirtual().name("background-" + job.id()).unstarted(() -> run(made, job));
        if (running.putIfAbsent(job.id(), new Running(made, thread, new ReentrantLock())) == null) {
            thread.start();
        }
    }

    /**
     * What nobody computes is looked for at the start and then now and then; what this server has, as long as it does.
     */
    private void look() {
        boolean all = looks++ % LOOKS_FOR_LEFT == 0;
        if (all || !running.isEmpty()) {
            takeUpOwn();
        }
        if (all) {
            takeUpLeft();
        }
    }

    /** Those of this server that it has lost hold of because the database failed. What others have ended ends here. */
    private void takeUpOwn() {
        List<Job> own = database.read(session -> JobTable.jobs(session, server, true));
        Set<String> ids = own.stream().map(Job::id).collect(Collectors.toSet());
        running.forEach((id, each) -> {
            if (!ids.contains(id) && each.thread().isAlive() && !isThere(id)) {
                each.job().log().end();
            }
        });
        for (Job job : own) {
            if (!running.containsKey(job.id()) && !stopped) {
                goOn(job, false);
            }
        }
    }

    /** Those of servers that have died. */
    private void takeUpLeft() {
        for (Job job : database.read(session -> JobTable.jobs(session, server, false))) {
            boolean taken = !stopped && database.write(session -> JobTable.take(session, job.id(), server));
            if (taken) {
                LOG.info("{} is computed anew, its server has died or was stopped", job.id());
                goOn(job, true);
            }
        }
    }

    private boolean isThere(String id) {
        return database.read(session -> JobTable.exists(session, id));
    }

    /** @param anew whether it was another server's before */
    private void goOn(Job job, boolean anew) {
        record Place(long next, int servers) {}
        Optional<Place> place = database.write(session -> {
            if (!JobTable.hold(session, job.id(), server)) {
                return Optional.empty(); // it has ended meanwhile
            }
            Ledger.forget(session, job.key(), job.id());
            int servers = anew ? JobTable.begin(session, job.id()) : 1;
            return Optional.of(new Place(JobTable.next(session, job.id()), servers));
        });
        place.ifPresent(there -> start(job, there.next(), there.servers()));
    }

    private void run(BackgroundJob made, Job job) {
        try {
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (!stopped && !made.log().ended() && !ended(made, job, System.nanoTime() - end < 0)) {
                made.log().awaitEnd(TRY_AGAIN);
                database.write(session -> Ledger.forget(session, job.key(), job.id()));
            }
        } catch (InterruptedException e) {
            putDown(job);
        } catch (IOException e) {
            LOG.debug("{} is not wanted any more", job.id(), e);
        } catch (DatabaseException e) {
            LOG.warn("{} is computed anew, because the database failed: {}", job.id(), e.getMessage());
        } finally {
            running.remove(job.id());
            tellWritten();
        }
    }

    /** The server is being stopped, and the next one goes on. */
    private void putDown(Job job) {
        LOG.debug("{} waits for the next server", job.id());
        try {
            database.write(session -> {
                JobTable.leave(session, job.id(), server);
                return job.id();
            });
        } catch (DatabaseException e) {
            LOG.debug("{}: this server counts as one that died with it", job.id(), e);
        }
    }

    /** @return false if it is worth another try */
    private boolean ended(BackgroundJob made, Job job, boolean patient) throws IOException, InterruptedException {
        Optional<BackgroundJob.End> end;
        try {
            if (made.servers() > MOST_SERVERS) {
                throw new ApiException(new Problem.GivenUp(MOST_SERVERS));
            }
            Caller caller = callers.apply(job.key())
                    .orElseThrow(() -> new ApiException(
                            new Problem.UnusableApiKey("The API key of this response can't be used any more.")));
            end = made.attempt(caller);
        } catch (DatabaseException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            if (stopped) {
                throw new InterruptedException("the server is being stopped");
            }
            ApiError error = errors.of(e, job.id());
            boolean lost = e instanceof EngineException.Restarted restarted && made.lost(restarted.lost()) < MOST_LOST;
            boolean later = lost
                    || (error.status() == UNAVAILABLE && !(e instanceof EngineException.Restarted))
                    || (error.status() == TOO_MANY_REQUESTS && !error.code().equals("insufficient_quota"));
            if (later && patient) {
                LOG.debug("{} is tried again: {}", job.id(), error.code());
                return false;
            }
            String body = database.read(session -> JobTable.body(session, job.id()))
                    .orElseThrow(() -> new IOException("the response was deleted"));
            end = made.failed(error, body);
        }
        if (end.isPresent()) {
            finish(made, job, end.get());
        }
        return true;
    }

    private void finish(BackgroundJob made, Job job, BackgroundJob.End end) {
        Running own = running.get(job.id());
        if (own == null) {
            throw new AssertionError("a job is there as long as it runs");
        }
        own.keeping().lock();
        try {
            database.write(session -> {
                boolean mine = JobTable.hold(session, job.id(), server);
                if (mine) {
                    Optional<Bundle> last = made.log().bundle();
                    if (last.isPresent()) {
                        JobTable.append(session, job.id(), last.get());
                    }
                    JobTable.end(session, job.id());
                    JobTable.finish(session, job.id(), job.key(), end.body(), end.output());
                    if (end.conversation().isPresent()) {
                        List<StoredResponse.Item> items = ResponseTable.input(session, job.id(), job.key());
                        ConversationTable.append(
                                session,
                                end.conversation().get(),
                                job.key(),
                                making.answers().clock().millis(),
                                Stream.concat(items.stream(), end.output().stream())
                                        .toList());
                    }
                }
                return mine;
            });
            made.log().end();
        } finally {
            own.keeping().unlock();
        }
    }

    /** The response is being computed. */
    void inProgress(BackgroundJob job, String body) throws IOException {
        boolean mine = database.write(session -> {
            boolean held = JobTable.hold(session, job.id(), server);
            if (held) {
                JobTable.update(session, job.id(), body);
            }
            return held;
        });
        if (!mine) {
            job.log().end();
            throw new IOException("the response is not this server's any more");
        }
    }

    private void keepEvents() {
        boolean any = false;
        for (Running each : running.values()) {
            any |= keepEvents(each);
        }
        if (any) {
            tellWritten();
        }
    }

    private boolean keepEvents(Running each) {
        each.keeping().lock();
        try {
            EventLog log = each.job().log();
            Optional<Bundle> bundle = log.ended() ? Optional.empty() : log.bundle();
            if (bundle.isEmpty()) {
                return false;
            }
            String id = each.job().id();
            boolean mine = database.write(session -> {
                boolean held = JobTable.hold(session, id, server);
                if (held) {
                    JobTable.append(session, id, bundle.get());
                }
                return held;
            });
            if (mine) {
                log.kept(bundle.get());
            } else {
                log.end();
            }
            return true;
        } finally {
            each.keeping().unlock();
        }
    }

    private void tellWritten() {
        lock.lock();
        try {
            writes++;
            written.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until there may be more events, or for so long: another server may have written them. */
    void awaitWritten(Duration most) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long before = writes;
            long left = most.toNanos();
            while (writes == before && left > 0) {
                left = written.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether a response is still to be made, by any server. */
    boolean unfinished(String id) {
        return database.read(session -> JobTable.exists(session, id));
    }

    /** Some of a response's events behind a number. */
    List<Bundle> events(String id, long after, int most) {
        return database.read(session -> JobTable.events(session, id, after, most));
    }

    /**
     * Cancels a response; its caller was checked.
     *
     * @return its JSON; empty if it has ended before
     */
    Optional<String> cancel(String id) {
        Optional<String> cancelled = database.write(session -> {
            Optional<String> body = JobTable.end(session, id) ? JobTable.body(session, id) : Optional.empty();
            if (body.isEmpty()) {
                return body;
            }
            long next = JobTable.next(session, id);
            var event = new JsonBytes();
            BackgroundJob.End end = BackgroundJob.cancelled(body.get(), new EventWriter(next), event);
            JobTable.append(session, id, new Bundle(next, next, event.toString()));
            JobTable.update(session, id, end.body());
            return Optional.of(end.body());
        });
        drop(id);
        return cancelled;
    }

    /** Computes no further at a response that is gone. */
    void drop(String id) {
        Running there = running.get(id);
        if (there != null) {
            there.job().log().end();
        }
        tellWritten();
    }
}
