package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The largest batch that is taken, in a server with the heap that {@code bin/gufo} gives it. */
@Timeout(900)
class LargeBatchTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LINES = 50_000;
    private static final int LINE_BYTES = 4_000; // all together 200 MB

    /** How many are computed before it is cancelled; with all of them the test would take too long. */
    private static final int COMPUTED = Integer.getInteger("gufo.large-batch-lines", 200);

    private static final String BOUNDARY = "----gufo-large-batch";

    @TempDir
    private Path folder;

    @Test
    void twoHundredMegabytesAreReadCheckedAndRunWithinTheHeap() throws Exception {
        List<String> heap = List.of("-XX:+UseSerialGC", "-Xms24m", "-Xmx384m", "-XX:+ExitOnOutOfMemoryError");
        Path lines = lines();
        try (RunningGufo gufo = RunningGufo.startWith(heap, folder, "--model", "all-minilm-l6-v2");
                HttpClient client = HttpClient.newHttpClient()) {
            String file = upload(client, URI.create(gufo.baseUrl()), lines);
            Files.delete(lines);
            String id = JSON.readTree(
                            gufo.post("/v1/batches", """
                            {"input_file_id": "%s", "endpoint": "/v1/embeddings", "completion_window": "24h"}""".formatted(file)).body())
                    .get("id")
                    .textValue();
            JsonNode running = await().atMost(Duration.ofMinutes(10)).until(() -> batch(gufo, id), now -> {
                assertThat(now.get("status").textValue()).isNotEqualTo("failed");
                return now.at("/request_counts/completed").intValue() >= COMPUTED;
            });
            assertThat(running.at("/request_counts/total").intValue()).isEqualTo(LINES);
            assertThat(gufo.post("/v1/batches/" + id + "/cancel", "{}").statusCode())
                    .isIn(200, 409);
            await().atMost(Duration.ofMinutes(5))
                    .until(() -> batch(gufo, id).get("status").textValue().matches("cancelled|completed"));
            var told = new HashSet<String>();
            var results = client.send(
                    HttpRequest.newBuilder(URI.create(gufo.baseUrl()).resolve("/v1/batches/" + id + "/results"))
                            .build(),
                    BodyHandlers.ofLines());
            try (Stream<String> all = results.body()) {
                all.forEach(line -> told.add(customId(line)));
            }
            assertThat(told).hasSize(LINES);
            assertThat(gufo.stop()).isZero();
        }
    }

    private static String customId(String line) {
        try {
            return JSON.readTree(line).get("custom_id").textValue();
        } catch (IOException e) {
            throw new AssertionError("no JSON: " + line, e);
        }
    }

    private static JsonNode batch(RunningGufo gufo, String id) throws IOException, InterruptedException {
        return JSON.readTree(gufo.get("/v1/batches/" + id).body());
    }

    private Path lines() throws IOException {
        Path lines = folder.resolve("lines.jsonl");
        try (BufferedWriter writer = Files.newBufferedWriter(lines)) {
            for (int i = 0; i < LINES; i++) {
                String line =
                        "{\"custom_id\":\"%d\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{\"input\":\"Owl %d\",\"user\":\""
                                .formatted(i, i);
                writer.write(line + "x".repeat(LINE_BYTES - line.length()) + "\"}}\n");
            }
        }
        return lines;
    }

    private static String upload(HttpClient client, URI server, Path lines) throws IOException, InterruptedException {
        String field = "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=";
        var form = BodyPublishers.concat(
                BodyPublishers.ofString(field + "\"purpose\"\r\n\r\nbatch\r\n"),
                BodyPublishers.ofString(field + "\"file\"; filename=\"lines.jsonl\"\r\n\r\n"),
                BodyPublishers.ofFile(lines),
                BodyPublishers.ofString("\r\n--" + BOUNDARY + "--\r\n"));
        var answer = client.send(
                HttpRequest.newBuilder(server.resolve("/v1/files"))
                        .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                        .POST(form)
                        .build(),
                BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body()).get("id").textValue();
    }
}
