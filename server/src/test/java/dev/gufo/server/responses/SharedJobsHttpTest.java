package dev.gufo.server.responses;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.Reuse;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.PostgresqlServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several servers on one PostgreSQL, and responses in the background that one leaves to the others. */
@Timeout(180)
class SharedJobsHttpTest {
    private static final String REQUEST = "{\"input\":\"Hi\",\"background\":true}";
    private static final Duration TAKEN = Duration.ofSeconds(60);

    private static PostgresqlServer postgresql;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() throws Exception {
        Assumptions.assumeTrue(PostgresqlServer.installed().isPresent(), "PostgreSQL is not installed");
        postgresql = PostgresqlServer.start();
    }

    @AfterAll
    static void stop() throws Exception {
        if (postgresql != null) {
            postgresql.close();
        }
    }

    /** A server with connections of its own to the database. */
    private record Node(Database database, TestServer server) implements AutoCloseable {
        static Node start(Path folder, ScriptedEngine engine) {
            Database database = Database.open(postgresql.url(), folder);
            return new Node(
                    database, new TestServer(TestServer.settings(), database, new TestModel("scripted", engine)));
        }

        String create() throws Exception {
            return json(server.post("/v1/responses", REQUEST)).get("id").textValue();
        }

        JsonNode response(String id) throws Exception {
            return json(server.get("/v1/responses/" + id));
        }

        @Override
        public void close() {
            server.close();
            database.close();
        }
    }

    @Test
    void whatAServerLeavesIsComputedByOneOfTheOthersEachOnce() throws Exception {
        var first = Dialogue.engine("").hold();
        var second = Dialogue.engine("Hoo!");
        var third = Dialogue.engine("Hoo!");
        var ids = new ArrayList<String>();
        Node leaving = Node.start(folder, first);
        try (Node one = Node.start(folder, second);
                Node other = Node.start(folder, third)) {
            for (int i = 0; i < 12; i++) {
                ids.add(leaving.create());
            }
            for (int i = 0; i < 4; i++) {
                first.started.take(); // it has four places, and the rest waits
            }
            leaving.close();
            for (String id : ids) {
                Awaitility.await()
                        .atMost(TAKEN)
                        .until(() -> one.response(id).path("status").asText().equals("completed"));
                assertThat(other.response(id)).isEqualTo(one.response(id));
                assertThat(ledgerRows(one, id)).isEqualTo(List.of("completed"));
            }
            assertThat(second.started.size() + third.started.size()).isEqualTo(ids.size());
        }
    }

    @Test
    void aServerThatWasSilentTooLongDoesNotSpoilWhatAnotherHasTaken() throws Exception {
        var silent = Dialogue.engine("").hold();
        var quick = Dialogue.engine("Hoo!").hold();
        try (Node first = Node.start(folder, silent);
                Node second = Node.start(folder, quick)) {
            String id = first.create();
            ScriptedEngine.Scripted late = begun(silent);
            late.text("Lo");
            // What the second one finds when the first has not given a sign for long enough.
            Awaitility.await().atMost(TAKEN).pollDelay(Duration.ZERO).until(() -> {
                first.database()
                        .write(session -> session.update(
                                "UPDATE server_run SET ended = TRUE WHERE id ="
                                        + " (SELECT MIN(server) FROM response_job WHERE id = ? AND servers = 1)",
                                id));
                return !quick.started.isEmpty();
            });
            ScriptedEngine.Scripted good = begun(quick);
            late.text("st");
            assertThat(late.awaitCancelled()).isTrue();
            good.text("Hoo!");
            good.finish(FinishReason.STOP);
            Awaitility.await()
                    .until(() -> first.response(id).path("status").asText().equals("completed"));
            assertThat(second.response(id).at("/output/0/content/0/text").textValue())
                    .isEqualTo("Hoo!");
            assertThat(second.response(id).get("output")).hasSize(1);
            assertThat(silent.started).isEmpty();
            Awaitility.await().until(() -> ledgerRows(second, id).equals(List.of("completed")));
        }
    }

    private static List<String> ledgerRows(Node node, String id) {
        return node.database()
                .read(session ->
                        session.list("SELECT status FROM ledger WHERE request_id = ?", row -> row.getString(1), id));
    }

    private static ScriptedEngine.Scripted begun(ScriptedEngine engine) throws InterruptedException {
        ScriptedEngine.Scripted generation = engine.started.take();
        generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
        return generation;
    }
}
