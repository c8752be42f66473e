package dev.gufo.server.chat;

import static dev.gufo.server.TestServer.events;
import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.Constraint;
import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.Matcher;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Calls of tools, from what a model writes to what a client gets, and from what a client asks for to what the engine
 * must obey.
 */
@Timeout(60)
class ToolCallsHttpTest {
    private static final String OSLO = "{\"city\": \"Oslo 🦉\", \"days\": 2}";
    private static final String CALL =
            "<tool_call>{\"name\": \"get_weather\", \"arguments\": " + OSLO + "}</tool_call>";
    private static final String TOOLS = """
            "tools": [
              {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties":
                {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]}}},
              {"type": "function", "function": {"name": "stop_all"}}]
            """;

    private static String request(String more) {
        return "{" + TOOLS + more + ",\"messages\":[{\"role\":\"user\",\"content\":\"Weather?\"}]}";
    }

    /** A template that writes calls in each form, and a call in that form. */
    static Stream<Arguments> forms() {
        String hermes = "{{ {'name': f.name, 'arguments': f.arguments} | tojson }}";
        String json = "{\"name\": \"get_weather\", \"arguments\": " + OSLO + "}";
        String named = "{{ f.name }}";
        String values = "{{ f.arguments | tojson }}";
        return Stream.of(
                arguments("<tool_call>" + hermes + "</tool_call>", "<tool_call>\n" + json + "\n</tool_call>"),
                arguments(
                        "{{ {'name': f.name, 'parameters': f.arguments} | tojson }}",
                        "{\"name\": \"get_weather\", \"parameters\": " + OSLO + "}"),
                arguments("[TOOL_CALLS][" + hermes + "]", "[TOOL_CALLS][" + json + "]"),
                arguments("[TOOL_CALLS]" + named + "[ARGS]" + values, "[TOOL_CALLS]get_weather[ARGS]" + OSLO),
                arguments(
                        "<tool_call>\n<function=" + named
                                + ">\n{% for k, v in f.arguments.items() %}<parameter={{ k }}>\n"
                                + "{{ v }}\n</parameter>\n{% endfor %}</function>\n</tool_call>",
                        "<tool_call>\n<function=get_weather>\n<parameter=city>\nOslo 🦉\n</parameter>\n"
                                + "<parameter=days>\n2\n</parameter>\n</function>\n</tool_call>"),
                arguments(
                        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>" + named + "<｜tool▁sep｜>" + values,
                        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>" + OSLO
                                + "<｜tool▁call▁end｜><｜tool▁calls▁end｜>"),
                arguments(
                        "<｜tool▁call▁begin｜>function<｜tool▁sep｜>" + named + "\n```json\n" + values,
                        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n" + OSLO
                                + "\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"),
                arguments(
                        "<|start|>assistant to=functions." + named + "<|channel|>commentary json<|message|>" + values,
                        "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>" + OSLO
                                + "<|call|>"),
                arguments(
                        "<tool_call>" + named
                                + "{% for k, v in f.arguments.items() %}<arg_key>{{ k }}</arg_key><arg_value>{{ v }}</arg_value>{% endfor %}</tool_call>",
                        "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Oslo 🦉</arg_value>\n"
                                + "<arg_key>days</arg_key>\n<arg_value>2</arg_value>\n</tool_call>"),
                arguments(
                        "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"" + named
                                + "\">\n{% for k, v in f.arguments.items() %}<｜DSML｜parameter name=\"{{ k }}\" string=\"true\">{{ v }}"
                                + "</｜DSML｜parameter>{% endfor %}</｜DSML｜invoke></｜DSML｜tool_calls>",
                        """
                        <｜DSML｜tool_calls>
                        <｜DSML｜invoke name="get_weather">
                        <｜DSML｜parameter name="city" string="true">Oslo 🦉</｜DSML｜parameter>
                        <｜DSML｜parameter name="days" string="false">2</｜DSML｜parameter>
                        </｜DSML｜invoke>
                        </｜DSML｜tool_calls>"""),
                arguments(
                        "<seed:tool_call>\n<function=" + named
                                + ">\n{% for k, v in f.arguments.items() %}<parameter={{ k }}>{{ v }}</parameter>\n{% endfor %}</function>\n</seed:tool_call>",
                        "<seed:tool_call>\n<function=get_weather>\n<parameter=city>Oslo 🦉</parameter>\n"
                                + "<parameter=days>2</parameter>\n</function>\n</seed:tool_call>"),
                arguments(
                        "<|tool_call_start|>[" + named
                                + "({% for k, v in f.arguments.items() %}{{ k }}='{{ v }}'{% endfor %})]<|tool_call_end|>",
                        "<|tool_call_start|>[get_weather(city='Oslo 🦉', days=2)]<|tool_call_end|>"),
                arguments(
                        "<|tool_call>call:" + named
                                + "{{ '{' }}{% for k, v in f.arguments.items() %}{{ k }}:<|\"|>{{ v }}<|\"|>{% endfor %}{{ '}' }}<tool_call|>",
                        "<|tool_call>call:get_weather{city:<|\"|>Oslo 🦉<|\"|>,days:2}<tool_call|>"),
                arguments(
                        "]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name=\"" + named
                                + "\">{% for k, v in f.arguments.items() %}]<]minimax[>[<{{ k }}>{{ v }}]<]minimax[>[</{{ k }}>{% endfor %}",
                        "]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name=\"get_weather\">]<]minimax[>[<city>Oslo 🦉"
                                + "]<]minimax[>[</city>]<]minimax[>[<days>2]<]minimax[>[</days>]<]minimax[>[</invoke>\n"
                                + "]<]minimax[>[</tool_call>"),
                arguments("<|tool_call|>[" + hermes + "]", "<|tool_call|>[" + json + "]"),
                arguments(
                        "<|START_ACTION|>[{{ {'tool_call_id': '0', 'tool_name': f.name, 'parameters': f.arguments} | tojson }}]<|END_ACTION|>",
                        "<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"get_weather\", \"parameters\": "
                                + OSLO + "}\n]<|END_ACTION|>"),
                arguments(">>>" + named + "\n" + values, "get_weather\n" + OSLO),
                arguments("<<" + named + ">>", CALL));
    }

    @ParameterizedTest
    @MethodSource("forms")
    void aCallInTheFormOfTheTemplateArrivesAsOpenAis(String templateCall, String reply) throws Exception {
        var engine = new ScriptedEngine(4_096, Templates.calling(templateCall)).answering(reply);
        try (var server = new TestServer(engine)) {
            ChatReply answer = ChatReply.one(server, request(""));
            assertThat(answer.calls()).hasSize(1);
            assertThat(answer.calls().getFirst().replace(" ", ""))
                    .isEqualTo(("get_weather(" + OSLO + ")").replace(" ", ""));
            assertThat(answer.content()).isEmpty();
            assertThat(answer.finishReason()).isEqualTo("tool_calls");
            Constraint constraint = engine.started.take().request().constraint().orElseThrow();
            assertThat(constraint.start()).isInstanceOf(Constraint.Start.AtTrigger.class);
            Grammar.parse(constraint.grammar());
        }
    }

    @Test
    void marksAroundContentAreNoPartOfItWithoutToolsEither() throws Exception {
        String cohere =
                "<|START_ACTION|>[{{ {'tool_name': f.name, 'parameters': f.arguments} | tojson }}]<|END_ACTION|>";
        String functionary = ">>>{{ f.name }}\n{{ f.arguments | tojson }}";
        for (var form :
                List.of(List.of(cohere, "<|START_RESPONSE|>Hoo!<|END_RESPONSE|>"), List.of(functionary, "all\nHoo!"))) {
            var engine = new ScriptedEngine(4_096, Templates.calling(form.getFirst())).answering(form.getLast());
            try (var server = new TestServer(engine)) {
                assertThat(ChatReply.one(server, TestServer.HELLO).content()).isEqualTo("Hoo!");
                assertThat(ChatReply.one(server, request("")).content()).isEqualTo("Hoo!");
            }
        }
    }

    @Test
    void severalCallsAndTheTextBeforeThemKeepTheirOrder() throws Exception {
        String second = "<tool_call>{\"name\": \"stop_all\", \"arguments\": {}}</tool_call>";
        try (var server = new TestServer(hermes("Let me see.\n" + CALL + "\n" + second))) {
            ChatReply answer = ChatReply.one(server, request(""));
            assertThat(answer.content().strip()).isEqualTo("Let me see.");
            assertThat(answer.calls()).containsExactly("get_weather(" + OSLO + ")", "stop_all({})");
            JsonNode message = json(server.chat(request(""))).at("/choices/0/message");
            assertThat(message.at("/tool_calls/0/id")).isNotEqualTo(message.at("/tool_calls/1/id"));
        }
    }

    @Test
    void aStreamedCallBeginsWithIdAndNameAndGoesOnWithArgumentsOnly() throws Exception {
        try (var server = new TestServer(hermes(CALL))) {
            List<JsonNode> calls = events(
                            server.chat(request(",\"stream\":true")).body())
                    .stream()
                    .map(event -> event.at("/choices/0/delta/tool_calls/0"))
                    .filter(call -> !call.isMissingNode())
                    .toList();
            assertThat(calls.size()).isGreaterThan(1);
            assertThat(calls.getFirst().get("id").textValue()).startsWith("call_");
            assertThat(calls.getFirst().at("/function/name").textValue()).isEqualTo("get_weather");
            assertThat(calls.getFirst().at("/function/arguments").textValue()).isEmpty();
            assertThat(calls.subList(1, calls.size()))
                    .allMatch(call -> !call.has("id")
                            && call.get("index").intValue() == 0
                            && !call.get("function").has("name"));
        }
    }

    @Test
    void whatIsNoCallAfterAllComesBackAsContent() throws Exception {
        for (String broken : List.of(
                "<tool_call>{\"name\": \"get_weather\", \"argu",
                "<tool_call>{\"name\": \"nobody\", \"arguments\": {}}</tool_call>",
                "<tool_call>what?</tool_call>",
                "<tool_cal",
                "2 < 3 and <tool_call")) {
            try (var server = new TestServer(hermes(broken))) {
                ChatReply answer = ChatReply.one(server, request(""));
                assertThat(answer.content()).isEqualTo(broken);
                assertThat(answer.calls()).isEmpty();
                assertThat(answer.finishReason()).isEqualTo("stop");
            }
        }
    }

    @Test
    void aCallThatMaxTokensCutsSaysSo() throws Exception {
        try (var server = new TestServer(hermes(CALL))) {
            ChatReply answer = ChatReply.one(server, request(",\"max_tokens\":60"));
            assertThat(answer.finishReason()).isEqualTo("length");
            assertThat(answer.calls().getFirst()).startsWith("get_weather({\"city\"");
        }
    }

    @Test
    void theMarkOfACallThatMaxTokensCutsIsNoContent() throws Exception {
        String mark = "<tool_call>";
        try (var server = new TestServer(hermes("Let me look.\n" + CALL))) {
            int before = "Let me look.\n".length() + mark.length();
            for (int most : List.of(before, before + 1, before + 10, before + 30)) {
                ChatReply answer = ChatReply.one(server, request(",\"max_tokens\":" + most));
                assertThat(answer.finishReason()).isEqualTo("length");
                assertThat(answer.content()).isEqualTo("Let me look.");
                assertThat(answer.calls()).isEmpty();
            }
            ChatReply inMark = ChatReply.one(server, request(",\"max_tokens\":" + (before - 1)));
            assertThat(inMark.content()).isEqualTo("Let me look.\n<tool_call");
        }
    }

    @Test
    void withoutToolsAMarkIsText() throws Exception {
        try (var server = new TestServer(hermes(CALL))) {
            assertThat(ChatReply.one(server, TestServer.HELLO).content()).isEqualTo(CALL);
            assertThat(ChatReply.one(server, request(",\"tool_choice\":\"none\""))
                            .content())
                    .isEqualTo(CALL);
        }
    }

    @Test
    void toolChoiceReachesTheEngineAsAConstraint() throws Exception {
        var engine = hermes(CALL);
        try (var server = new TestServer(engine)) {
            Constraint required = constraint(engine, server, ",\"tool_choice\":\"required\"");
            assertThat(required.start()).isEqualTo(new Constraint.Start.Now());
            assertThat(accepts(required, CALL)).isTrue();
            assertThat(accepts(required, CALL + "\n" + CALL)).isTrue();
            assertThat(accepts(required, "Hello")).isFalse();

            Constraint named = constraint(
                    engine, server, ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"stop_all\"}}");
            assertThat(accepts(named, CALL)).isFalse();
            assertThat(accepts(named, "<tool_call>{\"name\": \"stop_all\", \"arguments\": {}}</tool_call>"))
                    .isTrue();

            Constraint one = constraint(engine, server, ",\"tool_choice\":\"required\",\"parallel_tool_calls\":false");
            assertThat(accepts(one, CALL)).isTrue();
            assertThat(accepts(one, CALL + "\n" + CALL)).isFalse();

            Constraint allowed = constraint(engine, server, """
                    ,"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required",
                     "tools":[{"type":"function","function":{"name":"get_weather"}}]}}""");
            assertThat(accepts(allowed, CALL)).isTrue();
            assertThat(accepts(allowed, "<tool_call>{\"name\": \"stop_all\", \"arguments\": {}}</tool_call>"))
                    .isFalse();

            server.chat(request(",\"tool_choice\":\"none\""));
            assertThat(engine.started.take().request().constraint()).isEmpty();
        }
    }

    @Test
    void argumentsMustFitTheSchemaOfTheirTool() throws Exception {
        var engine = hermes(CALL);
        try (var server = new TestServer(engine)) {
            Constraint auto = constraint(engine, server, "");
            assertThat(accepts(auto, CALL)).isTrue();
            assertThat(accepts(auto, CALL.replace("2}", "\"two\"}"))).isFalse();
            assertThat(accepts(auto, CALL.replace("\"city\"", "\"town\""))).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("forms")
    void argumentsAreAnObjectWhateverElseTheirSchemaAllows(String templateCall, String call) throws Exception {
        var engine = new ScriptedEngine(4_096, Templates.calling(templateCall)).answering("No.");
        try (var server = new TestServer(engine)) {
            for (String parameters : List.of(
                    "{}",
                    "true",
                    "{\"description\":\"anything\"}",
                    "{\"properties\":{\"city\":{\"type\":\"string\"},\"days\":{}}}",
                    "{\"type\":[\"object\",\"string\",\"array\"]}",
                    "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"object\"}]}")) {
                var response =
                        server.chat("{\"tool_choice\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":"
                                + "{\"name\":\"get_weather\",\"parameters\":" + parameters + "}}],"
                                + TestServer.HELLO.substring(1));
                assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
                Constraint constraint =
                        engine.started.take().request().constraint().orElseThrow();
                assertThat(accepts(constraint, call)).as(call + parameters).isTrue();
                for (String other : List.of("\"Oslo\"", "[]", "7", "null")) {
                    assertThat(accepts(constraint, call.replace(OSLO, other)))
                            .as(other + call)
                            .isEqualTo(!call.contains(OSLO));
                }
            }
        }
    }

    @Test
    void argumentsBetweenMarksAreKeptToTheirSchemaAndReadAsTheyWere() throws Exception {
        String value = "A block ends with </parameter> here.";
        String call = marked("v", value);
        var engine = new ScriptedEngine(4_096, Templates.MARKED).answering(call);
        try (var server = new TestServer(engine)) {
            for (String schema : List.of(
                    "{\"type\":\"string\",\"enum\":[\"" + value + "\"]}",
                    "{\"type\":[\"string\",\"null\"]}",
                    "{\"$ref\":\"#/$defs/M\"}")) {
                String request = withParameter(schema, value);
                assertThat(ChatReply.one(server, request).calls()).containsExactly("do_it({\"v\": \"" + value + "\"})");
                Constraint constraint =
                        engine.started.take().request().constraint().orElseThrow();
                assertThat(accepts(constraint, call)).isTrue();
                assertThat(accepts(constraint, marked("w", value))).isFalse();
                assertThat(accepts(constraint, marked("v", "other"))).isEqualTo(schema.contains("null"));
                engine.started.clear();
            }
        }
    }

    @Test
    void quotesOfAStringBetweenMarksAreKept() throws Exception {
        try (var server = new TestServer(new ScriptedEngine(4_096, Templates.MARKED).answering(marked("v", "\"q\"")))) {
            assertThat(ChatReply.one(server, withParameter("{\"type\":[\"string\",\"null\"]}", ""))
                            .calls())
                    .containsExactly("do_it({\"v\": \"\\\"q\\\"\"})");
        }
    }

    @Test
    void historyBetweenMarksShowsValuesAsTheyAreReadBack() throws Exception {
        var engine = new ScriptedEngine(4_096, Templates.MARKED).answering("Done.");
        try (var server = new TestServer(engine)) {
            var response =
                    server.chat("{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"do_it\"}}],\"messages\":["
                            + "{\"role\":\"user\",\"content\":\"Do it.\"},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"call_1\","
                            + "\"type\":\"function\",\"function\":{\"name\":\"do_it\",\"arguments\":"
                            + "\"{\\\"a\\\": \\\"null\\\", \\\"b\\\": null, \\\"c\\\": \\\"text\\\"}\"}}]},"
                            + "{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"ok\"}]}");
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(engine.lastPrompt().text())
                    .contains("<parameter=a>\n\"null\"\n</parameter>\n<parameter=b>\nnull\n</parameter>\n"
                            + "<parameter=c>\ntext\n</parameter>");
        }
    }

    private static String marked(String name, String value) {
        return "<tool_call>\n<function=do_it>\n<parameter=" + name + ">\n" + value
                + "\n</parameter>\n</function>\n</tool_call>";
    }

    private static String withParameter(String schema, String member) {
        return "{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"do_it\",\"parameters\":{\"$ref\":\"#/$defs/A\","
                + "\"$defs\":{\"M\":{\"enum\":[\"" + member + "\"]},\"A\":{\"type\":\"object\",\"properties\":{\"v\":"
                + schema
                + "},\"required\":[\"v\"],\"additionalProperties\":false}}}}}]," + TestServer.HELLO.substring(1);
    }

    @Test
    void aReplyMayBeACallOrContentOfAForm() throws Exception {
        var engine = hermes("{\"a\": 1}");
        try (var server = new TestServer(engine)) {
            String format = ",\"response_format\":{\"type\":\"json_object\"}";
            assertThat(ChatReply.one(server, request(format)).content()).isEqualTo("{\"a\": 1}");
            Constraint either = engine.started.take().request().constraint().orElseThrow();
            assertThat(accepts(either, CALL)).isTrue();
            assertThat(accepts(either, "{\"a\": 1}")).isTrue();
            assertThat(accepts(either, "Hello")).isFalse();
        }
    }

    @Test
    void toolsThatCantBeHonouredAreNamed() throws Exception {
        try (var server = new TestServer(hermes("Hi"))) {
            refused(
                    server,
                    request(",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"nobody\"}}"),
                    "nobody");
            refused(server, request(",\"tool_choice\":\"perhaps\""), "'none', 'auto', 'required'");
            refused(server, "{\"tool_choice\":\"required\"," + TestServer.HELLO.substring(1), "there are no tools");
            refused(
                    server,
                    "{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true,\"parameters\":{\"type\":\"object\",\"properties\":"
                            + "{\"p\":{\"type\":\"string\",\"pattern\":\"(?=x)y\"}}}}}],"
                            + TestServer.HELLO.substring(1),
                    "/properties/p");
        }
    }

    @Test
    void aKeywordThatCantBeKeptIsNotEnforcedAndTheAnswerSaysSo() throws Exception {
        String tools = """
                {"tools": [
                  {"type": "function", "function": {"name": "tag", "strict": STRICT, "parameters": {"type": "object", "properties": {
                    "ids": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
                    "größe, in cm": {"type": "string", "pattern": "(?=x)y", "maxLength": 2}},
                    "required": ["ids"], "additionalProperties": false}}},
                  {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}}],
                  MORE "messages": [{"role": "user", "content": "Hello!"}]}""";
        String free = tools.replace("STRICT", "false");
        String call = "<tool_call>{\"name\": \"tag\", \"arguments\": ARGUMENTS}</tool_call>";
        for (String template : new String[] {
            Templates.HERMES, Templates.calling(forms().toList().get(4).get()[0].toString())
        }) {
            var engine = new ScriptedEngine(4_096, template).answering("Hi");
            try (var server = new TestServer(engine)) {
                var response = server.chat(free.replace("MORE", "\"stream\": true,"));
                assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
                assertThat(response.headers().firstValue("x-gufo-not-enforced"))
                        .hasValueSatisfying(header -> assertThat(header)
                                .contains("tag#/properties/ids/uniqueItems")
                                .contains("tag#/properties/gr%C3%B6%C3%9Fe%2C%20in%20cm/pattern"));
                Constraint kept = engine.started.take().request().constraint().orElseThrow();
                if (template.equals(Templates.HERMES)) {
                    assertThat(accepts(kept, call.replace("ARGUMENTS", "{\"ids\": [\"a\", \"a\"]}")))
                            .isTrue();
                    assertThat(accepts(kept, call.replace("ARGUMENTS", "{\"ids\": [], \"größe, in cm\": \"zz\"}")))
                            .isTrue();
                    assertThat(accepts(kept, call.replace("ARGUMENTS", "{\"ids\": [], \"größe, in cm\": \"zzz\"}")))
                            .isFalse();
                    assertThat(accepts(kept, call.replace("ARGUMENTS", "{\"ids\": [1]}")))
                            .isFalse();
                    assertThat(accepts(kept, call.replace("ARGUMENTS", "{}"))).isFalse();
                }
                refused(server, tools.replace("STRICT", "true").replace("MORE", ""), "'strict'");
                assertThat(server.chat(request("")).headers().firstValue("x-gufo-not-enforced"))
                        .isEmpty();
            }
        }
    }

    @Test
    void aSchemaThatTheFormOfCallsCantKeepIsNotEnforcedEither() throws Exception {
        String request = """
                {"tools": [{"type": "function", "function": {"name": "odd", "strict": STRICT, "parameters": {"type": "object",
                  "properties": {"a>b": {"type": "string"}}, "required": ["a>b"], "additionalProperties": false}}}],
                  "messages": [{"role": "user", "content": "Hello!"}]}""";
        for (int form : List.of(4, 0)) {
            boolean marks = form == 4;
            var engine = new ScriptedEngine(
                            4_096,
                            Templates.calling(
                                    forms().toList().get(form).get()[0].toString()))
                    .answering("Hi");
            try (var server = new TestServer(engine)) {
                var response = server.chat(request.replace("STRICT", "false"));
                assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
                assertThat(response.headers().firstValue("x-gufo-not-enforced").isPresent())
                        .isEqualTo(marks);
                Constraint kept = engine.started.take().request().constraint().orElseThrow();
                if (marks) {
                    assertThat(response.headers().firstValue("x-gufo-not-enforced"))
                            .hasValueSatisfying(header -> assertThat(header).startsWith("odd#/properties/a%3Eb"));
                    String call =
                            "<tool_call>\n<function=odd>\n<parameter=x>\n1\n</parameter>\n</function>\n</tool_call>";
                    assertThat(accepts(kept, call)).isTrue();
                    refused(server, request.replace("STRICT", "true"), "can't be written");
                } else {
                    assertThat(server.chat(request.replace("STRICT", "true")).statusCode())
                            .isEqualTo(200);
                }
            }
        }
    }

    private static void refused(TestServer server, String request, String message) throws Exception {
        var response = server.chat(request);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(json(response).at("/error/param").textValue()).startsWith("tool");
        assertThat(json(response).at("/error/message").textValue()).contains(message);
    }

    private static Constraint constraint(ScriptedEngine engine, TestServer server, String more) throws Exception {
        var response = server.chat(request(more));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return engine.started.take().request().constraint().orElseThrow();
    }

    static boolean accepts(Constraint constraint, String text) {
        Matcher matcher = Grammar.parse(constraint.grammar()).matcher();
        return matcher.advance(text.getBytes(StandardCharsets.UTF_8)) && matcher.isComplete();
    }

    private static ScriptedEngine hermes(String answer) {
        return new ScriptedEngine(4_096, Templates.HERMES).answering(answer);
    }
}
