package dev.gufo.server.responses;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.io.IOException;
import java.util.List;

/** Requests to {@code /v1/responses} of a server whose template shows reasoning and calls. */
public final class Dialogue {
    /** Turns in brackets, tools at the beginning, reasoning and calls as Hermes writes them. */
    public static final String TEMPLATE =
            "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}[{{ m.role }}]"
                    + "{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{{ m.content or '' }}"
                    + "{% for c in m.tool_calls or [] %}{% set f = c.function %}<tool_call>"
                    + "{{ {'name': f.name, 'arguments': f.arguments} | tojson }}</tool_call>{% endfor %}{% endfor %}"
                    + "{% if add_generation_prompt %}[assistant]{% endif %}"
                    + "{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}";

    private static final ObjectMapper JSON = new ObjectMapper();

    private Dialogue() {}

    static ScriptedEngine engine(String answer) {
        return new ScriptedEngine(8_192, TEMPLATE).answering(answer);
    }

    /** Asks for a whole response and a streamed one, and checks that they are the same but for ids and times. */
    static JsonNode both(TestServer server, String request) throws IOException, InterruptedException {
        var whole = server.post("/v1/responses", request);
        assertThat(whole.statusCode()).as(whole.body()).isEqualTo(200);
        JsonNode response = TestServer.json(whole);
        ResponseShape.response(response);
        OpenResponses.response(response);
        ObjectNode streaming = ((ObjectNode) JSON.readTree(request)).put("stream", true);
        CheckedStream stream = CheckedStream.of(
                server.post("/v1/responses", streaming.toString()).body());
        stream.events().forEach(OpenResponses::event);
        JsonNode streamed = stream.response();
        assertThat(anonymous(streamed)).isEqualTo(anonymous(response));
        return response;
    }

    /** Without what differs from answer to answer. */
    static JsonNode anonymous(JsonNode response) {
        ObjectNode copy = response.deepCopy();
        copy.put("id", copy.get("id").textValue().replaceAll("_.*", ""));
        copy.remove(List.of("created_at", "completed_at", "timings"));
        copy.get("output").forEach(item -> {
            ObjectNode same = (ObjectNode) item;
            same.put("id", item.get("id").textValue().replaceAll("_.*", ""));
            if (item.has("call_id")) {
                same.put("call_id", item.get("call_id").textValue().replaceAll("_.*", ""));
            }
        });
        return copy;
    }
}
