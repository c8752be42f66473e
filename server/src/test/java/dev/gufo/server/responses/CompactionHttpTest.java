package dev.gufo.server.responses;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.database.Database;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code POST /v1/responses/compact}, and how a dialogue goes on from there. */
@Timeout(60)
class CompactionHttpTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LOOK = "{\"type\":\"function\",\"name\":\"look\",\"parameters\":{\"type\":\"object\"}}";
    private static final String DIALOGUE = """
            {"instructions": "Be brief.", "tools": [%s], "input": [
             {"role": "developer", "content": "Dev"},
             {"role": "user", "content": "Where is the owl?"},
             {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]},
             {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"},
             {"type": "function_call_output", "call_id": "call_1", "output": "in the oak"},
             {"role": "assistant", "content": "In the oak."},
             {"role": "user", "content": [{"type": "input_text", "text": "Thanks"}]}]}""".formatted(LOOK);

    private static JsonNode compacted(TestServer server, String request) throws IOException, InterruptedException {
        var response = server.post("/v1/responses/compact", request);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode compaction = json(response);
        OpenResponses.compacted(compaction);
        assertThat(compaction.get("id").textValue()).startsWith("resp_");
        assertThat(compaction.get("created_at").isIntegralNumber()).isTrue();
        JsonNode last = compaction.get("output").get(compaction.get("output").size() - 1);
        assertThat(last.get("type").textValue()).isEqualTo("compaction");
        assertThat(last.get("id").textValue()).startsWith("cmp_");
        return compaction;
    }

    private static String goingOn(JsonNode compaction) {
        ObjectNode request = JSON.createObjectNode();
        ArrayNode input = request.putArray("input").addAll((ArrayNode) compaction.get("output"));
        input.addObject().put("role", "user").put("content", "And now?");
        return request.toString();
    }

    @Test
    void theMessagesStayAndASummaryStandsForTheRest() throws Exception {
        var engine = Dialogue.engine("The owl sits in the oak. 🦉");
        try (var server = new TestServer(engine)) {
            int before = json(server.post("/v1/responses", DIALOGUE))
                    .at("/usage/input_tokens")
                    .intValue();
            String prompt = engine.lastPrompt().text();
            JsonNode compaction = compacted(server, DIALOGUE);
            // The dialogue's own prompt is the beginning, so what is cached of it serves.
            String common = prompt.substring(0, prompt.length() - "[assistant]".length());
            assertThat(engine.lastPrompt().text()).startsWith(common).contains("Sum up this conversation");
            assertThat(engine.started.stream().toList().getLast().request().constraint())
                    .isEmpty();
            assertThat(compaction.at("/usage/input_tokens").intValue()).isGreaterThan(before);
            assertThat(compaction.at("/usage/output_tokens").intValue()).isPositive();
            assertThat(compaction.get("output")).hasSize(4);
            assertThat(compaction.at("/output/0/role").textValue()).isEqualTo("developer");
            assertThat(compaction.at("/output/1/content/0/text").textValue()).isEqualTo("Where is the owl?");
            assertThat(compaction.at("/output/2/content/0/text").textValue()).isEqualTo("Thanks");
            assertThat(compaction.at("/output/3/encrypted_content").textValue()).doesNotContain("owl");
            assertThat(server.post("/v1/responses", goingOn(compaction)).statusCode())
                    .isEqualTo(200);
            assertThat(engine.lastPrompt().text())
                    .isEqualTo(
                            "[system]Dev[user]Where is the owl?[user]Thanks"
                                    + "[user]A summary of the conversation so far:\n\nThe owl sits in the oak. 🦉[user]And now?[assistant]");
        }
    }

    @Test
    void aSummaryIsPartOfTheNextOne() throws Exception {
        var engine = Dialogue.engine("One.");
        try (var server = new TestServer(engine)) {
            String next = goingOn(compacted(server, DIALOGUE));
            engine.answering("Two.");
            JsonNode compaction = compacted(server, next);
            assertThat(engine.lastPrompt().text()).contains("so far:\n\nOne.");
            assertThat(compaction.get("output")).hasSize(5);
            server.post("/v1/responses", goingOn(compaction));
            assertThat(engine.lastPrompt().text()).contains("so far:\n\nTwo.").doesNotContain("One.");
        }
    }

    @Test
    void aDialogueThatDoesNotFitIsSummedUpWithoutItsOldestPart() throws Exception {
        var engine = new ScriptedEngine(1_600, Dialogue.TEMPLATE).answering("Sum.");
        try (var server = new TestServer(engine)) {
            ObjectNode request = JSON.createObjectNode();
            ArrayNode input = request.putArray("input");
            input.addObject().put("role", "user").put("content", "Count the owls.");
            for (int i = 0; i < 20; i++) {
                input.addObject()
                        .put("type", "function_call")
                        .put("call_id", "call_" + i)
                        .put("name", "look")
                        .put("arguments", "{}");
                input.addObject()
                        .put("type", "function_call_output")
                        .put("call_id", "call_" + i)
                        .put("output", "owl number " + i + " x".repeat(40));
            }
            assertThat(server.post("/v1/responses", request.toString()).statusCode())
                    .isEqualTo(400);
            JsonNode compaction = compacted(server, request.toString());
            assertThat(engine.lastPrompt().text())
                    .contains("Count the owls.", "owl number 19", "Sum up this conversation")
                    .doesNotContain("owl number 0 ");
            assertThat(compaction.get("output")).hasSize(2);
        }
    }

    @Test
    void aModelThatOnlyThinksHasSaidSomethingToo() throws Exception {
        var engine = Dialogue.engine("<think>The owl sits in the oak.</think>");
        try (var server = new TestServer(engine)) {
            server.post("/v1/responses", goingOn(compacted(server, DIALOGUE)));
            assertThat(engine.lastPrompt().text()).contains("so far:\n\nThe owl sits in the oak.");
        }
    }

    @Test
    void whatIsKeptIsSummedUpAndStaysAsItIs(@TempDir Path folder) throws Exception {
        var engine = Dialogue.engine("Hoo!");
        try (Database database = Database.open("", folder);
                var server = new TestServer(TestServer.settings(), database, new TestModel("scripted", engine))) {
            JsonNode first = json(server.post("/v1/responses", "{\"input\":\"Hi\"}"));
            String path = "/v1/responses/" + first.get("id").textValue();
            JsonNode compaction = compacted(
                    server,
                    "{\"previous_response_id\":\"%s\"}"
                            .formatted(first.get("id").textValue()));
            assertThat(engine.lastPrompt().text()).startsWith("[user]Hi[assistant]Hoo![user]Sum up");
            assertThat(compaction.at("/output/0/content/0/text").textValue()).isEqualTo("Hi");
            assertThat(json(server.get(path))).isEqualTo(first);
            assertThat(server.get("/v1/responses/" + compaction.get("id").textValue())
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void aSummaryOfAnotherServersIsRefused() throws Exception {
        try (var server = new TestServer(Dialogue.engine("Hoo!"))) {
            for (String item : new String[] {
                "{\"type\":\"compaction\",\"encrypted_content\":\"gAAAAA\"}",
                "{\"type\":\"compaction\",\"id\":\"cmp_1\"}"
            }) {
                var response = server.post("/v1/responses", "{\"input\":[" + item + "]}");
                assertThat(response.statusCode()).isEqualTo(400);
                assertThat(json(response).at("/error/param").textValue()).isEqualTo("input[0].encrypted_content");
            }
            assertThat(server.post("/v1/responses/compact", "{}").statusCode()).isEqualTo(400);
        }
    }
}
