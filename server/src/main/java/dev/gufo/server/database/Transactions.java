package dev.gufo.server.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** How transactions begin and end on a connection that commits by itself otherwise. */
sealed interface Transactions {
    void begin(Connection connection) throws SQLException;

    void commit(Connection connection) throws SQLException;

    void rollBack(Connection connection) throws SQLException;

    /** As JDBC has it. */
    record Driver() implements Transactions {
        @Override
        public void begin(Connection connection) throws SQLException {
            connection.setAutoCommit(false); // the pool turns it on again
        }

        @Override
        public void commit(Connection connection) throws SQLException {
            connection.commit();
        }

        @Override
        public void rollBack(Connection connection) throws SQLException {
            connection.rollback();
        }
    }

    /**
     * In SQL, because SQLite's driver begins the next transaction as soon as one has ended: an idle connection would
     * keep everyone else from writing.
     *
     * @param begin the statement that begins one
     */
    record Spoken(String begin) implements Transactions {
        @Override
        public void begin(Connection connection) throws SQLException {
            say(connection, begin);
        }

        @Override
        public void commit(Connection connection) throws SQLException {
            say(connection, "COMMIT");
        }

        @Override
        public void rollBack(Connection connection) throws SQLException {
            say(connection, "ROLLBACK");
        }

        private static void say(Connection connection, String sql) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        }
    }
}
