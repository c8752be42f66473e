package dev.gufo.server.usage;

import static java.util.Objects.requireNonNull;

import dev.gufo.server.database.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The statements that write the ledger. Each may be run again after a commit whose fate is unknown: a row is inserted
 * once, and a settled one is not settled again, but for one that others gave up too early.
 */
final class LedgerTable {
    private static final String INSERT = """
            INSERT INTO ledger (server, number, request_id, key_id, key_name, model, model_digest, endpoint, stream, time, status,
                finish_reason, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, queue_ms, prefill_ms, decode_ms, client_gone)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', '', 0, 0, 0, 0, 0, 0, 0, FALSE)
            ON CONFLICT DO NOTHING""";

    private static final String CHECKPOINT = """
            UPDATE ledger SET prompt_tokens = ?, cached_tokens = ?, completion_tokens = ?, queue_ms = ?, ttft_ms = ?, policy = ?
            WHERE server = ? AND number = ? AND status = 'open'""";

    private static final String SETTLE = """
            UPDATE ledger SET status = ?, finish_reason = ?, prompt_tokens = ?, cached_tokens = ?, completion_tokens = ?,
                reasoning_tokens = ?, queue_ms = ?, prefill_ms = ?, decode_ms = ?, ttft_ms = ?, total_ms = ?, client_gone = ?, policy = ?
            WHERE server = ? AND number = ? AND status IN ('open', 'server_died')""";

    private static final String GIVE_UP =
            "UPDATE ledger SET status = 'server_died' WHERE server = ? AND status = 'open'";

    private static final String DELETE_SOME = """
            DELETE FROM ledger WHERE (server, number) IN
                (SELECT server, number FROM ledger WHERE time < ? AND status <> 'open' ORDER BY time LIMIT ?)""";

    /** Of a request that does not run here: its server has died, whether or not that was noticed yet. */
    private static final Set<Status> DEAD = EnumSet.of(Status.OPEN, Status.SERVER_DIED);

    private LedgerTable() {}

    /** What one commit checkpoints of an entry. */
    record Checkpoint(LedgerEntry entry, LedgerEntry.Counts counts) {}

    static void insert(Session session, long server, List<LedgerEntry> entries) throws SQLException {
        if (!entries.isEmpty()) {
            session.updateAll(
                    INSERT,
                    entries.stream().map(entry -> inserted(server, entry)).toList());
        }
    }

    private static Object[] inserted(long server, LedgerEntry entry) {
        Intent intent = entry.intent();
        return new Object[] {
            server,
            entry.number(),
            intent.requestId(),
            intent.keyId(),
            intent.keyName(),
            intent.model(),
            intent.modelDigest(),
            intent.endpoint(),
            intent.stream(),
            intent.time().toEpochMilli()
        };
    }

    static void checkpoint(Session session, long server, List<Checkpoint> checkpoints) throws SQLException {
        if (!checkpoints.isEmpty()) {
            session.updateAll(
                    CHECKPOINT,
                    checkpoints.stream()
                            .map(each -> checkpointed(server, each.entry(), each.counts()))
                            .toList());
        }
    }

    private static Object[] checkpointed(long server, LedgerEntry entry, LedgerEntry.Counts counts) {
        return new Object[] {
            counts.prompt(),
            counts.cached(),
            counts.completion(),
            counts.queued().toMillis(),
            millis(entry.timeToFirstToken()),
            counts.policy(),
            server,
            entry.number()
        };
    }

    static void settle(Session session, long server, List<LedgerEntry> entries) throws SQLException {
        if (!entries.isEmpty()) {
            session.updateAll(
                    SETTLE,
                    entries.stream().map(entry -> settled(server, entry)).toList());
        }
    }

    private static Object[] settled(long server, LedgerEntry entry) {
        LedgerEntry.Settlement settlement = requireNonNull(entry.settlement());
        Outcome outcome = settlement.outcome();
        return new Object[] {
            outcome.status().word(),
            outcome.finishReason(),
            outcome.promptTokens(),
            outcome.cachedTokens(),
            outcome.completionTokens(),
            outcome.reasoningTokens(),
            outcome.queued().toMillis(),
            outcome.prefill().toMillis(),
            outcome.decode().toMillis(),
            millis(settlement.firstToken()),
            settlement.total().toMillis(),
            outcome.clientGone(),
            entry.counts().policy(),
            server,
            entry.number()
        };
    }

    /**
     * Settles what a dead server left open, with what it had checkpointed.
     *
     * @return how many rows
     */
    static int giveUp(Session session, long server) throws SQLException {
        return session.update(GIVE_UP, server);
    }

    /** Deletes the rows of one request; returns how many there were. */
    static int delete(Session session, String keyId, String requestId) throws SQLException {
        return session.update("DELETE FROM ledger WHERE key_id = ? AND request_id = ?", keyId, requestId);
    }

    /** See {@link Ledger#begun}. */
    static List<Ledger.Begun> begun(Session session, String keyId, Instant since, String prefix) throws SQLException {
        return session.list(
                "SELECT request_id, status FROM ledger WHERE key_id = ? AND time >= ? AND request_id LIKE ?",
                row -> new Ledger.Begun(row.getString(1), DEAD.contains(Status.of(row.getString(2)))),
                keyId,
                since.toEpochMilli(),
                prefix + "%");
    }

    /**
     * Deletes the oldest settled rows.
     *
     * @param before those that arrived earlier may go
     * @param most how many at once
     * @return how many went
     */
    static int deleteSome(Session session, Instant before, int most) throws SQLException {
        return session.update(DELETE_SOME, before.toEpochMilli(), most);
    }

    private static @Nullable Long millis(Optional<Duration> time) {
        return time.map(Duration::toMillis).orElse(null);
    }
}
