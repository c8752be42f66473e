package dev.gufo.server.boot;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.limits.CountersUnavailable;
import dev.gufo.server.limits.KeyLimits;
import io.github.bucket4j.TimeMeter;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;

/**
 * What a server keeps: its database, the keys in it, and the counters of their limits. Of the main thread.
 *
 * @param database closed last
 */
public record Books(Database database, StoredKeys keys, KeyLimits limits) implements AutoCloseable {
    /**
     * Opens all of it.
     *
     * @param database closed with the books, or here if they can't be opened
     * @param defaults limits of keys that have none of their own
     * @param limitsUrl {@code redis://…} or {@code ""}
     * @throws StartFailed if Redis does not answer
     * @throws UsageException if the URL is none
     */
    public static Books open(Database database, Limits defaults, String limitsUrl) {
        boolean opened = false;
        try {
            KeyLimits limits = KeyLimits.open(
                    defaults, limitsUrl, Optional.of(database), InstantSource.system(), TimeMeter.SYSTEM_NANOTIME);
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            var books =
                    new Books(database, new StoredKeys(store, InstantSource.system(), Ticker.systemTicker()), limits);
            opened = true;
            return books;
        } catch (CountersUnavailable e) {
            throw new StartFailed("no server answers at --limits-url: " + e.getMessage());
        } catch (IllegalArgumentException _) { // whose message quotes the URL, with the password that is in it
            throw new UsageException(
                    "--limits-url must be redis://[:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// with TLS;"
                            + " in a password @, / and : are written %40, %2F and %3A");
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
