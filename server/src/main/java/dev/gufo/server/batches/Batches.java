package dev.gufo.server.batches;

import dev.gufo.server.access.Caller;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.Session;
import dev.gufo.server.error.ApiError;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.ErrorResponses;
import dev.gufo.server.error.Problem;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.files.FileStore;
import dev.gufo.server.files.StoredFile;
import dev.gufo.server.threads.LastWords;
import dev.gufo.server.threads.Periodic;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All batches of a server: those that come, and those that servers which died have left. Safe for any thread; one
 * thread looks how they stand in the database.
 */
public final class Batches {
    private static final Logger LOG = LoggerFactory.getLogger(Batches.class);
    /** How long a stop waits for lines to be put down. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private static final Duration LOOK = Duration.ofMillis(500);

    /** Of so many looks one is for what nobody works at: servers take half a minute to be found dead. */
    private static final int LOOKS_FOR_LEFT = 20;

    private final Exchanges exchanges;
    private final FileStore files;
    private final Database database;
    private final ErrorResponses errors;
    private final Function<String, Optional<Caller>> callers;
    private final BatchEndpoints endpoints;
    private final Settings settings;
    private final InstantSource clock;
    private final Supplier<RandomGenerator> random;
    private final Share share;
    private final BatchMeters meters;
    private final long server;
    private final long mostLineBytes;
    private final ReentrantLock validating = new ReentrantLock();
    private final Map<String, BatchRun> running = new ConcurrentHashMap<>();
    private int looks; // of the thread that looks
    private volatile boolean stopped;

    /**
     * How batches are run.
     *
     * @param share of a model's sequences that lines may take, up to 1; at least one is taken, unless it is 0
     * @param hours in which it is 1
     * @param retention how long batches are kept; zero for ever
     */
    public record Settings(double share, Optional<BatchHours> hours, Duration retention) {}

    private Batches(
            Exchanges exchanges,
            FileStore files,
            ErrorResponses errors,
            Function<String, Optional<Caller>> callers,
            BatchEndpoints endpoints,
            Settings settings,
            long mostLineBytes,
            InstantSource clock,
            Supplier<RandomGenerator> random) {
        this.random = random;
        this.exchanges = exchanges;
        this.files = files;
        this.database = files.database();
        this.errors = errors;
        this.callers = callers;
        this.endpoints = endpoints;
        this.settings = settings;
        this.mostLineBytes = mostLineBytes;
        this.clock = clock;
        this.share = new Share(
                settings.share(), settings.hours(), () -> LocalTime.ofInstant(clock.instant(), ZoneId.systemDefault()));
        this.server = exchanges.accounting().server();
        this.meters = new BatchMeters(exchanges.accounting().metrics(), running::size);
    }

    /**
     * Goes on with what earlier servers have left, and takes more, until the server is being stopped.
     *
     * @param callers finds a caller by its id, if its key is still good
     * @param endpoints that lines may name
     * @param mostLineBytes largest line
     * @param random makes ids
     */
    public static Batches start(
            Exchanges exchanges,
            FileStore files,
            ErrorResponses errors,
            Function<String, Optional<Caller>> callers,
            BatchEndpoints endpoints,
            Settings settings,
            long mostLineBytes,
            InstantSource clock,
            Supplier<RandomGenerator> random) {
        var batches = new Batches(exchanges, files, errors, callers, endpoints, settings, mostLineBytes, clock, random);
        Periodic finder = Periodic.start("batches", LOOK, batches::look);
        exchanges.inFlight().onDrain(() -> {
            batches.stopped = true;
            batches.share.look();
            finder.close();
            batches.interrupt();
        });
        return batches;
    }

    private void interrupt() {
        LastWords.of(running.values().stream().map(BatchRun::thread).toList(), LAST_WORDS);
    }

    /** Takes a batch; it is in the database when this returns, and its input stays until it has ended. */
    void take(Batch batch) {
        database.write(session -> {
            BatchTable.insert(session, batch, server);
            return FileStore.hold(session, batch.inputFile());
        });
        start(batch, true);
    }

    /** @param anew whether no line of it can have been begun before */
    private void start(Batch batch, boolean anew) {
        var run = new BatchRun(this, batch, anew);
        if (!stopped && running.putIfAbsent(batch.id(), run) == null) {
            run.thread().start();
        }
    }

    /** Nothing more is done at a batch for now. */
    void ended(BatchRun run, String id) {
        running.remove(id, run);
    }

    private void look() {
        boolean all = looks++ % LOOKS_FOR_LEFT == 0;
        if (all || !running.isEmpty()) {
            lookAtOwn();
        }
        if (all) {
            takeUpLeft();
            if (!settings.retention().isZero()) {
                long oldest = clock.millis() - settings.retention().toMillis();
                database.write(session -> BatchTable.deleteOlder(session, oldest));
            }
        }
    }

    /** Those of this server: cancelled meanwhile, gone to another server, or stopped because the database failed. */
    private void lookAtOwn() {
        Map<String, Batch> own = database.read(session -> BatchTable.unfinished(session, server, true)).stream()
                .collect(Collectors.toMap(Batch::id, Function.identity()));
        running.forEach((id, run) -> {
            Batch now = own.get(id);
            if (now != null) {
                run.look(now);
            } else if (find(id).filter(batch -> batch.status().ended()).isEmpty()) {
                run.lose();
            }
        });
        own.values().stream().filter(batch -> !running.containsKey(batch.id())).forEach(batch -> start(batch, false));
    }

    /** Those of servers that have died, of which this server has the input. */
    private void takeUpLeft() {
        for (Batch batch : database.read(session -> BatchTable.unfinished(session, server, false))) {
            boolean taken = !stopped
                    && files.has(batch.inputFile())
                    && database.write(session -> BatchTable.take(session, batch.id(), server));
            if (taken) {
                LOG.info("{} goes on here, its server has died or was stopped", batch.id());
                own(batch.id()).ifPresent(own -> start(own, false));
            }
        }
    }

    /**
     * Cancels a batch that was found.
     *
     * @return as it is then; empty if it has ended, or is about to
     */
    Optional<Batch> cancel(String id) {
        boolean cancelled = database.write(session -> {
            long now = clock.millis();
            return BatchTable.move(session, id, BatchStatus.VALIDATING, BatchStatus.CANCELLING, now)
                    || BatchTable.move(session, id, BatchStatus.IN_PROGRESS, BatchStatus.CANCELLING, now);
        });
        Optional<Batch> batch = find(id);
        BatchRun run = running.get(id);
        if (cancelled && run != null) {
            batch.ifPresent(run::look);
        }
        return batch.filter(now -> now.status() == BatchStatus.CANCELLING || now.status() == BatchStatus.CANCELLED);
    }

    /**
     * Deletes a batch that was found, with its files.
     *
     * @return false if it has not ended
     */
    boolean delete(Batch batch) {
        boolean deleted = database.write(session -> BatchTable.delete(session, batch.id()));
        if (deleted) {
            Stream.concat(Stream.of(batch.inputFile()), batch.results().stream())
                    .forEach(files::deleteIfUnused);
        }
        return deleted;
    }

    /** A batch, whose ever it is. */
    Optional<Batch> find(String id) {
        return database.read(session -> BatchTable.find(session, id));
    }

    /** @param prefix tells through which API it was made */
    String newId(String prefix) {
        RandomGenerator generator = random.get();
        HexFormat hex = HexFormat.of();
        return prefix + hex.toHexDigits(generator.nextLong()) + hex.toHexDigits(generator.nextLong());
    }

    /** A batch that is this server's and has not ended. */
    Optional<Batch> own(String id) {
        return database.read(session -> BatchTable.unfinished(session, server, true)).stream()
                .filter(batch -> batch.id().equals(id))
                .findFirst();
    }

    /**
     * Writes, if the batch is still this server's.
     *
     * @return what the work returns; false if it is not
     */
    boolean write(String id, Database.Work<Boolean> work) {
        return database.write(session -> held(session, id) && work.run(session));
    }

    private boolean held(Session session, String id) throws SQLException {
        return BatchTable.hold(session, id, server);
    }

    /**
     * The requests of a batch; to be closed.
     *
     * @throws ApiException if they are not here, or not what they were
     */
    FileChannel input(Batch batch) throws IOException {
        StoredFile file = files.find(batch.inputFile())
                .orElseThrow(() -> new ApiException(new Problem.FileNotFound(batch.inputFile())));
        return files.channel(file);
    }

    BatchEndpoint endpoint(String path) {
        return endpoints
                .of(path)
                .orElseThrow(() -> new AssertionError("a batch was taken for an endpoint that there is not: " + path));
    }

    /** Whose lines these are; empty if the key can't be used any more. */
    Optional<Caller> caller(String key) {
        return callers.apply(key);
    }

    ApiError error(Throwable failure, String id) {
        return errors.of(failure, id);
    }

    /** What lines are answered with. */
    LineRun.Work work() {
        return new LineRun.Work(exchanges, errors, clock);
    }

    BatchEndpoints endpoints() {
        return endpoints;
    }

    boolean stopped() {
        return stopped;
    }

    FileStore files() {
        return files;
    }

    Database database() {
        return database;
    }

    Exchanges exchanges() {
        return exchanges;
    }

    InstantSource clock() {
        return clock;
    }

    BatchMeters meters() {
        return meters;
    }

    Share share() {
        return share;
    }

    ReentrantLock validating() {
        return validating;
    }

    long mostLineBytes() {
        return mostLineBytes;
    }
}
