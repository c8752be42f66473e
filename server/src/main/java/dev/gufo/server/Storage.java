package dev.gufo.server;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.limits.KeyLimits;
import io.github.bucket4j.TimeMeter;
import java.security.SecureRandom;
import java.time.InstantSource;

/**
 * What a server keeps beyond a request: its database with ledger and keys, and the counters of the keys' limits. Opened
 * and closed by one thread; what is in it is used by any.
 *
 * @param database closed last
 * @param keys those of the database
 * @param limits what callers may use
 */
public record Storage(Database database, StoredKeys keys, KeyLimits limits) implements AutoCloseable {
    /**
     * Opens all of it.
     *
     * @param database closed with the storage, or here if the rest can't be opened
     * @param defaults limits of keys that have none of their own
     * @param limitsUrl {@code redis://…} to count on Redis, or {@code ""} to count in this process
     * @throws dev.gufo.server.limits.CountersUnavailable if Redis does not answer
     * @throws IllegalArgumentException if the URL is none; the message may quote it with its password
     */
    public static Storage open(Database database, Limits defaults, String limitsUrl) {
        boolean opened = false;
        try {
            KeyLimits limits =
                    KeyLimits.open(defaults, limitsUrl, database, InstantSource.system(), TimeMeter.SYSTEM_NANOTIME);
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
            opened = true;
            return new Storage(database, keys, limits);
        } finally {
            if (!opened) {
                database.close();
            }
        }
    }

    @Override
    public void close() {
        limits.close();
        keys.close();
        database.close();
    }
}
