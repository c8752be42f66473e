package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(120)
class BatchesCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /**
     * Files and batches that end at once, or if they are long, when they are cancelled.
     *
     * @param files bodies of requests, by the file's id
     */
    private record FakeBatches(int longFrom, Map<String, List<JsonNode>> files, Map<String, Boolean> cancelled) {
        FakeBatches(int longFrom) {
            this(longFrom, new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
        }

        void upload(HttpExchange exchange) throws IOException {
            String id = "file-" + files.size();
            List<JsonNode> bodies = text(exchange)
                    .lines()
                    .filter(line -> line.startsWith("{"))
                    .map(FakeBatches::body)
                    .toList();
            files.put(id, bodies);
            FakeServer.json(exchange, 200, "{\"id\":\"" + id + "\"}");
        }

        /** A batch is called as its file. */
        void batch(HttpExchange exchange) throws IOException {
            String[] path = exchange.getRequestURI().getPath().split("/", -1);
            String body = text(exchange);
            String id = path.length > 3
                    ? path[3]
                    : JSON.readTree(body).path("input_file_id").asText();
            if (path.length > 4) {
                cancelled.put(id, true);
            }
            int lines = files.getOrDefault(id, List.of()).size();
            boolean ended = lines < longFrom || cancelled.containsKey(id);
            FakeServer.json(
                    exchange,
                    200,
                    ("{\"id\":\"%s\",\"status\":\"%s\",\"request_counts\":{\"completed\":%d},\"usage\":{\"input_tokens\":%d,"
                                    + "\"input_tokens_details\":{\"cached_tokens\":%d},\"output_tokens\":%d}}")
                            .formatted(
                                    id,
                                    ended ? "completed" : "in_progress",
                                    ended ? lines : 1,
                                    10 * lines,
                                    9 * lines,
                                    lines));
        }

        private static String text(HttpExchange exchange) throws IOException {
            return new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        }

        private static JsonNode body(String line) {
            return read(line).path("body");
        }
    }

    private static JsonNode read(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new AssertionError(json, e);
        }
    }

    private int bench(FakeServer server, FakeBatches batches, String... more) throws IOException {
        server.serve("/v1/files", batches::upload);
        server.serve("/v1/batches", batches::batch);
        Path gufo = Files.writeString(
                folder.resolve("gufo"), "#!/bin/sh\necho 'Gufo is ready: " + server.target() + "'; exec sleep 100\n");
        Files.setPosixFilePermissions(gufo, PosixFilePermissions.fromString("rwx------"));
        CommandLine bench = Main.commandLine();
        bench.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        var arguments = new ArrayList<>(List.of("batches", "--gufo", gufo.toString(), "--model", "owl.gguf"));
        arguments.addAll(List.of("--rounds", "1", "--requests", "1", "--parallel", "2", "--lines", "3"));
        arguments.addAll(List.of(more));
        return bench.execute(arguments.toArray(String[]::new));
    }

    private static FakeServer server() {
        return new FakeServer((exchange, request) -> {
            if (request.contains("\"stream\":true")) {
                FakeServer.stream(exchange, FakeServer.events(3) + FakeServer.end(30, 3), 500)
                        .close();
            } else {
                FakeServer.json(exchange, 200, FakeServer.whole(30, 1));
            }
        });
    }

    @Test
    void timesBesideABatchItsSpeedAndWhatItDidNotComputeAreTold() throws IOException {
        try (var server = server()) {
            assertThat(bench(server, new FakeBatches(20), "--shared-lines", "4"))
                    .isZero();
        }
        assertThat(out.toString())
                .contains("2 clients, 2 requests a turn, 1 rounds")
                .containsPattern("TTFT p50, ms +[\\d.]+ +[\\d.]+ +[\\d.]+ ")
                .containsPattern("TTFT p99, ms +[\\d.]+ +[\\d.]+ +[\\d.]+ ")
                .contains("4 lines with one beginning of about 1024 tokens: 40 prompt tokens, of which 36 (90.0 %)")
                .containsPattern("3 lines, 2 sequences, 1 rounds +2 clients in a loop +a batch")
                .containsPattern("requests/s +[\\d.]+ +[\\d.]+ +[\\d.]+ ")
                .containsPattern("output tokens/s +[\\d.]+ +[\\d.]+ +[\\d.]+ ");
    }

    @Test
    void aBatchAndALoopThatAreComparedHaveTheSameRequests() throws IOException {
        try (var server = server()) {
            var batches = new FakeBatches(20);
            assertThat(bench(server, batches, "--shared-lines", "0")).isZero();
            List<List<JsonNode>> alone = batches.files().values().stream()
                    .filter(file -> file.size() == 3)
                    .toList();
            assertThat(alone).hasSize(2); // a round that warms up, and one that counts
            List<JsonNode> asked =
                    server.requests().stream().map(BatchesCommandTest::read).toList();
            alone.forEach(file -> assertThat(asked).containsAll(file));
        }
    }

    @Test
    void aBatchThatEndsBeforeTheRequestsBesideItMeasuresNothing() throws IOException {
        try (var server = server()) {
            assertThat(bench(server, new FakeBatches(1_000))).isEqualTo(1);
        }
        assertThat(err.toString()).contains("a batch of 20 lines did not last as long as a turn");
    }
}
