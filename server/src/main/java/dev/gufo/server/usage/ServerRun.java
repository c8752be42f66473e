package dev.gufo.server.usage;

import dev.gufo.server.database.Database;
import dev.gufo.server.database.Dialect;
import dev.gufo.server.database.Session;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * This start of the server among all that share the database: its heartbeat, and what becomes of those that died. One
 * is dead if its process on this machine is gone, or if its heart has not beaten for a while by the database's clock.
 *
 * @param id of this start
 * @param process this one
 * @param silence how long another machine's server may be silent
 */
record ServerRun(long id, ThisProcess process, Duration silence) {
    private static final String END = "UPDATE server_run SET ended = TRUE WHERE id = ?";
    private static final String FORGET = """
            DELETE FROM server_run WHERE ended AND id <> ? AND NOT EXISTS
                (SELECT 1 FROM ledger WHERE ledger.server = server_run.id)""";

    private static final Duration SILENCE = Duration.ofSeconds(30);

    /** A new start, by this process. */
    static ServerRun ofThisProcess() {
        long id = new SecureRandom().nextLong() & Long.MAX_VALUE;
        return new ServerRun(id, ThisProcess.get(), SILENCE);
    }

    /** Another start that has not ended as far as the database knows. */
    private record Other(long id, boolean dead) {}

    /**
     * Enters this start and settles what dead ones left open.
     *
     * @return how many rows were settled
     */
    int begin(Database database) {
        return database.write(this::beat);
    }

    /**
     * Beats, and settles what servers left open that died since the last time.
     *
     * @return how many rows were settled
     */
    int beat(Session session) throws SQLException {
        String now = now(session);
        boolean known =
                session.update("UPDATE server_run SET heartbeat = " + now + ", ended = FALSE WHERE id = ?", id) > 0;
        if (!known) { // the first time, or others have given this one up and forgotten it
            session.update(
                    "INSERT INTO server_run (id, host, pid, pid_started, heartbeat, ended) VALUES (?, ?, ?, ?, " + now
                            + ", FALSE)",
                    id,
                    process.host(),
                    process.pid(),
                    process.started());
        }
        return settleTheDead(session, now);
    }

    /** Notes that nothing of this start is open any more. */
    void end(Session session) throws SQLException {
        session.update(END, id);
    }

    private int settleTheDead(Session session, String now) throws SQLException {
        List<Other> others = session.list(
                "SELECT id, host, pid, pid_started, " + now + " - heartbeat AS silent_ms FROM server_run"
                        + " WHERE NOT ended AND id <> ?",
                row -> new Other(
                        row.getLong("id"),
                        process.isDead(row.getString("host"), row.getLong("pid"), row.getLong("pid_started"))
                                || row.getLong("silent_ms") > silence.toMillis()),
                id);
        int settled = 0;
        for (Other other : others) {
            if (other.dead()) {
                settled += LedgerTable.giveUp(session, other.id());
                session.update(END, other.id());
            }
        }
        session.update(FORGET, id);
        return settled;
    }

    /** Milliseconds since 1970 by the database's clock, which all its servers share. */
    private static String now(Session session) {
        return session.dialect() == Dialect.POSTGRESQL
                ? "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
                : "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";
    }
}
