package dev.gufo.server.messages;

import static dev.gufo.server.messages.MessagesClient.HI;
import static dev.gufo.server.messages.MessagesClient.message;
import static dev.gufo.server.messages.MessagesClient.post;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.Refusal;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Errors on the routes of the Messages API: Anthropic's form, types and numbers. */
@Timeout(60)
class MessagesErrorsHttpTest {
    private static JsonNode error(HttpResponse<String> response, int status, String type) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        JsonNode error = TestServer.json(response);
        assertThat(error.path("type").textValue()).isEqualTo("error");
        assertThat(error.at("/error/type").textValue()).isEqualTo(type);
        assertThat(error.at("/error/message").textValue()).isNotEmpty();
        String id = response.headers().firstValue("request-id").orElse("");
        assertThat(id).isNotEmpty();
        assertThat(response.headers().firstValue("x-request-id")).contains(id);
        assertThat(error.path("request_id").textValue()).isEqualTo(id);
        return error;
    }

    @Test
    void eachHasItsType() throws Exception {
        var engine = new ScriptedEngine();
        try (var server = new TestServer(engine)) {
            error(message(server, "{\"model\":\"none\"," + HI + "}"), 404, "not_found_error");
            error(post(server, "/v1/messages/nothing", "{}"), 404, "not_found_error");
            error(server.get("/v1/messages"), 405, "invalid_request_error");
            error(message(server, "{\"x\":\"" + "x".repeat(70_000) + "\"}"), 413, "request_too_large");
            error(message(server, "[]"), 400, "invalid_request_error");
            engine.refusing(new Refusal.QueueFull(3, Duration.ofSeconds(2)));
            HttpResponse<String> full = message(server, "{" + HI + "}");
            error(full, 529, "overloaded_error");
            assertThat(full.headers().firstValue("retry-after")).contains("2");
            engine.refusing(new Refusal.NotReady("it rests", Duration.ofSeconds(2)));
            error(message(server, "{" + HI + "}"), 503, "api_error");
            engine.failing(new IllegalStateException("as the test wants"));
            error(message(server, "{" + HI + "}"), 500, "api_error");
        }
        try (var server = new TestServer(
                new ScriptedEngine().status(new EngineStatus.Loading(5)),
                TestServer.settings().with().loadWait(Duration.ZERO).build())) {
            error(message(server, "{\"stream\":true," + HI + "}"), 503, "api_error");
        }
    }

    @Test
    void aKeyMayComeInEitherHeader() throws Exception {
        try (var server = new TestServer(
                new ScriptedEngine(), TestServer.settings(List.of("sesame"), 413, false, Duration.ofSeconds(1)))) {
            String request = "{" + HI + "}";
            error(message(server, request), 401, "authentication_error");
            error(message(server, request, "x-api-key", "wrong"), 401, "authentication_error");
            assertThat(message(server, request, "x-api-key", "sesame").statusCode())
                    .isEqualTo(200);
            assertThat(message(server, request, "Authorization", "Bearer sesame")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(server.chat(TestServer.HELLO, "x-api-key", "sesame").statusCode())
                    .isEqualTo(200);
            HttpResponse<String> slowed = message(server, request, "x-api-key", "wrong");
            for (int i = 0; i < 30 && slowed.statusCode() == 401; i++) {
                slowed = message(server, request, "x-api-key", "wrong");
            }
            error(slowed, 429, "rate_limit_error");
        }
    }

    @Test
    void aPromptThatIsTooLongIsToldWithBothNumbers() throws Exception {
        try (var server = new TestServer(
                new ScriptedEngine(100, ""), TestServer.settings(List.of(), 413, true, Duration.ofSeconds(1)))) {
            String request = "{" + HI.replace("\"Hi\"", "\"" + "x".repeat(200) + "\"") + "}";
            String counted = TestServer.json(post(server, "/v1/messages/count_tokens", request))
                    .path("input_tokens")
                    .asText();
            assertThat(error(message(server, request), 400, "invalid_request_error")
                            .at("/error/message")
                            .textValue())
                    .isEqualTo("prompt is too long: " + counted + " tokens > 99 maximum");
            error(message(server, request.replace("xxx", "xxxxxxxxx")), 400, "invalid_request_error");
        }
    }

    @Test
    void whatFailsInAStreamIsAnEventOfIt() throws Exception {
        var engine = new ScriptedEngine().hold();
        try (var server = new TestServer(engine)) {
            CompletableFuture<HttpResponse<String>> response = CompletableFuture.supplyAsync(() -> {
                try {
                    return message(server, "{\"stream\":true," + HI + "}");
                } catch (IOException | InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            ScriptedEngine.Scripted generation = engine.started.take();
            generation.text("Hel");
            generation.send(new GenerationEvent.Failed(new EngineException.Restarted("killed")));
            List<JsonNode> events = StreamedMessage.events(response.get().body());
            assertThat(events.getFirst().path("type").textValue()).isEqualTo("message_start");
            JsonNode last = events.getLast();
            assertThat(last.path("type").textValue()).isEqualTo("error");
            assertThat(last.at("/error/type").textValue()).isEqualTo("api_error");
            assertThat(last.path("request_id").textValue()).isNotEmpty();
        }
    }

    @Test
    void aSilentStreamIsKeptUpByPings() throws Exception {
        var engine = new ScriptedEngine().hold();
        try (var server = new TestServer(engine)) {
            var request = java.net.http.HttpRequest.newBuilder(server.uri("/v1/messages"))
                    .header("Content-Type", "application/json")
                    .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{\"stream\":true," + HI + "}"))
                    .build();
            try (var lines = server.client.send(request, BodyHandlers.ofLines()).body()) {
                assertThat(lines.filter(line -> line.equals("event: ping")).limit(4))
                        .hasSize(4);
            }
        }
    }
}
