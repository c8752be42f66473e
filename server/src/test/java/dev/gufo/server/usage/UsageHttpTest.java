package dev.gufo.server.usage;

import static dev.gufo.server.TestServer.HELLO;
import static dev.gufo.server.TestServer.json;
import static dev.gufo.server.usage.Requests.NOON;
import static dev.gufo.server.usage.Requests.completed;
import static dev.gufo.server.usage.Requests.intent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.PostgresqlServer;
import dev.gufo.server.usage.UsageQuery.Group;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class UsageHttpTest {
    @TempDir
    private Path folder;

    @Test
    void aCallerReadsWhatItUsed() throws IOException, InterruptedException {
        try (Database database = Database.open("", folder)) {
            try (var server = server(database)) {
                server.chat(HELLO);
                server.chat(HELLO);
            }
            try (var server = server(database)) {
                JsonNode usage = json(server.get("/v1/usage?since=1h"));
                assertThat(usage.at("/data/0/model").asText()).isEqualTo("scripted");
                assertThat(usage.at("/data/0/endpoint").asText()).isEqualTo("/v1/chat/completions");
                assertThat(usage.at("/data/0/requests").asInt()).isEqualTo(2);
                assertThat(usage.at("/total/completion_tokens").asInt()).isEqualTo(14);
                assertThat(usage.at("/total/completed").asInt()).isEqualTo(2);
                assertThat(json(server.get("/v1/usage?start=2020-01-01&end=2020-02-01"))
                                .at("/data"))
                        .isEmpty();
                var csv = server.get("/v1/usage?group_by=model", "Accept", "text/csv");
                assertThat(csv.headers().firstValue("content-type"))
                        .hasValueSatisfying(type -> assertThat(type).startsWith("text/csv"));
                assertThat(csv.body()).startsWith("model,requests,").contains("\r\nscripted,2,");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "since=soon",
                "since=1d&start=2026-01-01",
                "start=yesterday",
                "start=2026-02-01&end=2026-01-01",
                "group_by=owner",
                "format=xml"
            })
    void aQuestionThatCannotBeMeantIsTheClientsError(String question) throws IOException, InterruptedException {
        try (Database database = Database.open("", folder);
                var server = server(database)) {
            var response = server.get("/v1/usage?" + question);
            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(json(response).at("/error/param").asText()).isNotEmpty();
        }
    }

    @Test
    void sumsAreEqualHoweverTheyAreGrouped() throws InterruptedException {
        try (Database database = Database.open("", folder)) {
            sumsAreEqual(database);
        }
    }

    @Test
    void postgresqlCountsTheSame() throws IOException, InterruptedException {
        assumeThat(PostgresqlServer.installed()).isPresent();
        try (PostgresqlServer postgresql = PostgresqlServer.start();
                Database database = Database.open(postgresql.url(), folder)) {
            sumsAreEqual(database);
            var elsewhere = new ServerRun(7, new ThisProcess("another machine", 1, 0), Duration.ofMinutes(1));
            var settings = Ledger.Settings.DEFAULT.retaining(Duration.ZERO);
            try (Ledger silent = Ledger.start(database, settings, InstantSource.system(), List.of(), elsewhere)) {
                silent.open(intent("left"));
                var later = new ServerRun(8, ThisProcess.get(), Duration.ofMillis(-1));
                Ledger.start(database, settings, InstantSource.system(), List.of(), later)
                        .close();
                assertThat(new LedgerRows(database).of("left").status()).isEqualTo("server_died");
            }
        }
    }

    private static void sumsAreEqual(Database database) throws InterruptedException {
        var random = new Random(3);
        long prompt = 0;
        long completion = 0;
        var settings = Ledger.Settings.DEFAULT.retaining(Duration.ZERO);
        try (Ledger ledger = Ledger.start(database, settings, InstantSource.fixed(NOON), List.of())) {
            for (int i = 0; i < 300; i++) {
                var time = NOON.minus(Duration.ofMinutes(random.nextInt(20_000)));
                String key = "key-" + random.nextInt(4);
                int tokens = random.nextInt(1_000);
                ledger.open(intent("r" + i, key, "name of " + key, "m" + random.nextInt(3), time))
                        .settle(completed(2 * tokens, tokens, tokens));
                prompt += 2L * tokens;
                completion += tokens;
            }
        }
        for (List<Group> groups : List.of(
                List.<Group>of(),
                List.of(Group.KEY),
                List.of(Group.DAY),
                List.of(Group.MODEL, Group.KEY),
                List.of(Group.DAY, Group.KEY, Group.MODEL, Group.ENDPOINT))) {
            var report = new UsageQuery(NOON.minus(Duration.ofDays(30)), NOON.plusMillis(1), Optional.empty(), groups)
                    .run(database);
            assertThat(report.total().requests()).isEqualTo(300);
            assertThat(report.total().promptTokens()).isEqualTo(prompt);
            assertThat(report.total().completionTokens()).isEqualTo(completion);
            assertThat(report.rows().stream()
                            .mapToLong(row -> row.sums().requests())
                            .sum())
                    .isEqualTo(300);
        }
        long ofKeys = 0;
        for (int key = 0; key < 4; key++) {
            ofKeys += new UsageQuery(
                            NOON.minus(Duration.ofDays(30)),
                            NOON.plusMillis(1),
                            Optional.of("key-" + key),
                            List.of(Group.DAY))
                    .run(database)
                    .total()
                    .promptTokens();
        }
        assertThat(ofKeys).isEqualTo(prompt);
    }

    @Test
    void aNameCannotBecomeAFormula() throws InterruptedException {
        try (Database database = Database.open("", folder)) {
            var settings = Ledger.Settings.DEFAULT.retaining(Duration.ZERO);
            try (Ledger ledger = Ledger.start(database, settings, InstantSource.fixed(NOON), List.of())) {
                ledger.open(intent("r", "k", "=HYPERLINK(\"http://x\"),\"\n", "+1+1", NOON))
                        .settle(completed(1, 0, 1));
            }
            var report = new UsageQuery(NOON, NOON.plusMillis(1), Optional.empty(), List.of(Group.KEY, Group.MODEL))
                    .run(database);
            assertThat(UsageFormats.csv(report)).contains("\r\nk,\"'=HYPERLINK(\"\"http://x\"\"),\"\"?\",\"'+1+1\",1,");
            assertThat(UsageFormats.table(report)).contains("total").hasLineCount(3);
        }
    }

    private static TestServer server(Database database) {
        return new TestServer(TestServer.settings(), database, new TestModel("scripted", new ScriptedEngine()));
    }
}
