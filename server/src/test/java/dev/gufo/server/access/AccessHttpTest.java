package dev.gufo.server.access;

import static dev.gufo.server.TestServer.HELLO;
import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class AccessHttpTest {
    @Test
    void withKeysEverythingUnderV1NeedsOneOfThem() throws Exception {
        var settings = TestServer.settings(List.of("first", "second"), 413, false, Duration.ZERO);
        try (var server = new TestServer(new ScriptedEngine(), settings)) {
            for (String key : List.of("first", "second")) {
                assertThat(server.chat(HELLO, "Authorization", "Bearer " + key).statusCode())
                        .isEqualTo(200);
            }
            for (String header : List.of("Bearer third", "Bearer", "Bearer ", "Basic first", "first", "Bearer firs")) {
                var response = server.chat(HELLO, "Authorization", header);
                assertThat(response.statusCode()).as(header).isEqualTo(401);
                assertThat(json(response).at("/error/code").asText()).isEqualTo("invalid_api_key");
                assertThat(response.headers().firstValue("www-authenticate")).hasValue("Bearer");
            }
            assertThat(server.chat(HELLO).statusCode()).isEqualTo(401);
            assertThat(server.get("/v1/models").statusCode()).isEqualTo(401);
            assertThat(server.get("/v1/models/scripted").statusCode()).isEqualTo(401);
            assertThat(server.get("/v1/models", "Authorization", "bearer second")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void aRefusalLeavesTheConnectionUsableAlsoWhenTheBodyComesLate() throws Exception {
        var settings = TestServer.settings(List.of("key"), 413, false, Duration.ZERO);
        try (var server = new TestServer(new ScriptedEngine(), settings);
                var socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port())) {
            String head = "POST /v1/chat/completions HTTP/1.1\r\nHost: gufo\r\nContent-Type: application/json\r\n"
                    + "Content-Length: " + HELLO.length() + "\r\n";
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (int i = 0; i < 3; i++) {
                send(socket, head + "\r\n");
                send(socket, HELLO);
                assertThat(answerHead(in))
                        .startsWith("HTTP/1.1 401 Unauthorized")
                        .noneMatch(line -> line.startsWith("Connection"));
            }
            send(socket, head + "Expect: 100-continue\r\n\r\n");
            assertThat(answerHead(in)).startsWith("HTTP/1.1 401 Unauthorized").contains("Connection: close");
        }
    }

    @Test
    void whoGuessesTooFastIsNotToldOfARightGuessAndKnownClientsGoOn() throws Exception {
        var settings = TestServer.settings(List.of("known", "guessed"), 413, false, Duration.ZERO);
        try (var server = new TestServer(new ScriptedEngine(), settings)) {
            assertThat(withKey(server, "known").statusCode()).isEqualTo(200);
            for (int i = 0; i < 40; i++) {
                withKey(server, "guess-" + i);
            }
            assertThat(withKey(server, "another").statusCode()).isEqualTo(429);
            var right = withKey(server, "guessed");
            assertThat(right.statusCode()).isEqualTo(429);
            assertThat(right.headers().firstValue("retry-after")).isPresent();
            assertThat(withKey(server, "known").statusCode()).isEqualTo(200);
        }
    }

    private static HttpResponse<String> withKey(TestServer server, String key) throws Exception {
        return server.get("/v1/models", "Authorization", "Bearer " + key);
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    /** Status line and headers; the body is read and left out. */
    private static List<String> answerHead(BufferedReader in) throws IOException {
        List<String> head = in.lines().takeWhile(line -> !line.isEmpty()).toList();
        long length = head.stream()
                .filter(line -> line.startsWith("Content-Length: "))
                .mapToLong(line -> Long.parseLong(line.substring("Content-Length: ".length())))
                .findFirst()
                .orElseThrow();
        in.skip(length);
        return head;
    }

    @Test
    void healthAndReadinessAreOpenAlsoAsHead() throws Exception {
        var settings = TestServer.settings(List.of("key"), 413, false, Duration.ZERO);
        try (var server = new TestServer(new ScriptedEngine(), settings)) {
            for (String path : List.of("/health", "/ready")) {
                assertThat(server.get(path).statusCode()).isEqualTo(200);
                var head = HttpRequest.newBuilder(server.uri(path)).HEAD().build();
                assertThat(server.client.send(head, BodyHandlers.ofString()).statusCode())
                        .isEqualTo(200);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://localhost:5173", "http://127.0.0.1", "https://[::1]:3000", "https://chat.example"})
    void pagesOfThisMachineAndNamedOnesMayCall(String origin) throws Exception {
        var settings = TestServer.settings(List.of("key"), 413, false, Duration.ZERO);
        try (var server = new TestServer(new ScriptedEngine(), settings)) {
            var preflight = preflight(server, origin);
            assertThat(preflight.statusCode()).isEqualTo(204);
            assertThat(preflight.headers().firstValue("access-control-allow-origin"))
                    .hasValue(origin);
            assertThat(preflight
                            .headers()
                            .firstValue("access-control-allow-methods")
                            .orElseThrow())
                    .contains("POST");
            assertThat(preflight.headers().firstValue("access-control-allow-headers"))
                    .hasValue("authorization, content-type");
            var refused = server.chat(HELLO, "Origin", origin);
            assertThat(refused.statusCode()).isEqualTo(401);
            assertThat(refused.headers().firstValue("access-control-allow-origin"))
                    .as("the page can read errors, too")
                    .hasValue(origin);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"https://evil.example", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "null"
            })
    void otherPagesGetNoCorsHeaders(String origin) throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            assertThat(preflight(server, origin).headers().map()).doesNotContainKey("access-control-allow-origin");
            assertThat(server.chat(HELLO, "Origin", origin).headers().map())
                    .doesNotContainKey("access-control-allow-origin");
        }
    }

    private static HttpResponse<String> preflight(TestServer server, String origin) throws Exception {
        var request = HttpRequest.newBuilder(server.uri("/v1/chat/completions"))
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .header("Origin", origin)
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "authorization, content-type")
                .build();
        return server.client.send(request, BodyHandlers.ofString());
    }
}
