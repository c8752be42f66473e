package dev.gufo.server.responses;

import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.Constraint;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.Reuse;
import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.Matcher;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code POST /v1/responses}, from what clients send to what they get. */
@Timeout(60)
class ResponsesHttpTest {
    private static final String WEATHER = """
            {"type": "function", "name": "get_weather", "description": "Weather of a city", "strict": false, "parameters":
             {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}""";

    private static String request(String more) {
        return "{\"input\":\"Hi\"" + more + "}";
    }

    @Test
    void aTextIsAnsweredWithAMessage() throws Exception {
        var engine = Dialogue.engine("Hoo!");
        try (var server = new TestServer(engine)) {
            JsonNode response = Dialogue.both(server, request(""));
            assertThat(engine.lastPrompt().text()).isEqualTo("[user]Hi[assistant]");
            assertThat(response.get("status").textValue()).isEqualTo("completed");
            assertThat(response.at("/output/0/content/0/text").textValue()).isEqualTo("Hoo!");
            assertThat(response.get("model").textValue()).isEqualTo("scripted");
            // Bytes are tokens, and the engine says that 3 of them were cached.
            assertThat(response.get("usage").toString())
                    .isEqualTo(
                            "{\"input_tokens\":19,\"input_tokens_details\":{\"cached_tokens\":3,\"cache_write_tokens\":16},"
                                    + "\"output_tokens\":5,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":24}");
        }
    }

    @Test
    void timingsStandBesideTheUsage() throws Exception {
        try (var server = new TestServer(Dialogue.engine("Hoo!"))) {
            JsonNode response = Dialogue.both(server, request(",\"timings\":true"));
            assertThat(response.at("/timings/prefill_ms").doubleValue())
                    .isEqualTo((double) ScriptedEngine.PREFILL.toMillis());
            List<JsonNode> timed =
                    TestServer.events(server.post("/v1/responses", request(",\"timings\":true,\"stream\":true"))
                                    .body())
                            .stream()
                            .filter(event -> event.at("/response/timings").isObject())
                            .toList();
            assertThat(timed).hasSize(1);
            assertThat(timed.getFirst().get("type").textValue()).isEqualTo("response.completed");
            assertThat(Dialogue.both(server, request("")).has("timings")).isFalse();
        }
    }

    @Test
    void theEventsOfAMessageComeInTheirOrder() throws Exception {
        try (var server = new TestServer(Dialogue.engine("Hoo!"))) {
            List<String> types = CheckedStream.of(server.post("/v1/responses", request(",\"stream\":true"))
                            .body())
                    .types();
            assertThat(types.stream().distinct())
                    .containsExactly(
                            "response.created",
                            "response.in_progress",
                            "response.output_item.added",
                            "response.content_part.added",
                            "response.output_text.delta",
                            "response.output_text.done",
                            "response.content_part.done",
                            "response.output_item.done",
                            "response.completed");
        }
    }

    @Test
    void itemsBecomeTheMessagesOfAConversation() throws Exception {
        var engine = Dialogue.engine("Hoo!");
        try (var server = new TestServer(engine)) {
            Dialogue.both(server, """
                    {"instructions": "Be brief.", "input": [
                     {"role": "developer", "content": "Dev"},
                     {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]},
                     {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}], "encrypted_content": null},
                     {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                      "content": [{"type": "output_text", "text": "I look.", "annotations": []}]},
                     {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "look", "arguments": "{\\"at\\": 1}"},
                     {"type": "function_call", "call_id": "call_2", "name": "stop", "arguments": ""},
                     {"type": "function_call_output", "call_id": "call_1", "output": "one"},
                     {"type": "function_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "two"}]},
                     {"type": "custom_tool_call", "call_id": "call_3", "name": "patch", "input": "*** x"},
                     {"type": "custom_tool_call_output", "call_id": "call_3", "output": "done"},
                     {"type": "web_search_call", "id": "ws_1", "status": "completed"},
                     {"role": "user", "content": "Go on"}]}""");
            assertThat(engine.lastPrompt().text())
                    .isEqualTo("[system]Be brief.[system]Dev[user]a\nb[assistant]<think>Hm.</think>I look."
                            + "<tool_call>{\"name\": \"look\", \"arguments\": {\"at\": 1}}</tool_call>"
                            + "<tool_call>{\"name\": \"stop\", \"arguments\": {}}</tool_call>[tool]one[tool]two[assistant]"
                            + "<tool_call>{\"name\": \"patch\", \"arguments\": {\"input\": \"*** x\"}}</tool_call>[tool]done"
                            + "[user]Go on[assistant]");
        }
    }

    @Test
    void reasoningIsAnItemThatComesBack() throws Exception {
        var engine = Dialogue.engine("<think>Is it 4?</think>It is 4.");
        try (var server = new TestServer(engine)) {
            JsonNode response = Dialogue.both(server, request(",\"include\":[\"reasoning.encrypted_content\"]"));
            JsonNode reasoning = response.at("/output/0");
            assertThat(reasoning.get("type").textValue()).isEqualTo("reasoning");
            assertThat(reasoning.at("/content/0/text").textValue()).isEqualTo("Is it 4?");
            String sealed = reasoning.get("encrypted_content").textValue();
            assertThat(sealed).doesNotContain("Is it");
            String again = """
                    {"input": [{"role": "user", "content": "2+2"},
                     {"type": "reasoning", "summary": [], "encrypted_content": "%s"}, {"role": "assistant", "content": "It is 4."},
                     {"role": "user", "content": "Sure?"}]}""";
            assertThat(server.post("/v1/responses", again.formatted(sealed)).statusCode())
                    .isEqualTo(200);
            assertThat(engine.lastPrompt().text())
                    .isEqualTo("[user]2+2[assistant]<think>Is it 4?</think>It is 4.[user]Sure?[assistant]");
            var changed = server.post(
                    "/v1/responses", again.formatted((sealed.startsWith("A") ? "B" : "A") + sealed.substring(1)));
            assertThat(changed.statusCode()).isEqualTo(400);
            assertThat(json(changed).at("/error/param").textValue()).isEqualTo("input[1].encrypted_content");
        }
    }

    @Test
    void withoutTheWishReasoningIsNotSealed() throws Exception {
        try (var server = new TestServer(Dialogue.engine("<think>Hm</think>Yes"))) {
            JsonNode reasoning = Dialogue.both(server, request("")).at("/output/0");
            assertThat(reasoning.get("type").textValue()).isEqualTo("reasoning");
            assertThat(reasoning.has("encrypted_content")).isFalse();
        }
    }

    @Test
    void aCallIsAnItemWithTheNameThatTheClientKnows() throws Exception {
        var engine = Dialogue.engine(
                "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo 🦉\"}}</tool_call>");
        try (var server = new TestServer(engine)) {
            JsonNode response = Dialogue.both(server, request(",\"tools\":[" + WEATHER + "]"));
            JsonNode call = response.at("/output/0");
            assertThat(response.get("output")).hasSize(1);
            assertThat(call.get("type").textValue()).isEqualTo("function_call");
            assertThat(call.get("name").textValue()).isEqualTo("get_weather");
            assertThat(call.get("call_id").textValue()).startsWith("call_");
            assertThat(call.get("arguments").textValue()).isEqualTo("{\"city\": \"Oslo 🦉\"}");
            assertThat(call.has("namespace")).isFalse();
            assertThat(engine.lastPrompt().text())
                    .startsWith(
                            "[{\"type\": \"function\", \"function\": {\"name\": \"get_weather\", \"description\": \"Weather of"
                                    + " a city\", \"parameters\": {\"type\": \"object\",")
                    .doesNotContain("strict");
        }
    }

    @Test
    void aFunctionOfANamespaceComesBackWithIt() throws Exception {
        String team = ",\"tools\":[" + WEATHER + """
                , {"type": "namespace", "name": "team", "description": "Others", "tools": [
                  {"type": "function", "name": "close_agent", "parameters": {"type": "object", "properties": {}}},
                  {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}]}]""";
        var engine = Dialogue.engine("<tool_call>{\"name\": \"close_agent\", \"arguments\": {}}</tool_call>\n"
                + "<tool_call>{\"name\": \"team__get_weather\", \"arguments\": {}}</tool_call>");
        try (var server = new TestServer(engine)) {
            JsonNode response = Dialogue.both(server, request(team));
            assertThat(response.get("output"))
                    .extracting(call -> call.get("namespace").textValue() + "/"
                            + call.get("name").textValue())
                    .containsExactly("team/close_agent", "team/get_weather");
            server.post("/v1/responses", """
                    {"input": [{"role": "user", "content": "Hi"}, {"type": "function_call", "call_id": "c1", "name": "get_weather",
                     "namespace": "team", "arguments": "{}"}, {"type": "function_call_output", "call_id": "c1", "output": "x"}]
                    """ + team + "}");
            assertThat(engine.lastPrompt().text())
                    .contains("[assistant]<tool_call>{\"name\": \"team__get_weather\", \"arguments\": {}}</tool_call>");
        }
    }

    @Test
    void toolsThatNobodyHereCanCarryOutAreLeftOut() throws Exception {
        var engine = Dialogue.engine("Hoo!");
        try (var server = new TestServer(engine)) {
            var response = server.post(
                    "/v1/responses",
                    request(",\"tools\":[{\"type\":\"web_search\",\"external_web_access\":false}," + WEATHER
                            + ",{\"type\":\"tool_search\"},{\"type\":\"ünknown\"}]"));
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("x-gufo-left-out"))
                    .contains("tool_search, web_search, %C3%BCnknown");
            assertThat(engine.lastPrompt().text()).contains("get_weather").doesNotContain("search");
            assertThat(json(response).get("tools")).hasSize(1);
        }
    }

    @Test
    void anImageThatAToolGivesDoesNotEndTheDialogue() throws Exception {
        var engine = Dialogue.engine("Hoo!");
        try (var server = new TestServer(engine)) {
            var response = server.post("/v1/responses", """
                    {"input": [{"role": "user", "content": "Look"}, {"type": "function_call", "call_id": "c", "name": "view", "arguments": "{}"},
                     {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image", "image_url": "data:x"},
                      {"type": "input_text", "text": "done"}]}]}""");
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("x-gufo-left-out")).contains("input_image");
            assertThat(engine.lastPrompt().text()).endsWith("[tool](input_image that can't be shown)\ndone[assistant]");
        }
    }

    @Test
    void aCustomToolGetsItsTextAsTheModelMeantIt() throws Exception {
        String tools = ",\"tools\":[{\"type\":\"custom\",\"name\":\"patch\",\"description\":\"Edits\"}]";
        var engine = Dialogue.engine(
                "<tool_call>{\"name\": \"patch\", \"arguments\": {\"input\": \"a\\n\\\"b\\\" \\ud83e\\udd89 🦉\\\\\"}}</tool_call>");
        try (var server = new TestServer(engine)) {
            JsonNode call = Dialogue.both(server, request(tools)).at("/output/0");
            assertThat(call.get("type").textValue()).isEqualTo("custom_tool_call");
            assertThat(call.get("id").textValue()).startsWith("ctc_");
            assertThat(call.get("input").textValue()).isEqualTo("a\n\"b\" 🦉 🦉\\");
        }
    }

    @Test
    void theGrammarOfACustomToolIsKeptWhereItIsRegular() throws Exception {
        String lark =
                "start: \\\"*** Begin\\\" LF line+\\nline: (\\\"+\\\" | \\\"-\\\") /(.*)/ LF -> line\\n%import common.LF";
        String tools =
                ",\"tool_choice\":{\"type\":\"custom\",\"name\":\"patch\"},\"tools\":[{\"type\":\"custom\",\"name\":\"patch\","
                        + "\"format\":{\"type\":\"grammar\",\"syntax\":\"lark\",\"definition\":\"" + lark + "\"}}]";
        var engine = Dialogue.engine("Hoo!");
        try (var server = new TestServer(engine)) {
            var response = server.post("/v1/responses", request(tools));
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(response.headers().firstValue("x-gufo-left-out")).isEmpty();
            assertThat(response.headers().firstValue("x-gufo-not-enforced")).isEmpty();
            Constraint constraint = engine.started.take().request().constraint().orElseThrow();
            String call = "<tool_call>{\"name\": \"patch\", \"arguments\": {\"input\": \"%s\"}}</tool_call>";
            assertThat(allows(constraint, call.formatted("*** Begin\\n+a\\n-\\n")))
                    .isTrue();
            assertThat(allows(constraint, call.formatted("*** Begin\\n"))).isFalse();
            assertThat(allows(constraint, call.formatted("*** Begin\\nx\\n"))).isFalse();
        }
    }

    @Test
    void aGrammarWithRecursionIsLeftOut() throws Exception {
        String tools =
                ",\"tools\":[{\"type\":\"custom\",\"name\":\"calc\",\"format\":{\"type\":\"grammar\",\"syntax\":\"lark\","
                        + "\"definition\":\"start: \\\"(\\\" start \\\")\\\" | \\\"x\\\"\"}}]";
        try (var server = new TestServer(Dialogue.engine("Hoo!"))) {
            var response = server.post("/v1/responses", request(tools));
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("x-gufo-left-out")).contains("calc (grammar)");
        }
    }

    private static boolean allows(Constraint constraint, String text) {
        Matcher matcher = Grammar.parse(constraint.grammar()).matcher();
        return matcher.advance(text.getBytes(StandardCharsets.UTF_8)) && matcher.isComplete();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"none\"|false|false",
                "\"auto\"|true|false",
                "\"required\"|true|true",
                "{\"type\":\"function\",\"name\":\"get_weather\"}|true|true",
                "{\"type\":\"allowed_tools\",\"mode\":\"auto\",\"tools\":[{\"type\":\"function\",\"name\":\"get_weather\"}]}|true|false",
                "{\"type\":\"allowed_tools\",\"mode\":\"required\",\"tools\":[{\"type\":\"function\",\"name\":\"get_weather\"},{\"type\":\"web_search\"}]}|true|true"
            })
    void everyFormOfToolChoiceIsTaken(String choice, boolean shown, boolean required) throws Exception {
        var engine = Dialogue.engine("Hoo!");
        try (var server = new TestServer(engine)) {
            JsonNode response =
                    Dialogue.both(server, request(",\"tools\":[" + WEATHER + "],\"tool_choice\":" + choice));
            assertThat(engine.lastPrompt().text().contains("get_weather")).isEqualTo(shown);
            assertThat(response.get("tool_choice").toString()).isEqualTo(choice);
            boolean now = engine.started
                    .take()
                    .request()
                    .constraint()
                    .filter(constraint -> constraint.start() instanceof Constraint.Start.Now)
                    .isPresent();
            assertThat(now).isEqualTo(required);
        }
    }

    @Test
    void whatTheRequestSaysIsInTheResponse() throws Exception {
        try (var server = new TestServer(Dialogue.engine("{}"))) {
            JsonNode response = Dialogue.both(server, request("""
                    , "instructions": "Be brief.", "max_output_tokens": 100, "metadata": {"a": "b"}, "temperature": 0.5, "top_p": 0.25,
                    "text": {"format": {"type": "json_schema", "name": "n", "strict": true, "schema": {"type": "object"}}, "verbosity": "low"},
                    "reasoning": {"effort": "high", "summary": "auto"}, "parallel_tool_calls": false, "truncation": "auto",
                    "prompt_cache_key": "k", "safety_identifier": "s", "user": "u", "max_tool_calls": 3, "client_metadata": {"x": "y"}"""));
            assertThat(response.at("/text/format/schema/type").textValue()).isEqualTo("object");
            assertThat(response.at("/text/verbosity").textValue()).isEqualTo("low");
            assertThat(response.get("reasoning").toString()).isEqualTo("{\"effort\":\"high\",\"summary\":\"auto\"}");
            assertThat(response.get("metadata").toString()).isEqualTo("{\"a\":\"b\"}");
            assertThat(response.get("temperature").doubleValue()).isEqualTo(0.5);
            assertThat(response.get("top_p").doubleValue()).isEqualTo(0.25);
            assertThat(response.get("max_output_tokens").intValue()).isEqualTo(100);
            assertThat(response.get("max_tool_calls").intValue()).isEqualTo(3);
            assertThat(response.get("parallel_tool_calls").booleanValue()).isFalse();
            assertThat(response.get("truncation").textValue()).isEqualTo("auto");
            assertThat(response.get("instructions").textValue()).isEqualTo("Be brief.");
            assertThat(response.get("prompt_cache_key").textValue()).isEqualTo("k");
        }
    }

    @Test
    void theFormatOfTheTextIsEnforcedAndTheEffortReachesTheTemplate() throws Exception {
        var engine = Dialogue.engine("{}");
        try (var server = new TestServer(engine)) {
            Dialogue.both(
                    server,
                    request(",\"text\":{\"format\":{\"type\":\"json_object\"}},\"reasoning\":{\"effort\":\"none\"}"));
            assertThat(engine.started.take().request().constraint()).isPresent();
            assertThat(engine.lastPrompt().text()).endsWith("[assistant]<think></think>");
        }
    }

    @Test
    void logprobsAreThoseOfTheContent() throws Exception {
        try (var server = new TestServer(Dialogue.engine("<think>Hm</think>Yes"))) {
            JsonNode response = Dialogue.both(
                    server, request(",\"top_logprobs\":2,\"include\":[\"message.output_text.logprobs\"]"));
            JsonNode logprobs = response.at("/output/1/content/0/logprobs");
            assertThat(logprobs)
                    .extracting(token -> token.get("token").textValue())
                    .containsExactly("Y", "e", "s");
            assertThat(logprobs.get(0).get("top_logprobs")).hasSize(2);
            assertThat(response.get("top_logprobs").intValue()).isEqualTo(2);
        }
    }

    @Test
    void anAnswerThatIsCutOffIsIncomplete() throws Exception {
        try (var server = new TestServer(Dialogue.engine("Hello there"))) {
            JsonNode response = Dialogue.both(server, request(",\"max_output_tokens\":5"));
            assertThat(response.get("status").textValue()).isEqualTo("incomplete");
            assertThat(response.at("/incomplete_details/reason").textValue()).isEqualTo("max_output_tokens");
            assertThat(response.at("/output/0/status").textValue()).isEqualTo("incomplete");
            assertThat(response.at("/output/0/content/0/text").textValue()).isEqualTo("Hello");
        }
    }

    @Test
    void heartbeatsAreEventsWithAllThatIsThere() throws Exception {
        var engine = Dialogue.engine("").hold();
        try (var server = new TestServer(engine)) {
            Iterator<String> lines = stream(server);
            var generation = engine.started.take();
            generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
            generation.text("Ho");
            var body = new StringBuilder();
            readTo(line -> line.startsWith("event: response.output_text.delta"), lines, body);
            readTo(line -> line.startsWith("event: response.in_progress"), lines, body);
            generation.text("o!");
            generation.finish(FinishReason.STOP);
            readTo(line -> line.equals("data: [DONE]"), lines, body);
            CheckedStream stream = CheckedStream.of(body.toString());
            assertThat(stream.response().at("/output/0/content/0/text").textValue())
                    .isEqualTo("Hoo!");
        }
    }

    @Test
    void aFailureInTheStreamIsTold() throws Exception {
        var engine = Dialogue.engine("").hold();
        try (var server = new TestServer(engine)) {
            Iterator<String> lines = stream(server);
            var generation = engine.started.take();
            generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
            generation.text("Ho");
            var body = new StringBuilder();
            readTo(line -> line.startsWith("event: response.output_text.delta"), lines, body);
            generation.send(new GenerationEvent.Failed(new EngineException.Restarted("it died")));
            readTo(line -> line.equals("data: [DONE]"), lines, body);
            CheckedStream stream = CheckedStream.of(body.toString());
            assertThat(stream.types()).endsWith("error", "response.failed");
            assertThat(stream.response().at("/error/code").textValue()).isEqualTo("engine_restarted");
            assertThat(stream.response().at("/output/0/status").textValue()).isEqualTo("incomplete");
        }
    }

    private static Iterator<String> stream(TestServer server) throws IOException, InterruptedException {
        return server.client
                .send(
                        HttpRequest.newBuilder(server.uri("/v1/responses"))
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString(request(",\"stream\":true")))
                                .build(),
                        BodyHandlers.ofLines())
                .body()
                .iterator();
    }

    private static void readTo(Predicate<String> last, Iterator<String> lines, StringBuilder body) {
        String line;
        do {
            line = lines.next();
            body.append(line).append('\n');
        } while (!last.test(line));
    }

    @Test
    void whatDoesNotFitIsLeftOutFromTheOldestOnIfTheRequestSaysSo() throws Exception {
        var engine = new ScriptedEngine(160, Dialogue.TEMPLATE).answering("Hoo!");
        try (var server = new TestServer(engine)) {
            String call = "{\"type\":\"function_call\",\"call_id\":\"c%1$d\",\"name\":\"look\",\"arguments\":\"{}\"},"
                    + "{\"type\":\"function_call_output\",\"call_id\":\"c%1$d\",\"output\":\"owl %1$d\"},";
            String input = "{\"role\":\"developer\",\"content\":\"Rules\"},{\"role\":\"user\",\"content\":\"One\"},"
                    + "{\"role\":\"assistant\",\"content\":\"" + "a".repeat(60) + "\"},"
                    + "{\"role\":\"user\",\"content\":\"Two\"}," + call.formatted(1) + call.formatted(2)
                    + "{\"role\":\"user\",\"content\":\"Three\"}";
            String request =
                    "{\"truncation\":\"%s\",\"instructions\":\"Be brief.\",\"max_output_tokens\":10,\"input\":[%s]}";

            JsonNode response = Dialogue.both(server, request.formatted("auto", input));
            assertThat(response.get("status").textValue()).isEqualTo("completed");
            assertThat(response.get("truncation").textValue()).isEqualTo("auto");
            assertThat(engine.lastPrompt().text()).isEqualTo("[system]Be brief.[system]Rules[user]Three[assistant]");

            // Of the last turn the oldest calls go, each with what it gave.
            Dialogue.both(
                    server, request.formatted("auto", input.replace(",{\"role\":\"user\",\"content\":\"Three\"}", "")));
            assertThat(engine.lastPrompt().text())
                    .isEqualTo("[system]Be brief.[system]Rules[user]Two[assistant]"
                            + "<tool_call>{\"name\": \"look\", \"arguments\": {}}</tool_call>[tool]owl 2[assistant]");

            // What fits is whole.
            Dialogue.both(
                    server,
                    request.formatted(
                            "auto", "{\"role\":\"user\",\"content\":\"One\"},{\"role\":\"user\",\"content\":\"Two\"}"));
            assertThat(engine.lastPrompt().text()).contains("One");

            var refused = server.post("/v1/responses", request.formatted("disabled", input));
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(TestServer.json(refused).at("/error/code").textValue()).isEqualTo("context_length_exceeded");
            var hopeless = server.post(
                    "/v1/responses",
                    request.formatted("auto", "{\"role\":\"user\",\"content\":\"" + "x".repeat(2_000) + "\"}"));
            assertThat(hopeless.statusCode()).isEqualTo(400);
            assertThat(TestServer.json(hopeless).at("/error/code").textValue()).isEqualTo("context_length_exceeded");
        }
    }

    @Test
    void aFullContextIsAlways400() throws Exception {
        try (var server = new TestServer(new ScriptedEngine(16, Dialogue.TEMPLATE))) {
            for (String more : List.of("", ",\"stream\":true")) {
                var response = server.post("/v1/responses", request(more));
                assertThat(response.statusCode()).isEqualTo(400);
                assertThat(json(response).at("/error/code").textValue()).isEqualTo("context_length_exceeded");
                assertThat(json(response).at("/error/param").textValue()).isEqualTo("input");
            }
            assertThat(server.chat(TestServer.HELLO).statusCode()).isEqualTo(413);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|input",
                "{\"input\":[]}|input",
                "{\"input\":5}|input",
                "{\"input\":[{\"role\":\"owl\",\"content\":\"x\"}]}|input[0].role",
                "{\"input\":[{\"role\":\"user\"}]}|input[0].content",
                "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"x\"}]}]}|input[0].content[0].type",
                "{\"input\":[{\"type\":\"strange\"}]}|input[0].type",
                "{\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_1\"}]}|input[0].id",
                "{\"input\":[{\"type\":\"function_call\",\"name\":\"f\"}]}|input[0].call_id",
                "{\"input\":\"x\",\"tools\":[{\"type\":\"function\"}]}|tools[0].name",
                "{\"input\":\"x\",\"tools\":[{\"name\":\"f\"}]}|tools[0].type",
                "{\"input\":\"x\",\"tool_choice\":\"required\"}|tool_choice",
                "{\"input\":\"x\",\"tool_choice\":{\"type\":\"function\",\"name\":\"f\"}}|tool_choice.name",
                "{\"input\":\"x\",\"max_output_tokens\":0}|max_output_tokens",
                "{\"input\":\"x\",\"metadata\":{\"a\":1}}|metadata",
                "{\"input\":\"x\",\"truncation\":\"some\"}|truncation",
                "{\"input\":\"x\",\"text\":{\"format\":{\"type\":\"xml\"}}}|text.format.type",
                "{\"input\":\"x\",\"text\":{\"format\":{\"type\":\"json_schema\"}}}|text.format.schema",
                "{\"input\":\"x\",\"reasoning\":{\"effort\":\"huge\"}}|reasoning.effort",
                "{\"input\":\"x\",\"top_logprobs\":21}|top_logprobs"
            })
    void aMistakeIsToldWithItsField(String request, String param) throws Exception {
        try (var server = new TestServer(Dialogue.engine("Hoo!"))) {
            var response = server.post("/v1/responses", request);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
            assertThat(json(response).at("/error/param").textValue()).isEqualTo(param);
        }
    }

    @Test
    void tokensOfAnInputAreCounted() throws Exception {
        try (var server = new TestServer(Dialogue.engine("Hoo!"))) {
            var response = server.post("/v1/responses/input_tokens", request(",\"tools\":[" + WEATHER + "]"));
            int used = Dialogue.both(server, request(",\"tools\":[" + WEATHER + "]"))
                    .at("/usage/input_tokens")
                    .intValue();
            assertThat(response.body())
                    .isEqualTo("{\"object\":\"response.input_tokens\",\"input_tokens\":" + used + "}");
        }
    }

    @Test
    void anEmptyAnswerHasAnEmptyMessage() throws Exception {
        try (var server = new TestServer(Dialogue.engine(""))) {
            JsonNode response = Dialogue.both(server, "{\"input\":\"\",\"max_output_tokens\":1}");
            assertThat(response.at("/output/0/content/0/text").textValue()).isEmpty();
        }
    }
}
