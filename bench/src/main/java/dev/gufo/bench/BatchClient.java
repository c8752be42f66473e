package dev.gufo.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.function.Predicate;

/** A server's files and batches. One thread. */
final class BatchClient implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BOUNDARY = "gufo-bench";
    private static final String ENDPOINT = "/v1/chat/completions";

    /** Rare enough to cost the server nothing, and little beside a batch that is worth measuring. */
    private static final Duration LOOK = Duration.ofMillis(100);

    private static final Set<String> ENDED = Set.of("completed", "failed", "expired", "cancelled");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI server;

    /** @param server any address of it */
    BatchClient(URI server) {
        this.server = server;
    }

    /**
     * A batch as the server tells of it.
     *
     * @param completed lines with an answer
     * @param cachedTokens those of the input that were not computed
     */
    record Batch(
            String id,
            String status,
            int completed,
            int failed,
            long inputTokens,
            long cachedTokens,
            long outputTokens) {
        private static Batch of(JsonNode json) {
            return new Batch(
                    json.path("id").asText(),
                    json.path("status").asText(),
                    json.at("/request_counts/completed").asInt(),
                    json.at("/request_counts/failed").asInt(),
                    json.at("/usage/input_tokens").asLong(),
                    json.at("/usage/input_tokens_details/cached_tokens").asLong(),
                    json.at("/usage/output_tokens").asLong());
        }

        boolean ended() {
            return ENDED.contains(status);
        }

        /** Which part of the input was not computed, 0 to 1. */
        double cachedShare() {
            return inputTokens == 0 ? 0 : (double) cachedTokens / inputTokens;
        }
    }

    /**
     * Uploads requests for chat, one in each line.
     *
     * @return id of the file
     */
    String upload(ChatRequests requests, int lines) throws IOException, InterruptedException {
        var form = new ByteArrayOutputStream();
        write(form, "--%s\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n".formatted(BOUNDARY));
        write(
                form,
                "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"requests.jsonl\"\r\n\r\n"
                        .formatted(BOUNDARY));
        for (int i = 0; i < lines; i++) {
            write(form, "{\"custom_id\":\"%d\",\"method\":\"POST\",\"url\":\"%s\",\"body\":".formatted(i, ENDPOINT));
            form.writeBytes(requests.body(i));
            write(form, "}\n");
        }
        write(form, "\r\n--%s--\r\n".formatted(BOUNDARY));
        return post("/v1/files", "multipart/form-data; boundary=" + BOUNDARY, form.toByteArray())
                .path("id")
                .asText();
    }

    private static void write(ByteArrayOutputStream out, String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Has the lines of a file run. */
    Batch start(String file) throws IOException, InterruptedException {
        String body = "{\"input_file_id\":\"%s\",\"endpoint\":\"%s\",\"completion_window\":\"24h\"}"
                .formatted(file, ENDPOINT);
        return Batch.of(post("/v1/batches", "application/json", body.getBytes(StandardCharsets.UTF_8)));
    }

    /** Lets a batch end early. */
    Batch cancel(String id) throws IOException, InterruptedException {
        return Batch.of(post("/v1/batches/%s/cancel".formatted(id), "application/json", new byte[0]));
    }

    Batch look(String id) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(server.resolve("/v1/batches/" + id)).build();
        return Batch.of(send(request));
    }

    /**
     * Waits until a batch is so, or has ended.
     *
     * @return as it is then
     */
    Batch await(String id, Predicate<Batch> so) throws IOException, InterruptedException {
        Batch batch = look(id);
        while (!batch.ended() && !so.test(batch)) {
            Thread.sleep(LOOK);
            batch = look(id);
        }
        return batch;
    }

    private JsonNode post(String path, String type, byte[] body) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(server.resolve(path))
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build());
    }

    private JsonNode send(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(
                    "%s: HTTP %d: %s".formatted(request.uri().getPath(), response.statusCode(), response.body()));
        }
        return JSON.readTree(response.body());
    }

    @Override
    public void close() {
        http.close();
    }
}
