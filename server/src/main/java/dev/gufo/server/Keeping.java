package dev.gufo.server;

import dev.gufo.server.access.AdminPlace;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.database.Database;
import dev.gufo.server.limits.KeyLimits;
import dev.gufo.server.responses.ResponseStore;
import io.github.bucket4j.TimeMeter;
import java.time.InstantSource;
import java.util.Optional;

/**
 * What a server keeps beyond a request: keys, how much they may use, and who used what.
 *
 * @param database where the ledger is, if there is one
 * @param keys those of the database
 * @param limits what callers may use
 * @param admin where keys are administered and usage is told, if there is a database
 * @param accounts how ledger, metrics and log are kept
 * @param responses whether and how long responses are kept in the database
 */
public record Keeping(
        Optional<Database> database,
        Optional<StoredKeys> keys,
        KeyLimits limits,
        AdminPlace admin,
        Accounting.Settings accounts,
        ResponseStore.Settings responses) {

    /** With the usual settings for responses. */
    public Keeping(
            Optional<Database> database,
            Optional<StoredKeys> keys,
            KeyLimits limits,
            AdminPlace admin,
            Accounting.Settings accounts) {
        this(database, keys, limits, admin, accounts, ResponseStore.Settings.DEFAULT);
    }

    /** Nothing is kept and nobody is limited; requests are counted for the metrics only. */
    public static Keeping nothing() {
        KeyLimits unlimited =
                KeyLimits.open(Limits.NONE, "", Optional.empty(), InstantSource.system(), TimeMeter.SYSTEM_NANOTIME);
        return new Keeping(Optional.empty(), Optional.empty(), unlimited, AdminPlace.OFF, Accounting.Settings.DEFAULT);
    }
}
