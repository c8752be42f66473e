package dev.gufo.server.messages;

import static dev.gufo.server.messages.MessagesClient.HI;
import static dev.gufo.server.messages.MessagesClient.message;
import static dev.gufo.server.messages.MessagesClient.post;
import static dev.gufo.server.messages.MessagesClient.prompt;
import static dev.gufo.server.messages.MessagesClient.streamed;
import static dev.gufo.server.messages.MessagesClient.whole;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests of the Messages API and their answers, over HTTP. */
@Timeout(60)
class MessagesHttpTest {
    private static final String END = "{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";
    private static final String THINKS = "{% for m in messages %}[{{ m.role }}]"
            + "{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{{ m.content or '' }}"
            + "{% for c in m.tool_calls or [] %}{% set f = c.function %}"
            + "<tool_call>{{ {'name': f.name, 'arguments': f.arguments} | tojson }}</tool_call>{% endfor %}" + END
            + "{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}"
            + "{% if reasoning_effort is defined %}(effort {{ reasoning_effort }}){% endif %}";
    private static final String TOOLS = """
            "tools": [{"name": "get_time", "description": "Tells the time.", "cache_control": {"type": "ephemeral"},
              "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}, "eager_input_streaming": true},
             {"name": "stop_all", "input_schema": {"type": "object", "properties": {}}}]""";
    private static final String CALLS =
            "Let me see. <tool_call>{\"name\": \"get_time\", \"arguments\": {\"city\": \"Oslo 🦉\"}}"
                    + "</tool_call>\n<tool_call>{\"name\": \"stop_all\", \"arguments\": {}}</tool_call>";

    private static ScriptedEngine thinking(String answer) {
        return new ScriptedEngine(8_192, THINKS).answering(answer);
    }

    @Test
    void anAnswerIsAMessageWithItsUsage() throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            JsonNode message = whole(server, "{\"model\":\"scripted\"," + HI + "}");
            assertThat(message.path("id").textValue()).matches("msg_[0-9a-f]{32}");
            assertThat(message.path("type").textValue()).isEqualTo("message");
            assertThat(message.path("role").textValue()).isEqualTo("assistant");
            assertThat(message.path("model").textValue()).isEqualTo("scripted");
            assertThat(message.path("content").toString()).isEqualTo("[{\"type\":\"text\",\"text\":\"Hello!\"}]");
            assertThat(message.path("stop_reason").textValue()).isEqualTo("end_turn");
            assertThat(message.path("stop_sequence").isNull()).isTrue();
            JsonNode chat = TestServer.json(server.chat(TestServer.HELLO)).path("usage");
            JsonNode usage = message.path("usage");
            assertThat(usage.path("cache_read_input_tokens").intValue()).isEqualTo(3);
            assertThat(usage.path("input_tokens").intValue())
                    .isEqualTo(chat.path("prompt_tokens").intValue() - 3);
            assertThat(usage.path("cache_creation_input_tokens").intValue()).isZero();
            assertThat(usage.path("output_tokens")).isEqualTo(chat.path("completion_tokens"));
        }
    }

    @Test
    void anImageInAResultIsNoReasonToRefuseTheHistory() throws Exception {
        var engine = thinking("Done.");
        try (var server = new TestServer(engine)) {
            HttpResponse<String> response = server.post("/v1/messages", """
                    {"max_tokens": 9, "messages": [{"role": "user", "content": "Look"},
                     {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "read", "input": {}}]},
                     {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [
                      {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
                      {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AA=="}},
                      {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "An owl."}},
                      {"type": "text", "text": "640 x 480"}]}]}]}""");
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(response.headers().firstValue("x-gufo-left-out")).contains("document, image");
            assertThat(engine.lastPrompt().text())
                    .endsWith(
                            "[tool](image that can't be shown)\n(document that can't be shown)\nAn owl.\n640 x 480[assistant]");
        }
    }

    @Test
    void timingsStandBesideTheUsage() throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            assertThat(whole(server, "{\"timings\":true," + HI + "}")
                            .at("/timings/prefill_ms")
                            .doubleValue())
                    .isEqualTo((double) ScriptedEngine.PREFILL.toMillis());
            HttpResponse<String> response =
                    server.post("/v1/messages", "{\"stream\":true,\"timings\":true," + HI + "}");
            List<JsonNode> timed = TestServer.events(response.body()).stream()
                    .filter(event -> event.has("timings"))
                    .toList();
            assertThat(timed).hasSize(1);
            assertThat(timed.getFirst().get("type").textValue()).isEqualTo("message_delta");
            assertThat(whole(server, "{" + HI + "}").has("timings")).isFalse();
        }
    }

    @Test
    void whatIsMarkedToBeCachedIsCountedAsWritten() throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            for (String marked : List.of(
                    "{\"cache_control\":{\"type\":\"ephemeral\"}," + HI + "}",
                    "{\"system\":[{\"type\":\"text\",\"text\":\"S\",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}],"
                            + HI + "}",
                    "{" + TOOLS + "," + HI + "}")) {
                for (JsonNode message : List.of(whole(server, marked), streamed(server, marked))) {
                    JsonNode usage = message.path("usage");
                    assertThat(usage.path("input_tokens").intValue()).isEqualTo(1);
                    assertThat(usage.path("cache_read_input_tokens").intValue()).isEqualTo(3);
                    assertThat(usage.path("cache_creation_input_tokens").intValue())
                            .isPositive();
                }
            }
        }
    }

    @Test
    void thinkingTextAndCallsAreBlocksThatFollowEachOther() throws Exception {
        try (var server = new TestServer(thinking("<think>Two clocks.</think>" + CALLS))) {
            String request = "{" + TOOLS + "," + HI.replace("100", "1000") + "}";
            JsonNode message = whole(server, request);
            assertThat(message.path("content").findValuesAsText("type"))
                    .containsExactly("thinking", "text", "tool_use", "tool_use");
            assertThat(message.at("/content/0/thinking").textValue()).isEqualTo("Two clocks.");
            assertThat(message.at("/content/0/signature").textValue()).isNotEmpty();
            assertThat(message.at("/content/2/name").textValue()).isEqualTo("get_time");
            assertThat(message.at("/content/2/input/city").textValue()).isEqualTo("Oslo 🦉");
            assertThat(message.at("/content/3/input")).isEmpty();
            assertThat(message.at("/content/3/input").isObject()).isTrue();
            assertThat(message.path("stop_reason").textValue()).isEqualTo("tool_use");
            JsonNode stream = streamed(server, request);
            assertThat(stream.path("content").findValuesAsText("type"))
                    .containsExactly("thinking", "text", "tool_use", "tool_use");
            assertThat(stream.at("/content/0")).isEqualTo(message.at("/content/0"));
            assertThat(stream.at("/content/2/input").textValue()).contains("Oslo 🦉");
            assertThat(stream.path("stop_reason")).isEqualTo(message.path("stop_reason"));
        }
    }

    @Test
    void whatWasThoughtComesBackByItsSignatureWhereItWasNotShown() throws Exception {
        var engine = thinking("<think>Two clocks 🦉.</think>Noon.");
        try (var server = new TestServer(engine)) {
            String hidden = "{\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"}," + HI + "}";
            for (JsonNode message : List.of(whole(server, hidden), streamed(server, hidden))) {
                JsonNode thought = message.at("/content/0");
                assertThat(thought.path("thinking").textValue()).isEmpty();
                assertThat(message.at("/content/1/text").textValue()).isEqualTo("Noon.");
                String next = """
                        {"max_tokens": 9, "messages": [{"role": "user", "content": "Hi"},
                         {"role": "assistant", "content": [%s, {"type": "text", "text": "Noon."}]},
                         {"role": "user", "content": "Sure?"}]}""";
                whole(server, next.formatted(thought));
                assertThat(engine.lastPrompt().text())
                        .isEqualTo("[user]Hi[assistant]<think>Two clocks 🦉.</think>Noon.[user]Sure?[assistant]");
                String redacted = "{\"type\":\"redacted_thinking\",\"data\":" + thought.path("signature") + "}";
                whole(server, next.formatted(redacted));
                assertThat(engine.lastPrompt().text()).contains("<think>Two clocks 🦉.</think>");
                String foreign = "{\"type\":\"thinking\",\"thinking\":\"%s\",\"signature\":\"EqQBCgIYAhIkZm9y\"}";
                whole(server, next.formatted(foreign.formatted("Other.")));
                assertThat(engine.lastPrompt().text()).contains("<think>Other.</think>");
                whole(server, next.formatted(foreign.formatted("")));
                assertThat(engine.lastPrompt().text()).contains("[assistant]Noon.");
            }
        }
    }

    @Test
    void aStreamBeginsWithTheMessageAndEndsWithItsCumulativeUsage() throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            List<JsonNode> events = StreamedMessage.events(
                    message(server, "{\"stream\":true," + HI + "}").body());
            assertThat(events.stream()
                            .map(event -> event.path("type").textValue())
                            .distinct())
                    .containsExactly(
                            "message_start",
                            "ping",
                            "content_block_start",
                            "content_block_delta",
                            "content_block_stop",
                            "message_delta",
                            "message_stop");
            JsonNode last = events.get(events.size() - 2);
            assertThat(last.at("/delta/stop_reason").textValue()).isEqualTo("end_turn");
            assertThat(last.at("/usage/output_tokens").intValue()).isEqualTo(7);
            assertThat(last.at("/usage/cache_read_input_tokens").intValue()).isEqualTo(3);
            assertThat(events.getFirst()
                            .at("/message/usage/cache_read_input_tokens")
                            .intValue())
                    .isEqualTo(3);
        }
    }

    @Test
    void thePromptIsTheSameWhetherTextsAreStringsOrBlocks() throws Exception {
        String strings = """
                {"max_tokens": 9, "system": "One.\\nTwo.", "messages": [{"role": "user", "content": "Hi"},
                 {"role": "system", "content": "Env."}, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "A\\nB"}]}""";
        String blocks = """
                {"max_tokens": 9, "system": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two.", "cache_control": {"type": "ephemeral"}}],
                 "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                 {"role": "system", "content": [{"type": "text", "text": "Env."}]},
                 {"role": "assistant", "content": [{"type": "text", "text": "Yes?"}]},
                 {"role": "user", "content": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]}]}""";
        String shown = "[system]One.\nTwo.[user]Hi[system]Env.[assistant]Yes?[user]A\nB[assistant]";
        assertThat(prompt(THINKS, strings)).isEqualTo(shown);
        assertThat(prompt(THINKS, blocks)).isEqualTo(shown);
    }

    @Test
    void resultsStandBehindTheirCallsAndBeforeTheTextBesideThem() throws Exception {
        String shown = prompt(THINKS, """
                {"max_tokens": 9, "messages": [{"role": "user", "content": "Here and there?"},
                 {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm.", "signature": "x"}, {"type": "text", "text": "So."},
                  {"type": "tool_use", "id": "toolu_1", "name": "get_time", "input": {"city": "Oslo"}},
                  {"type": "tool_use", "id": "toolu_2", "name": "get_time"}]},
                 {"role": "user", "content": [{"type": "text", "text": "Go on."},
                  {"type": "tool_result", "tool_use_id": "toolu_1", "content": "12:30", "cache_control": {"type": "ephemeral"}},
                  {"type": "tool_result", "tool_use_id": "toolu_2", "is_error": true, "content": [{"type": "text", "text": "no"}, {"type": "text", "text": "clock"}]},
                  {"type": "tool_result", "tool_use_id": "toolu_3", "is_error": true}]}]}""");
        assertThat(shown)
                .isEqualTo("[user]Here and there?[assistant]<think>Hm.</think>So."
                        + "<tool_call>{\"name\": \"get_time\", \"arguments\": {\"city\": \"Oslo\"}}</tool_call>"
                        + "<tool_call>{\"name\": \"get_time\", \"arguments\": {}}</tool_call>"
                        + "[tool]12:30[tool]no\nclock[tool]error[user]Go on.[assistant]");
    }

    @Test
    void documentsAndFoundTextsAreText() throws Exception {
        assertThat(prompt(THINKS, """
                {"max_tokens": 9, "messages": [{"role": "user", "content": [
                 {"type": "document", "title": "T", "source": {"type": "text", "media_type": "text/plain", "data": "D"}},
                 {"type": "search_result", "source": "s", "title": "U", "content": [{"type": "text", "text": "E"}]},
                 {"type": "text", "text": "Well?"}]},
                 {"role": "assistant", "content": [{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
                  {"type": "web_search_tool_result", "tool_use_id": "s", "content": []}, {"type": "text", "text": "Y"}]},
                 {"role": "user", "content": "Z"}]}""")).isEqualTo("[user]T\nD\nU\nE\nWell?[assistant]Y[user]Z[assistant]");
    }

    @Test
    void aLastMessageOfTheAssistantIsGoneOnWith() throws Exception {
        var engine = thinking(" is 4.");
        try (var server = new TestServer(engine)) {
            JsonNode message = whole(server, """
                    {"max_tokens": 9, "messages": [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "It"}]}""");
            assertThat(engine.lastPrompt().text()).isEqualTo("[user]2+2?[assistant]It");
            assertThat(message.at("/content/0/text").textValue()).isEqualTo(" is 4.");
        }
    }

    @Test
    void aStopTextIsToldAndEndsTheAnswer() throws Exception {
        for (String template : List.of("", THINKS)) {
            try (var server = new TestServer(new ScriptedEngine(8_192, template).answering("one two END three"))) {
                String request = "{\"stop_sequences\":[\"STOP\",\"END\",\"ND\"]," + HI + "}";
                for (JsonNode message : List.of(whole(server, request), streamed(server, request))) {
                    assertThat(message.at("/content/0/text").textValue()).isEqualTo("one two ");
                    assertThat(message.path("stop_reason").textValue()).isEqualTo("stop_sequence");
                    assertThat(message.path("stop_sequence").textValue()).isEqualTo("END");
                }
            }
        }
    }

    @Test
    void anAnswerThatIsCutSaysSoAndACutCallHasWhatIsWhole() throws Exception {
        try (var server = new TestServer(thinking(CALLS))) {
            String request = "{" + TOOLS + "," + HI.replace("100", "78") + "}";
            JsonNode message = whole(server, request);
            assertThat(message.path("stop_reason").textValue()).isEqualTo("max_tokens");
            assertThat(message.at("/content/1/input").toString()).startsWith("{\"city\":\"Os");
            JsonNode stream = streamed(server, request);
            assertThat(stream.path("stop_reason").textValue()).isEqualTo("max_tokens");
            assertThat(stream.at("/content/1/input").textValue()).startsWith("{\"city\": \"Os");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "auto | false | true",
                "any | true | true",
                "none | - | -",
                "tool\",\"name\":\"stop_all | true | false"
            })
    void theChoiceOfToolsIsThatOfTheGrammar(String choice, String required, String free) throws Exception {
        var engine = thinking(CALLS);
        try (var server = new TestServer(engine)) {
            String request = "{" + TOOLS + ",\"tool_choice\":{\"type\":\"" + choice + "\"}," + HI + "}";
            whole(server, request);
            var constraint = engine.started.take().request().constraint();
            assertThat(constraint.isPresent()).isEqualTo(!required.equals("-"));
            constraint.ifPresent(made -> {
                assertThat(made.start().getClass().getSimpleName())
                        .isEqualTo(required.equals("true") ? "Now" : "AtTrigger");
                assertThat(made.grammar().contains("get_time")).isEqualTo(free.equals("true"));
            });
            String one =
                    request.replace("\"type\":\"" + choice, "\"disable_parallel_tool_use\":true,\"type\":\"" + choice);
            whole(server, one);
            var alone = engine.started.take().request().constraint();
            assertThat(alone.isPresent()).isEqualTo(constraint.isPresent());
            if (free.equals("true")) {
                assertThat(alone).isNotEqualTo(constraint);
            }
        }
    }

    @Test
    void toolsOfTheMakerAreLeftOutAndNamed() throws Exception {
        var engine = thinking("Hoo!");
        try (var server = new TestServer(engine)) {
            HttpResponse<String> response = message(
                    server,
                    "{\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\",\"max_uses\":5},"
                            + "{\"type\":\"custom\",\"name\":\"add\",\"input_schema\":{\"type\":\"object\"}}],"
                            + "\"tool_choice\":{\"type\":\"auto\"}," + HI + "}");
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(response.headers().firstValue("x-gufo-left-out")).contains("web_search_20250305");
            assertThat(engine.started
                            .take()
                            .request()
                            .constraint()
                            .orElseThrow()
                            .grammar())
                    .contains("add")
                    .doesNotContain("web_search");
            assertThat(message(
                                    server,
                                    "{\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}],\"tool_choice\":{\"type\":\"any\"},"
                                            + HI + "}")
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void samplingAndWhatIsUnknownIsTaken() throws Exception {
        var engine = new ScriptedEngine();
        try (var server = new TestServer(engine)) {
            whole(
                    server,
                    "{\"temperature\":0.25,\"top_p\":0.5,\"top_k\":7,\"metadata\":{\"user_id\":\"u\"},\"service_tier\":\"auto\","
                            + "\"container\":null,\"inference_geo\":\"x\",\"mcp_servers\":[],\"some_new_field\":{\"a\":1},"
                            + HI + "}");
            GenerationRequest request = engine.started.take().request();
            assertThat(request.maxTokens()).isEqualTo(100);
            assertThat(request.sampling().number(SamplingParameter.TEMPERATURE)).isEqualTo(0.25f);
            assertThat(request.sampling().number(SamplingParameter.TOP_P)).isEqualTo(0.5f);
            assertThat(request.sampling().number(SamplingParameter.TOP_K)).isEqualTo(7f);
        }
    }

    @Test
    void moreTokensThanTheContextHasLeftAreCutAlsoWhereTheServerIsStrict() throws Exception {
        var engine = new ScriptedEngine(1_000, "");
        try (var server = new TestServer(engine, TestServer.settings(List.of(), 413, true, Duration.ofSeconds(20)))) {
            whole(server, "{" + HI.replace("100", "32000") + "}");
            GenerationRequest request = engine.started.take().request();
            assertThat(request.maxTokens()).isEqualTo(1_000 - request.prompt().length);
            assertThat(server.chat(TestServer.HELLO.replace("{\"mess", "{\"max_tokens\":32000,\"mess"))
                            .statusCode())
                    .isEqualTo(413);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"type\":\"disabled\"} | <think></think>(effort low)",
                "{\"type\":\"adaptive\"} | ''",
                "{\"type\":\"enabled\",\"budget_tokens\":1024} | (effort low)",
                "{\"type\":\"enabled\",\"budget_tokens\":30000} | (effort high)"
            })
    void thinkingIsTheEffortOfTheTemplate(String thinking, String shown) throws Exception {
        assertThat(prompt(THINKS, "{\"thinking\":" + thinking + "," + HI + "}")).endsWith("[assistant]" + shown);
    }

    @Test
    void theEffortAndTheFormOfTheOutputAreKept() throws Exception {
        assertThat(prompt(
                        THINKS,
                        "{\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"max\"}," + HI + "}"))
                .endsWith("(effort xhigh)");
        var engine = new ScriptedEngine().answering("{\"n\": 1}");
        try (var server = new TestServer(engine)) {
            String format =
                    "{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}}}}";
            for (String field :
                    List.of("\"output_config\":{\"format\":" + format + "}", "\"output_format\":" + format)) {
                whole(server, "{" + field + "," + HI + "}");
                assertThat(engine.started.take().request().constraint()).isPresent();
            }
        }
    }

    @Test
    void clearedThoughtsAndResultsAreNotShownAndAreCounted() throws Exception {
        String history = """
                "messages": [{"role": "user", "content": "A"},
                 {"role": "assistant", "content": [{"type": "thinking", "thinking": "first", "signature": ""},
                  {"type": "tool_use", "id": "t1", "name": "get_time", "input": {"city": "Oslo"}}]},
                 {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "12:30 and a bit"}]},
                 {"role": "assistant", "content": [{"type": "thinking", "thinking": "second", "signature": ""}, {"type": "text", "text": "B"}]},
                 {"role": "user", "content": "C"},
                 {"role": "assistant", "content": [{"type": "thinking", "thinking": "third", "signature": ""},
                  {"type": "tool_use", "id": "t2", "name": "get_time", "input": {}}]},
                 {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t2", "content": "13:30"}]}]""";
        var engine = thinking("D");
        try (var server = new TestServer(engine)) {
            String request = "{\"max_tokens\":9,\"context_management\":{\"edits\":[%s]}," + history + "}";
            JsonNode kept = whole(server, request.formatted("{\"type\":\"clear_thinking_20251015\",\"keep\":\"all\"}"));
            assertThat(kept.at("/context_management/applied_edits")).isEmpty();
            assertThat(engine.lastPrompt().text())
                    .contains("first")
                    .contains("second")
                    .contains("third");
            String both = request.formatted("""
                    {"type": "clear_thinking_20251015"}, {"type": "compact_20260112"},
                    {"type": "clear_tool_uses_20250919", "trigger": {"type": "tool_uses", "value": 1}, "keep": {"type": "tool_uses", "value": 1},
                     "clear_tool_inputs": true}""");
            for (JsonNode message : List.of(whole(server, both), streamed(server, both))) {
                JsonNode applied = message.at("/context_management/applied_edits");
                assertThat(applied.at("/0/cleared_thinking_turns").intValue()).isEqualTo(1);
                assertThat(applied.at("/1/cleared_tool_uses").intValue()).isEqualTo(1);
                assertThat(engine.lastPrompt().text())
                        .doesNotContain("first")
                        .doesNotContain("second")
                        .contains("third")
                        .contains("\"arguments\": {}}</tool_call>[tool][cleared]")
                        .contains("[tool]13:30");
            }
            JsonNode few = whole(server, request.formatted("{\"type\":\"clear_tool_uses_20250919\"}"));
            assertThat(few.at("/context_management/applied_edits")).isEmpty();
            whole(server, request.formatted("""
                    {"type": "clear_tool_uses_20250919", "trigger": {"type": "input_tokens", "value": 5}, "keep": {"type": "tool_uses", "value": 0},
                     "exclude_tools": ["get_time"]}"""));
            assertThat(engine.lastPrompt().text()).contains("12:30 and a bit");
        }
    }

    @Test
    void aCountIsThatOfThePrompt() throws Exception {
        var engine = new ScriptedEngine();
        try (var server = new TestServer(engine)) {
            String request = "{\"system\":\"S\"," + TOOLS + ",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";
            HttpResponse<String> counted = post(server, "/v1/messages/count_tokens?beta=true", request + "}");
            assertThat(counted.statusCode()).as(counted.body()).isEqualTo(200);
            whole(server, request + ",\"max_tokens\":9}");
            assertThat(counted.body())
                    .isEqualTo("{\"input_tokens\":"
                            + engine.started.take().request().prompt().length + "}");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}] # max_tokens",
                "\"max_tokens\":0,\"messages\":[] # max_tokens",
                "\"max_tokens\":9 # messages",
                "\"max_tokens\":9,\"messages\":[] # messages",
                "\"max_tokens\":9,\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}] # messages[0].role",
                "\"max_tokens\":9,\"messages\":[{\"role\":\"user\"}] # messages[0].content",
                "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{}}]}] # image",
                "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\"}]}] # messages[0].content[0].tool_use_id",
                "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_use\"}]}] # tool_use",
                "\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"video\"}]}] # video",
                "\"tool_choice\":{\"type\":\"any\"}," + HI + " # tool_choice",
                "\"tool_choice\":{\"type\":\"tool\",\"name\":\"x\"}," + HI + " # tool_choice.name",
                "\"thinking\":{\"type\":\"on\"}," + HI + " # thinking.type",
                "\"output_config\":{\"effort\":\"wild\"}," + HI + " # output_config.effort",
                "\"output_format\":{\"type\":\"xml\"}," + HI + " # output_format.type",
                "\"stop_sequences\":[7]," + HI + " # stop_sequences",
                "\"system\":7," + HI + " # system"
            })
    void whatIsWrongIsNamed(String test) throws Exception {
        String[] parts = test.split(" # ", 2);
        try (var server = new TestServer(new ScriptedEngine())) {
            HttpResponse<String> response = message(server, "{" + parts[0] + "}");
            assertThat(response.statusCode()).isEqualTo(400);
            JsonNode error = TestServer.json(response);
            assertThat(error.path("type").textValue()).isEqualTo("error");
            assertThat(error.at("/error/type").textValue()).isEqualTo("invalid_request_error");
            assertThat(error.at("/error/message").textValue()).contains(parts[1]);
        }
    }
}
