package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Large bodies of every shape, many at once, against the server with the heap of the distribution: each is answered or
 * refused, none ends the server, and afterwards ordinary requests are answered as before.
 */
@Timeout(600)
class HostileBodiesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The default of {@code --max-body}. */
    private static final int LARGEST = 16 << 20;

    private static final int PARALLEL = Integer.getInteger("gufo.hostile.parallel", 30);
    private static final int ROUNDS = Integer.getInteger("gufo.hostile.rounds", 3);
    private static final long SEED = Long.getLong("gufo.hostile.seed", 1);
    private static final String CHAT =
            "{\"model\":\"demo-chat\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}],\"max_tokens\":4}";

    @TempDir
    private static Path dataDir;

    private static RunningGufo gufo;

    /** A body of about the largest size that is allowed. */
    enum Shape {
        ONE_LONG_TEXT("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"", "x", "\"}]}"),
        ONE_RUN_TO_COUNT("/v1/tokenize", "{\"model\":\"cl100k_base\",\"prompt\":\"", "x", "\"}"),
        WORDS_TO_COUNT("/v1/tokenize", "{\"model\":\"o200k_base\",\"prompt\":\"", "owl hunts ", "\"}"),
        FOUR_BYTES("/v1/completions", "{\"prompt\":\"", "\ud83e\udd89", "\"}"),
        THREE_BYTES("/v1/tokenize", "{\"model\":\"cl100k_base\",\"prompt\":\"", "\u20ac", "\"}"),
        ESCAPES("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"", "\\u20ac", "\"}]}"),
        MANY_PARTS(
                "/v1/chat/completions",
                "{\"messages\":[{\"role\":\"user\",\"content\":[",
                "{\"type\":\"text\",\"text\":\"x\"},",
                "{\"type\":\"text\",\"text\":\"x\"}]}]}"),
        MANY_INPUTS("/v1/embeddings", "{\"model\":\"all-minilm-l6-v2\",\"input\":[", "\"owl\",", "\"owl\"]}"),
        EMPTY_OBJECTS("/v1/chat/completions", "{\"x\":[", "{},", "{}]}"),
        DEEP("/v1/chat/completions", "{\"x\":[", "[".repeat(200) + "]".repeat(200) + ",", "0]}"),
        MANY_KEYS("/v1/chat/completions", "{\"x\":{", "", "\"last\":0}}"),
        NUMBERS("/v1/detokenize", "{\"model\":\"demo-chat\",\"tokens\":[", "7,", "7]}");

        private final String path;
        private final String head;
        private final String repeated;
        private final String tail;

        Shape(String path, String head, String repeated, String tail) {
            this.path = path;
            this.head = head;
            this.repeated = repeated;
            this.tail = tail;
        }

        byte[] body(int bytes) {
            var text = new StringBuilder(head);
            int unit = this == MANY_KEYS ? 16 : repeated.getBytes(StandardCharsets.UTF_8).length;
            int count = (bytes - head.length() - tail.length() - 1) / unit;
            for (int i = 0; i < count; i++) {
                text.append(this == MANY_KEYS ? "\"k%09d\":0,".formatted(i) : repeated);
            }
            return text.append(tail).toString().getBytes(StandardCharsets.UTF_8);
        }
    }

    @BeforeAll
    static void start() throws IOException {
        gufo = RunningGufo.startWith(
                List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"),
                dataDir,
                "--model",
                "demo-chat",
                "--model",
                "all-minilm-l6-v2");
    }

    @AfterAll
    static void stop() {
        gufo.close();
    }

    @AfterEach
    void ordinaryRequestsAreAnsweredAsBefore() throws Exception {
        assertThat(gufo.process().isAlive()).isTrue();
        assertThat(gufo.get("/ready").statusCode()).isEqualTo(200);
        assertThat(gufo.chat(CHAT).statusCode()).isEqualTo(200);
        assertThat(post("/v1/embeddings", "{\"model\":\"all-minilm-l6-v2\",\"input\":\"owl\"}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(gufo.get("/v1/usage").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @EnumSource
    void largeBodiesAtOnceAreAnsweredOrRefused(Shape shape) throws Exception {
        byte[] body = shape.body(LARGEST);
        assertThat(body.length).isLessThanOrEqualTo(LARGEST);
        attack(shape.path, Stream.generate(() -> body).limit(PARALLEL).toList());
    }

    @Test
    void shapesAndSizesAtRandomAreAnsweredOrRefused() throws Exception {
        System.out.printf("HostileBodiesTest: gufo.hostile.seed=%d%n", SEED);
        var random = new Random(SEED);
        for (int round = 0; round < ROUNDS; round++) {
            Shape shape = Shape.values()[random.nextInt(Shape.values().length)];
            List<byte[]> bodies = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                bodies.add(shape.body(1_000 + random.nextInt(LARGEST - 1_000)));
            }
            attack(shape.path, bodies);
        }
    }

    @Test
    void connectionsThatAnnounceMuchAndSendAByteKeepNobodyOut() throws Exception {
        URI address = URI.create(gufo.baseUrl());
        List<Socket> open = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                Socket socket = new Socket(address.getHost(), address.getPort());
                open.add(socket);
                OutputStream out = socket.getOutputStream();
                out.write("""
                        POST /v1/chat/completions HTTP/1.1\r
                        Host: %s\r
                        Content-Type: application/json\r
                        Content-Length: %d\r
                        \r
                        {""".formatted(address.getAuthority(), LARGEST).getBytes(StandardCharsets.US_ASCII));
                out.flush();
            }
            ordinaryRequestsAreAnsweredAsBefore();
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    /** Half of the bodies tell their length, the others come in chunks. */
    private void attack(String path, List<byte[]> bodies) throws Exception {
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < bodies.size(); i++) {
            byte[] body = bodies.get(i);
            BodyPublisher publisher = i % 2 == 0
                    ? BodyPublishers.ofByteArray(body)
                    : BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));
            answers.add(gufo.postAsync(path, publisher));
        }
        for (var answer : answers) {
            HttpResponse<String> response = answer.join();
            assertThat(response.statusCode())
                    .as(path + ": " + head(response.body()))
                    .isIn(200, 400, 413, 503);
            if (response.statusCode() == 503) {
                assertThat(JSON.readTree(response.body()).at("/error/code").asText())
                        .isIn("overloaded", "queue_full");
            }
        }
    }

    private static String head(String text) {
        return text.substring(0, Math.min(300, text.length()));
    }

    private static HttpResponse<String> post(String path, String body) {
        return gufo.postAsync(path, BodyPublishers.ofString(body)).join();
    }
}
