package dev.gufo.server.messages;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/** Sends requests of the Messages API. */
final class MessagesClient {
    static final String HI = "\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

    private MessagesClient() {}

    static HttpResponse<String> post(TestServer server, String path, String json, String... headers)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(server.uri(path))
                .header("Content-Type", "application/json")
                .header("anthropic-version", "2023-06-01")
                .header("anthropic-beta", "interleaved-thinking-2025-05-14,context-management-2025-06-27")
                .POST(BodyPublishers.ofString(json));
        return server.client.send(
                (headers.length == 0 ? request : request.headers(headers)).build(), BodyHandlers.ofString());
    }

    static HttpResponse<String> message(TestServer server, String json, String... headers)
            throws IOException, InterruptedException {
        return post(server, "/v1/messages?beta=true", json, headers);
    }

    /** A whole answer. */
    static JsonNode whole(TestServer server, String json) throws IOException, InterruptedException {
        HttpResponse<String> response = message(server, json);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return TestServer.json(response);
    }

    /** The same answer as a stream that has been checked. */
    static JsonNode streamed(TestServer server, String json) throws IOException, InterruptedException {
        HttpResponse<String> response =
                message(server, "{\"stream\":true," + json.strip().substring(1));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
        return StreamedMessage.of(response.body());
    }

    /** What the model is shown of a request. */
    static String prompt(String template, String json) throws IOException, InterruptedException {
        var engine = new ScriptedEngine(8_192, template);
        try (var server = new TestServer(engine)) {
            whole(server, json);
            return engine.lastPrompt().text();
        }
    }
}
