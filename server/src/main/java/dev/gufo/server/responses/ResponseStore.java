package dev.gufo.server.responses;

import dev.gufo.server.database.Database;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.database.Session;
import dev.gufo.server.threads.Periodic;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Responses that are kept for their callers. One thread writes, so that no answer waits for the database; whoever asks
 * for a response that is not written yet waits for that. Safe for any thread.
 */
public final class ResponseStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ResponseStore.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration LOOK_FOR_OLD = Duration.ofMinutes(1);
    private static final int DELETED_AT_ONCE = 100;

    /** Of responses that are not written yet. */
    private static final long MOST_WAITING_BYTES = 64L << 20;

    /** Responses that may go on with each other. */
    private static final int LONGEST_CHAIN = 2_000;

    /** Ends the writer; it has no id. */
    private static final StoredResponse LAST =
            new StoredResponse("", "", 0, Optional.empty(), Optional.empty(), "", List.of(), List.of());

    private final Database database;
    private final Settings settings;
    private final InstantSource clock;
    private final BlockingQueue<StoredResponse> queue = new LinkedBlockingQueue<>();
    /** By id, those that are not written yet. */
    private final Map<String, CountDownLatch> waiting = new ConcurrentHashMap<>();

    private final AtomicLong waitingBytes = new AtomicLong();
    private final Thread writer;
    private final Periodic sweeper;

    /**
     * How responses are kept.
     *
     * @param on whether at all
     * @param retention older ones are deleted, at least an hour; zero keeps them for ever
     * @param mostBytes of all together; beyond that the oldest are deleted
     */
    public record Settings(boolean on, Duration retention, long mostBytes) {
        private static final Duration SHORTEST = Duration.ofHours(1);
        public static final Settings DEFAULT = new Settings(true, Duration.ofDays(30), 1L << 30);

        public Settings {
            if (retention.isNegative() || (!retention.isZero() && retention.compareTo(SHORTEST) < 0)) {
                throw new IllegalArgumentException(
                        "--responses-retention must be 0 or at least 1h, is %ss; days are written 30d"
                                .formatted(retention.toSeconds()));
            }
        }
    }

    private ResponseStore(Database database, Settings settings, InstantSource clock) {
        this.database = database;
        this.settings = settings;
        this.clock = clock;
        this.writer = Thread.ofPlatform().daemon().name("responses").unstarted(this::write);
        this.sweeper = Periodic.start("responses-retention", LOOK_FOR_OLD, this::sweep);
    }

    /**
     * Begins to keep responses.
     *
     * @param database stays open longer than the store
     */
    public static ResponseStore start(Database database, Settings settings, InstantSource clock) {
        var store = new ResponseStore(database, settings, clock);
        store.writer.start();
        return store;
    }

    /**
     * Takes a response to be written; never blocks.
     *
     * @return false if too much waits already
     */
    boolean put(StoredResponse response) {
        if (waitingBytes.addAndGet(response.bytes()) > MOST_WAITING_BYTES) {
            waitingBytes.addAndGet(-response.bytes());
            LOG.warn("a response is not kept, because too many wait for the database");
            return false;
        }
        waiting.put(response.id(), new CountDownLatch(1));
        queue.add(response);
        return true;
    }

    private void write() {
        try {
            for (StoredResponse next = queue.take(); !next.id().isEmpty(); next = queue.take()) {
                write(next);
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts the writer", e);
        }
    }

    private void write(StoredResponse response) {
        try {
            database.write(session -> {
                if (!response.body().isEmpty()) {
                    ResponseTable.insert(session, response);
                }
                Optional<String> conversation = response.conversation();
                if (conversation.isPresent()) {
                    ConversationTable.append(
                            session, conversation.get(), response.key(), response.time(), response.items());
                }
                return response.id();
            });
        } catch (DatabaseException e) {
            LOG.warn("a response could not be kept: {}", e.getMessage());
        } finally {
            waitingBytes.addAndGet(-response.bytes());
            CountDownLatch latch = waiting.remove(response.id());
            if (latch != null) {
                latch.countDown();
            }
        }
    }

    private void awaitWritten(String id) throws InterruptedException {
        CountDownLatch latch = waiting.get(id);
        if (latch != null && !latch.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new DatabaseException("the database takes too long to keep a response");
        }
    }

    /** Where responses are. */
    Database database() {
        return database;
    }

    /** How they are kept. */
    Settings settings() {
        return settings;
    }

    /** Whether a response is still being made in the background. */
    boolean unfinished(String id) {
        return database.read(session -> JobTable.exists(session, id));
    }

    /** The JSON of a response of this caller's. */
    Optional<String> body(String id, String key) throws InterruptedException {
        awaitWritten(id);
        return database.read(session -> ResponseTable.body(session, id, key));
    }

    /** The input of a response of this caller's, in order; empty if there is none. */
    List<StoredResponse.Item> input(String id, String key) throws InterruptedException {
        awaitWritten(id);
        return database.read(session -> ResponseTable.input(session, id, key));
    }

    /** The JSON of an item of this caller's, of any response. */
    Optional<String> item(String id, String key) throws InterruptedException {
        awaitAll();
        return database.read(session -> ResponseTable.item(session, id, key));
    }

    private void awaitAll() throws InterruptedException {
        for (String response : List.copyOf(waiting.keySet())) {
            awaitWritten(response);
        }
    }

    /** Begins a conversation of a caller's. */
    void create(ConversationTable.Kept conversation, String key, List<StoredResponse.Item> items) {
        database.write(session -> {
            ConversationTable.insert(session, conversation, key);
            return ConversationTable.append(session, conversation.id(), key, conversation.created(), items);
        });
    }

    /** A conversation of this caller's, with what is to be appended by now. */
    Optional<ConversationTable.Kept> conversation(String id, String key) throws InterruptedException {
        awaitAll();
        return database.read(session -> ConversationTable.find(session, id, key));
    }

    /** The items of a conversation that was found, oldest first. */
    List<StoredResponse.Item> items(String conversation) {
        return database.read(session -> ConversationTable.items(session, conversation));
    }

    /** The JSON of an item of a conversation that was found. */
    Optional<String> item(ConversationTable.Kept conversation, String item) {
        return database.read(session -> ConversationTable.item(session, conversation.id(), item));
    }

    boolean append(String conversation, String key, List<StoredResponse.Item> items) {
        return database.write(session -> ConversationTable.append(session, conversation, key, clock.millis(), items));
    }

    boolean describe(String conversation, String key, String metadata) {
        return database.write(
                session -> ConversationTable.describe(session, conversation, key, clock.millis(), metadata));
    }

    boolean deleteItem(String conversation, String key, String item) {
        return database.write(
                session -> ConversationTable.deleteItem(session, conversation, key, clock.millis(), item));
    }

    boolean deleteConversation(String conversation, String key) {
        return database.write(session -> ConversationTable.delete(session, conversation, key));
    }

    /** What a response of this caller's and all that it goes on with have said. */
    Optional<ResponseTable.History> history(String id, String key, long mostBytes) throws InterruptedException {
        awaitWritten(id);
        return database.read(session -> ResponseTable.history(session, id, key, LONGEST_CHAIN, mostBytes));
    }

    /** Deletes a response of this caller's; false if there is none. */
    boolean delete(String id, String key) throws InterruptedException {
        awaitWritten(id);
        return database.write(session -> ResponseTable.delete(session, id, key));
    }

    /** Deletes what is too old or too much, in small transactions. */
    void sweep() {
        long oldest = clock.millis() - settings.retention().toMillis();
        int deleted;
        do {
            deleted = database.write(session -> {
                int old = settings.retention().isZero()
                        ? 0
                        : ResponseTable.deleteOlder(session, oldest, DELETED_AT_ONCE)
                                + ConversationTable.deleteOlder(session, oldest, DELETED_AT_ONCE);
                return old + deleteOldest(session);
            });
        } while (deleted > 0);
    }

    /** Deletes some of what was longest without a change, if all together is larger than it may be. */
    private int deleteOldest(Session session) throws SQLException {
        long conversations = ConversationTable.bytes(session);
        if (ResponseTable.bytes(session) + conversations <= settings.mostBytes()) {
            return 0;
        }
        Optional<Long> response = ResponseTable.oldest(session);
        Optional<Long> conversation = ConversationTable.oldest(session);
        boolean first = response.isPresent()
                && conversation.map(time -> time >= response.get()).orElse(true);
        return first
                ? ResponseTable.deleteOldest(session, DELETED_AT_ONCE)
                : ConversationTable.deleteOlder(session, conversation.orElse(0L) + 1, DELETED_AT_ONCE);
    }

    /** Writes what waits, and ends. */
    @Override
    public void close() {
        sweeper.close();
        queue.add(LAST);
        boolean interrupted = false;
        while (writer.isAlive()) {
            try {
                writer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
