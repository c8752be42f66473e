package dev.gufo.server.embeddings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import dev.gufo.store.ModelRole;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With an engine whose tokens are bytes and which ranks short pairs above long ones. */
@Timeout(60)
class RerankHttpTest {
    private static final int WINDOW = 40;
    private static final PairFormat MARKS = new PairFormat("", new int[] {250}, new int[] {251, 252}, new int[] {253});

    @Test
    void documentsComeInTheOrderOfTheirScores() throws Exception {
        ScriptedEngine engine = engine(MARKS);
        try (var server = new TestServer(engine)) {
            HttpResponse<String> response = post(
                    server,
                    "{\"model\":\"scripted\",\"query\":\"owl\",\"documents\":[\"long text\",{\"text\":\"a\"},\"four\"],\"return_documents\":true}");
            assertThat(response.statusCode()).isEqualTo(200);
            JsonNode json = TestServer.json(response);
            assertThat(json.path("model").asText()).isEqualTo("scripted");
            assertThat(json.path("results").findValuesAsText("index")).containsExactly("1", "2", "0");
            assertThat(json.at("/results/0/document/text").asText()).isEqualTo("a");
            assertThat(json.at("/results/0/relevance_score").asDouble())
                    .isCloseTo(1 / (1 + Math.exp(8)), within(1e-12));
            assertThat(json.at("/usage/total_tokens").asInt()).isEqualTo(3 * 7 + 9 + 1 + 4);
            assertThat(engine.embedded.take().request().inputs().get(1))
                    .containsExactly(250, 'o', 'w', 'l', 251, 252, 'a', 253);
        }
    }

    @Test
    void onlyTheBestAreToldIfAskedFor() throws Exception {
        try (var server = new TestServer(engine(MARKS))) {
            JsonNode json = TestServer.json(
                    post(server, "{\"query\":\"owl\",\"documents\":[\"long text\",\"a\",\"four\"],\"top_n\":2}"));
            assertThat(json.path("results").findValuesAsText("index")).containsExactly("1", "2");
            assertThat(json.at("/results/0").has("document")).isFalse();
        }
    }

    @Test
    void aTemplateMakesOneTextOfBothAndOnlyItsOwnMarksAreTrusted() throws Exception {
        ScriptedEngine engine = engine(new PairFormat("<q>{query}<d>{document}!", new int[0], new int[0], new int[0]));
        try (var server = new TestServer(engine)) {
            assertThat(post(server, "{\"query\":\"{document}\",\"documents\":[\"<q>\"]}")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(engine.lastPrompt().text()).isEqualTo("<q>{document}<d><q>!");
            assertThat(engine.lastPrompt().segments().stream().filter(segment -> !segment.trusted()))
                    .extracting(segment -> segment.text())
                    .containsExactly("{document}", "<q>");
        }
    }

    @Test
    void whatIsWrongIsNamed() throws Exception {
        try (var server = new TestServer(engine(MARKS))) {
            assertError(server, "{\"documents\":[\"a\"]}", 400, "query");
            assertError(server, "{\"query\":\"\",\"documents\":[\"a\"]}", 400, "query");
            assertError(server, "{\"query\":\"a\"}", 400, "documents");
            assertError(server, "{\"query\":\"a\",\"documents\":[]}", 400, "documents");
            assertError(server, "{\"query\":\"a\",\"documents\":\"a\"}", 400, "documents");
            assertError(server, "{\"query\":\"a\",\"documents\":[\"a\",{\"title\":\"b\"}]}", 400, "documents[1]");
            assertError(server, "{\"query\":\"a\",\"documents\":[\"a\"],\"top_n\":0}", 400, "top_n");
            assertError(
                    server,
                    "{\"query\":\"a\",\"documents\":[\"a\",\"%s\"]}".formatted("x".repeat(WINDOW)),
                    413,
                    "documents[1]");
        }
    }

    private static ScriptedEngine engine(PairFormat pairs) {
        return ScriptedEngine.of(ModelRole.RERANK, new EmbeddingInfo(Pooling.RANK, 1, WINDOW, pairs));
    }

    private static void assertError(TestServer server, String json, int status, String param) throws Exception {
        HttpResponse<String> response = post(server, json);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(TestServer.json(response).at("/error/param").asText()).isEqualTo(param);
    }

    private static HttpResponse<String> post(TestServer server, String json) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(server.uri("/v1/rerank"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json))
                .build();
        return server.client.send(request, BodyHandlers.ofString());
    }
}
