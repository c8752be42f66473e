package dev.gufo.server.error;

import static dev.gufo.server.TestServer.HELLO;
import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Refusal;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ErrorsHttpTest {
    @Test
    void whatIsNoChatRequestIsToldWithItsField() throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            assertError(
                    server.chat("{\"messages\":[{\"role\":\"user\"}]}"), 400, "invalid_value", "messages[0].content");
            assertError(server.chat("{\"messages\":"), 400, "invalid_value", "");
            assertError(server.chat("[]"), 400, "invalid_value", "");
            assertError(server.chat(""), 400, "invalid_value", "");
            assertError(server.chat(HELLO + "x"), 400, "invalid_value", "");
            assertError(server.chat("[".repeat(10_000)), 400, "invalid_value", "");
        }
    }

    @Test
    void aListThatIsTooLongIsToldWithItsFieldAndTheLimit() throws Exception {
        String message = "{\"role\":\"user\",\"content\":\"x\"}";
        String part = "{\"type\":\"text\",\"text\":\"x\"}";
        String tool = "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}";
        String call = "{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}";
        String withTool = "{\"messages\":[" + message + "],\"tools\":[" + tool + "],";
        String withMessage = "{\"messages\":[" + message + "],";
        ServerSettings settings =
                TestServer.settings().with().maxBodyBytes(4 << 20).build();
        try (var server = new TestServer(new ScriptedEngine(), settings)) {
            assertTooLong(server, "{\"messages\":[", message, "]}", "messages", 16_384);
            assertTooLong(
                    server,
                    "{\"messages\":[{\"role\":\"user\",\"content\":[",
                    part,
                    "]}]}",
                    "messages[0].content",
                    4_096);
            assertTooLong(
                    server,
                    withMessage.replace("],", ",{\"role\":\"assistant\",\"tool_calls\":["),
                    call,
                    "]}]}",
                    "messages[1].tool_calls",
                    1_024);
            assertTooLong(server, withMessage + "\"tools\":[", tool, "]}", "tools", 128);
            assertTooLong(
                    server,
                    withTool + "\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"tools\":[",
                    tool,
                    "]}}}",
                    "tool_choice.allowed_tools.tools",
                    128);
            assertTooLong(server, withMessage + "\"modalities\":[", "\"text\"", "]}", "modalities", 16);
            assertTooLong(server, withMessage + "\"stop\":[", "\"x\"", "]}", "stop", 16);
            assertTooLong(
                    server, withMessage + "\"dry_sequence_breakers\":[", "\"x\"", "]}", "dry_sequence_breakers", 16);
            assertTooLong(server, withMessage + "\"lora\":[", "{\"id\":\"x\"}", "]}", "lora", 8);
        }
    }

    /** Sends one element more than {@code most}, and is told both numbers. */
    private static void assertTooLong(
            TestServer server, String head, String element, String tail, String field, int most) throws Exception {
        HttpResponse<String> response =
                server.chat(head + String.join(",", Collections.nCopies(most + 1, element)) + tail);
        assertError(response, 400, "invalid_value", field);
        assertThat(json(response).at("/error/message").asText())
                .isEqualTo("'%s' must have at most %d elements, has %d.".formatted(field, most, most + 1));
    }

    @Test
    void anUnknownModelIsNotFoundAndAnEmptyNameIsTheDefault() throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            var response = server.chat("{\"model\":\"owl\"," + HELLO.substring(1));
            assertError(response, 404, "model_not_found", "model");
            assertError(server.chat("{\"model\":7," + HELLO.substring(1)), 400, "invalid_value", "model");
            assertThat(server.chat("{\"model\":\"\"," + HELLO.substring(1)).statusCode())
                    .isEqualTo(200);
            assertError(server.get("/v1/models/owl"), 404, "model_not_found", "model");
        }
    }

    @Test
    void unknownRoutesAndMethodsAreJsonToo() throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            assertError(server.get("/v1/owls"), 404, "unknown_url", "");
            assertError(server.get("/owls", "Accept", "text/html"), 404, "unknown_url", "");
            var response = server.get("/v1/chat/completions", "Accept", "text/html");
            assertError(response, 405, "method_not_allowed", "");
            assertThat(response.headers().firstValue("allow")).hasValue("POST");
        }
    }

    @Test
    void bodiesThatAreNotPlainJsonAreRefused() throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            for (String[] headers : new String[][] {
                {},
                {"Content-Type", "text/plain"},
                {"Content-Type", "application/json; charset=owl"},
                {"Content-Type", "application/json", "Content-Encoding", "gzip"}
            }) {
                var request = HttpRequest.newBuilder(server.uri("/v1/chat/completions"))
                        .POST(BodyPublishers.ofString(HELLO));
                if (headers.length > 0) {
                    request.headers(headers);
                }
                var response = server.client.send(request.build(), BodyHandlers.ofString());
                assertError(response, 415, "unsupported_media_type", "");
            }
        }
    }

    @Test
    void aBodyOverTheLimitIsRefusedWhetherItsLengthIsDeclaredOrNot() throws Exception {
        byte[] body = "{\"messages\":\"%s\"}".formatted("x".repeat(100 << 10)).getBytes(StandardCharsets.UTF_8);
        try (var server = new TestServer(new ScriptedEngine())) {
            var declared = BodyPublishers.ofByteArray(body);
            var chunked = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));
            for (var publisher : List.of(declared, chunked)) {
                var request = HttpRequest.newBuilder(server.uri("/v1/chat/completions"))
                        .header("Content-Type", "application/json")
                        .POST(publisher)
                        .build();
                assertError(server.client.send(request, BodyHandlers.ofString()), 413, "request_too_large", "");
            }
        }
    }

    @Test
    void aPromptThatLeavesNoRoomIsRefusedWithBothCounts() throws Exception {
        var engine = new ScriptedEngine(30, "");
        try (var server = new TestServer(engine)) {
            var response = server.chat(HELLO);
            assertError(response, 413, "context_length_exceeded", "messages");
            int prompt = engine.lastPrompt().text().length();
            assertThat(json(response).at("/error/message").asText())
                    .contains("maximum context length is 30 tokens", prompt + " tokens");
        }
        try (var server =
                new TestServer(new ScriptedEngine(30, ""), TestServer.settings(List.of(), 400, false, Duration.ZERO))) {
            assertError(server.chat(HELLO), 400, "context_length_exceeded", "messages");
        }
    }

    @Test
    void tooLargeAMaxTokensIsCutOrUnderStrictContextRefused() throws Exception {
        String large = "{\"max_tokens\":100000," + HELLO.substring(1);
        var engine = new ScriptedEngine();
        try (var server = new TestServer(engine)) {
            assertThat(server.chat(large).statusCode()).isEqualTo(200);
            var request = engine.started.take().request();
            assertThat(request.prompt().length + request.maxTokens()).isEqualTo(4_096);
        }
        try (var server =
                new TestServer(new ScriptedEngine(), TestServer.settings(List.of(), 413, true, Duration.ZERO))) {
            var response = server.chat(large);
            assertError(response, 413, "context_length_exceeded", "messages");
            assertThat(json(response).at("/error/message").asText())
                    .contains("maximum context length is 4096 tokens", "100000 to answer");
        }
    }

    @Test
    void refusalsOfTheEngineSayWhenToComeBack() throws Exception {
        var full = new Refusal.QueueFull(7, Duration.ofMillis(1_500));
        try (var server = new TestServer(new ScriptedEngine().refusing(full))) {
            var response = server.chat(HELLO);
            assertError(response, 503, "queue_full", "");
            assertThat(response.headers().firstValue("retry-after")).hasValue("2");
        }
        try (var server = new TestServer(new ScriptedEngine().failing(new EngineException.Restarted("it died")))) {
            assertError(server.chat(HELLO), 503, "engine_restarted", "");
        }
        try (var server = new TestServer(new ScriptedEngine().failing(new EngineException.Broken("for good")))) {
            assertError(server.chat(HELLO), 503, "engine_failed", "");
        }
    }

    @Test
    void aModelThatCannotAnswerYetSaysWhy() throws Exception {
        var engine = new ScriptedEngine().status(new EngineStatus.Loading(40));
        ServerSettings settings =
                TestServer.settings().with().loadWait(Duration.ZERO).build();
        try (var server = new TestServer(engine, settings)) {
            for (var response : List.of(server.chat(HELLO), server.get("/ready"))) {
                assertError(response, 503, "model_loading", "");
                assertThat(json(response).at("/error/message").asText()).contains("40 %");
                assertThat(response.headers().firstValue("retry-after")).isPresent();
            }
            engine.status(new EngineStatus.Failed("no such file"));
            await().untilAsserted(() -> assertError(server.get("/ready"), 503, "engine_failed", ""));
            assertThat(server.get("/health").statusCode()).isEqualTo(200);
            engine.status(new EngineStatus.Ready(0, 0));
            await().until(() -> server.chat(HELLO).statusCode() == 200); // has it loaded again
            assertThat(server.get("/ready").statusCode()).isEqualTo(200);
            engine.status(new EngineStatus.Restarting("it died", Duration.ofSeconds(3)));
            assertError(server.chat(HELLO), 503, "engine_restarted", "");
            assertError(server.get("/ready"), 503, "engine_restarted", "");
        }
    }

    @Test
    void aRequestWaitsForAModelThatIsRestarted() throws Exception {
        var engine = new ScriptedEngine().status(new EngineStatus.Ready(0, 0));
        try (var server = new TestServer(engine)) {
            assertThat(server.chat(HELLO).statusCode()).isEqualTo(200);
            engine.status(new EngineStatus.Restarting("it died", Duration.ofSeconds(3)));
            var waiting = CompletableFuture.supplyAsync(() -> {
                try {
                    return server.chat("{\"stream\":true," + HELLO.substring(1));
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().untilAsserted(() -> assertThat(server.get("/ready").body()).contains("engine_restarted"));
            assertThat(waiting).isNotDone();
            engine.status(new EngineStatus.Ready(0, 0));
            assertThat(waiting.join().statusCode()).isEqualTo(200);
            assertThat(waiting.join().body()).contains("[DONE]");
        }
    }

    @Test
    void aFaultOfOursIsToldWithTheRequestsIdAndNoStack() throws Exception {
        var engine = new ScriptedEngine().failing(new IllegalStateException("secret detail"));
        try (var server = new TestServer(engine)) {
            var response = server.chat(HELLO, "x-request-id", "mine-1");
            assertError(response, 500, "internal_error", "");
            assertThat(response.headers().firstValue("x-request-id")).hasValue("mine-1");
            assertThat(response.body()).contains("mine-1").doesNotContain("secret", "Exception", "\\tat ");
        }
    }

    @Test
    void whyAnEngineFailedIsForTheLogAndNotForClients() throws Exception {
        String words = "llama_model_load: can't open /srv/models/owl.gguf";
        var engine = new ScriptedEngine();
        ServerSettings settings =
                TestServer.settings().with().loadWait(Duration.ZERO).build();
        try (var server = new TestServer(engine, settings)) {
            for (var failure : List.of(
                    new EngineException.Broken(words),
                    new EngineException.Broken(words, new IllegalStateException(words)),
                    new EngineException.Restarted("the model is being restarted: " + words))) {
                engine.failing(failure);
                assertPlain(server.chat(HELLO));
                assertPlain(server.chat("{\"stream\":true," + HELLO.substring(1)));
            }
            engine.status(new EngineStatus.Restarting(words, Duration.ofSeconds(3)));
            assertPlain(server.chat(HELLO));
            assertPlain(server.get("/ready"));
            engine.status(new EngineStatus.Failed(words));
            // It is tried once more, and fails to load. Until the next request asks for it the server counts as ready.
            await().untilAsserted(() -> assertPlain(server.chat(HELLO)));
            assertNoReason(server.get("/ready"));
        }
    }

    private static void assertPlain(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(503);
        assertNoReason(response);
    }

    private static void assertNoReason(HttpResponse<String> response) {
        assertThat(response.body()).doesNotContain("/srv", "llama", "owl");
    }

    @Test
    void aTemplateThatRefusesOrIsBrokenIsTheRequestsError() throws Exception {
        var refusing = new ScriptedEngine(4_096, "{{ raise_exception('Roles must alternate') }}");
        var broken = new ScriptedEngine(4_096, "{% if %}");
        try (var server = new TestServer(
                TestServer.settings(),
                new TestModel("refusing", refusing),
                new TestModel("broken", broken),
                new TestModel("mended", broken, Optional.of("{{ messages[0].content }}"), Instant.EPOCH))) {
            var response = server.chat(HELLO);
            assertError(response, 400, "invalid_value", "messages");
            assertThat(json(response).at("/error/message").asText()).isEqualTo("Roles must alternate");
            assertError(
                    server.chat("{\"model\":\"broken\"," + HELLO.substring(1)),
                    400,
                    "invalid_chat_template",
                    "messages");
            assertThat(server.chat("{\"model\":\"mended\"," + HELLO.substring(1))
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void everyResponseHasARequestIdAlsoThatToWhatIsNoHttp() throws Exception {
        try (var server = new TestServer(new ScriptedEngine());
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port())) {
            assertThat(server.get("/nowhere")
                            .headers()
                            .firstValue("x-request-id")
                            .orElseThrow())
                    .startsWith("req_");
            assertThat(server.get("/health", "x-request-id", "bad id")
                            .headers()
                            .firstValue("x-request-id")
                            .orElseThrow())
                    .startsWith("req_");
            socket.getOutputStream().write("GET /%zz HTTP/1.1\r\nHost: gufo\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            InputStream in = socket.getInputStream();
            String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 400").contains("x-request-id: req_", "\"error\":{");
        }
    }

    private static void assertError(HttpResponse<String> response, int status, String code, String param)
            throws Exception {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(response.headers().firstValue("x-request-id")).isPresent();
        JsonNode error = json(response).get("error");
        assertThat(error.get("code").asText()).isEqualTo(code);
        assertThat(error.get("param").asText("")).isEqualTo(param);
        assertThat(error.get("message").asText()).isNotBlank();
        assertThat(error.get("type").asText()).isEqualTo(status < 500 ? "invalid_request_error" : "server_error");
    }
}
