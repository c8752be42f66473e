package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gufo.server.database.Database;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SIGSTOP of the worker: it neither answers nor ends. */
@Timeout(300)
class HungWorkerTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String HELLO = """
            {"messages": [{"role": "user", "content": "Hello"}], "temperature": 0}""";
    private static final String LONG = """
            {"messages": [{"role": "user", "content": "Tell me a story."}], "temperature": 0,
             "stream": %s, "ignore_eos": true, "max_tokens": 1900}""";

    /** A drain of 3 s, and room for a machine that does much else. */
    private static final int SECONDS_TO_STOP = 30;

    @TempDir
    private Path dataDir;

    private record Row(String requestId, String status) {}

    /** Requests of every kind that a worker answers, sent at once. */
    private static final class Load implements AutoCloseable {
        private final HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        private final String baseUrl;
        private final List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();

        Load(RunningGufo gufo) {
            baseUrl = gufo.baseUrl().replaceAll("/v1/?$", "");
        }

        void generate() {
            send("/v1/chat/completions", LONG.formatted(true));
            send("/v1/chat/completions", LONG.formatted(true));
            send("/v1/chat/completions", LONG.formatted(false));
        }

        void all() {
            generate();
            send("/v1/embeddings", "{\"input\": [\"one\", \"two\"]}");
            send("/v1/tokenize", "{\"prompt\": \"How many tokens?\", \"return_token_strs\": true}");
            send("/v1/detokenize", "{\"tokens\": [1, 2, 3]}");
            send("/v1/completions", "{\"prompt\": \"Once\", \"n\": 2}");
        }

        private void send(String path, String body) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(baseUrl + path))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            all.add(http.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
        }

        List<HttpResponse<String>> answers() {
            return all.stream().map(CompletableFuture::join).toList();
        }

        @Override
        public void close() {
            http.shutdownNow();
        }
    }

    @Test
    void aHungWorkerIsReplacedAndWhatItHadBegunGoesOn() throws IOException, InterruptedException {
        try (RunningGufo gufo = RunningGufo.start(dataDir, "--worker-timeout", "4s", "--embeddings", "demo-chat");
                var begun = new Load(gufo);
                var late = new Load(gufo)) {
            ProcessHandle hung = gufo.worker();
            begun.generate();
            awaitRunning(gufo, 3);
            signal("STOP", hung.pid());
            late.all();

            await().atMost(SOON).until(() -> gufo.get("/ready").statusCode() == 503);
            assertThat(begun.answers()).hasSize(3).allSatisfy(answer -> {
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).containsAnyOf("[DONE]", "\"completion_tokens\":1900");
            });
            // They came while nobody tokenized, and waited for the next worker.
            assertThat(late.answers())
                    .hasSize(7)
                    .allSatisfy(answer ->
                            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200));
            await().atMost(SOON).until(() -> gufo.get("/ready").statusCode() == 200);
            assertThat(gufo.get("/ready").body()).contains("\"restarts\":1");
            assertThat(hung.isAlive()).isFalse();
            assertThat(gufo.chat(HELLO).body()).contains("Hello! How can I help you today?");
            assertThat(gufo.stop()).isZero();
        }
        assertThat(rows()).extracting(Row::status).containsOnly("completed");
    }

    @Test
    void aHungWorkerDoesNotHoldUpTheStop() throws IOException, InterruptedException {
        try (RunningGufo gufo = RunningGufo.start(
                        dataDir, "--worker-timeout", "1m", "--drain-timeout", "3s", "--embeddings", "demo-chat");
                var load = new Load(gufo)) {
            ProcessHandle hung = gufo.worker();
            load.generate();
            awaitRunning(gufo, 3);
            signal("STOP", hung.pid());
            load.all();
            assertThat(gufo.get("/health").statusCode()).isEqualTo(200); // by then the server has them
            gufo.process().destroy();
            assertThat(gufo.process().waitFor(SECONDS_TO_STOP, TimeUnit.SECONDS))
                    .isTrue();
            assertThat(gufo.process().exitValue()).isZero();
            assertThat(hung.isAlive()).isFalse();
            assertThat(load.answers())
                    .hasSize(10)
                    .allSatisfy(answer -> assertThat(answer.body()).contains("\"draining\""));
        }
        checkLedger();
    }

    @Test
    void whatAKilledServerLeavesAmongTheTemporaryFilesIsRemovedByTheNextStart()
            throws IOException, InterruptedException {
        Path temporary = Files.createDirectory(dataDir.resolve("tmp"));
        List<String> java = List.of("-Djava.io.tmpdir=" + temporary);
        try (RunningGufo gufo = RunningGufo.startWith(java, dataDir)) {
            ProcessHandle worker = gufo.worker();
            gufo.process().destroyForcibly().waitFor();
            await().atMost(SOON).until(() -> !worker.isAlive());
        }
        assertThat(names(temporary)).isNotEmpty();
        try (RunningGufo gufo = RunningGufo.startWith(java, dataDir)) {
            assertThat(gufo.stop()).isZero();
        }
        assertThat(names(temporary)).isEmpty();
    }

    private static List<String> names(Path folder) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        }
        return names;
    }

    private void awaitRunning(RunningGufo gufo, int requests) {
        await().atMost(SOON)
                .until(() -> rows().stream()
                                .filter(row -> row.status().equals("open"))
                                .count()
                        >= requests);
        assertThat(gufo.process().isAlive()).isTrue();
    }

    /** Each accepted request has one row, none was left to the next start to be settled. */
    private void checkLedger() {
        List<Row> rows = rows();
        assertThat(rows).extracting(Row::requestId).doesNotHaveDuplicates().isNotEmpty();
        assertThat(rows)
                .extracting(Row::status)
                .doesNotContain("open", "server_died")
                .contains("failed");
    }

    private List<Row> rows() {
        try (Database database = Database.open("", dataDir)) {
            return database.read(session -> session.list(
                    "SELECT request_id, status FROM ledger", row -> new Row(row.getString(1), row.getString(2))));
        }
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                .inheritIO()
                .start();
        assertThat(kill.waitFor()).isZero();
    }
}
