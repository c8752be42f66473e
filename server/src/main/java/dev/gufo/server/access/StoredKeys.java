package dev.gufo.server.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.threads.Periodic;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stored keys as requests see them: a lookup goes to the database only now and then. What another process changes
 * is seen within {@link #LIFE}, what this process changes at once. Safe for any thread.
 *
 * <p>An entry tells the generation in which its lookup began, and counts only in that one. A change ends the generation
 * after it is committed, so a lookup that was under way meanwhile can't bring back what was before.
 */
public final class StoredKeys implements AutoCloseable {
    /** How long another process's change may go unnoticed. */
    public static final Duration LIFE = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(StoredKeys.class);
    /** Prefixes that do not exist are kept as well, so the number is bounded. */
    private static final int MOST_ENTRIES = 10_000;

    private static final String ANY = "";
    private static final Duration NOTED = Duration.ofSeconds(5);

    private final KeyStore store;
    private final InstantSource clock;
    private final AtomicLong generation = new AtomicLong();
    private final Cache<String, Entry> entries;
    private final Map<String, Instant> lastUsed = new ConcurrentHashMap<>();
    private final Periodic notes;

    private record Entry(long generation, boolean exists, Optional<KeyStore.Hashed> found) {}

    /** @param ticker the time by which entries grow old */
    public StoredKeys(KeyStore store, InstantSource clock, Ticker ticker) {
        this.store = store;
        this.clock = clock;
        this.entries = Caffeine.newBuilder()
                .expireAfterWrite(LIFE)
                .maximumSize(MOST_ENTRIES)
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
        this.notes = Periodic.start("keys", NOTED, this::note);
    }

    /** The keys themselves; who changes one calls {@link #changed} then. */
    public KeyStore store() {
        return store;
    }

    /** Forgets everything that was looked up: keys have changed. */
    public void changed() {
        generation.incrementAndGet();
    }

    /** Whether a key is needed because there are any, or ever were. */
    public boolean required() {
        return entry(ANY).exists();
    }

    /**
     * The key that was presented, whether it is good or not.
     *
     * @return empty if it is not one of ours
     */
    public Optional<StoredKey> find(String presented) {
        return KeySecret.of(presented)
                .flatMap(secret -> entry(secret.prefix())
                        .found()
                        .filter(known -> known.hash().isOf(secret))
                        .map(KeyStore.Hashed::key));
    }

    /** Notes that a key was used now; it is written with the others a little later. */
    public void used(StoredKey key) {
        lastUsed.put(key.id(), clock.instant());
    }

    /** Writes what is noted. */
    @Override
    public void close() {
        notes.close();
        note();
    }

    private Entry entry(String prefix) {
        long now = generation.get();
        Entry entry = entries.get(prefix, asked -> load(asked, now));
        if (entry.generation() != now) {
            entry = load(prefix, now);
            entries.put(prefix, entry);
        }
        return entry;
    }

    private Entry load(String prefix, long generation) {
        if (prefix.equals(ANY)) {
            return new Entry(generation, store.any(), Optional.empty());
        }
        Optional<KeyStore.Hashed> found = store.byPrefix(prefix);
        return new Entry(generation, found.isPresent(), found);
    }

    private void note() {
        Map<String, Instant> noted = Map.copyOf(lastUsed);
        noted.forEach(lastUsed::remove); // unless it was used again meanwhile
        if (noted.isEmpty()) {
            return;
        }
        try {
            store.used(noted);
        } catch (DatabaseException e) {
            LOG.warn("when {} keys were used last could not be written: {}", noted.size(), e.getMessage());
        }
    }
}
