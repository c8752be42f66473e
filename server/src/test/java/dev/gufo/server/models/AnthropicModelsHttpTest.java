package dev.gufo.server.models;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The list of models for Anthropic's clients. */
@Timeout(60)
class AnthropicModelsHttpTest {
    private final TestServer server = new TestServer(
            TestServer.settings(),
            Stream.of("claude-at-home", "org/owl", "fox")
                    .map(id -> new ServedModel(
                            id, new ScriptedEngine(2_048, ""), Optional.empty(), Instant.ofEpochSecond(1_700_000_000)))
                    .toArray(ServedModel[]::new));

    @AfterEach
    void stop() {
        server.close();
    }

    private JsonNode asked(String path) throws Exception {
        return TestServer.json(server.get(path, "anthropic-version", "2023-06-01"));
    }

    @Test
    void theHeaderDecidesTheForm() throws Exception {
        JsonNode list = asked("/v1/models?limit=1000");
        assertThat(list.path("data").findValuesAsText("id")).containsExactly("claude-at-home", "org/owl", "fox");
        assertThat(list.path("has_more").booleanValue()).isFalse();
        assertThat(list.path("first_id").textValue()).isEqualTo("claude-at-home");
        assertThat(list.path("last_id").textValue()).isEqualTo("fox");
        assertThat(list.at("/data/0/created_at").textValue()).isEqualTo("2023-11-14T22:13:20Z");
        assertThat(list.at("/data/0/type").textValue()).isEqualTo("model");
        assertThat(asked("/v1/models/org/owl").path("display_name").textValue()).isEqualTo("org/owl");
        JsonNode openAis = TestServer.json(server.get("/v1/models"));
        assertThat(openAis.path("object").textValue()).isEqualTo("list");
        assertThat(openAis.at("/data/0/max_model_len").intValue()).isEqualTo(2_048);
    }

    @Test
    void aListComesInPages() throws Exception {
        JsonNode first = asked("/v1/models?limit=2");
        assertThat(first.path("data").findValuesAsText("id")).containsExactly("claude-at-home", "org/owl");
        assertThat(first.path("has_more").booleanValue()).isTrue();
        JsonNode second =
                asked("/v1/models?limit=2&after_id=" + first.path("last_id").textValue());
        assertThat(second.path("data").findValuesAsText("id")).containsExactly("fox");
        assertThat(second.path("has_more").booleanValue()).isFalse();
        JsonNode back = asked("/v1/models?limit=1&before_id=fox");
        assertThat(back.path("data").findValuesAsText("id")).containsExactly("org/owl");
        assertThat(back.path("has_more").booleanValue()).isTrue();
    }

    @Test
    void whatIsWrongIsToldInTheSameForm() throws Exception {
        for (String wrong : new String[] {"limit=0", "limit=x", "after_id=none", "after_id=fox&before_id=fox"}) {
            HttpResponse<String> response = server.get("/v1/models?" + wrong, "anthropic-version", "2023-06-01");
            assertThat(response.statusCode()).as(wrong).isEqualTo(400);
            assertThat(TestServer.json(response).at("/error/type").textValue()).isEqualTo("invalid_request_error");
        }
        HttpResponse<String> none = server.get("/v1/models/none", "anthropic-version", "2023-06-01");
        assertThat(none.statusCode()).isEqualTo(404);
        assertThat(TestServer.json(none).at("/error/type").textValue()).isEqualTo("not_found_error");
        assertThat(none.headers().firstValue("request-id")).isPresent();
    }
}
