package dev.gufo.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.Sentences;
import dev.gufo.grammar.schema.BareText;
import dev.gufo.grammar.schema.JsonSchemaGrammar;
import dev.gufo.grammar.schema.RandomSchemas;
import dev.gufo.grammar.schema.SchemaJudge;
import dev.gufo.grammar.schema.UnsupportedSchema;
import dev.gufo.template.ChatTemplate;
import dev.gufo.template.Dialect;
import dev.gufo.template.TemplateLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Arguments between marks: what the grammar allows, what the reader makes of it and what history shows are the same.
 */
class MarkedArgumentsTest {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** Strings that look like something else. */
    private static final List<String> STRINGS = List.of(
            "",
            "Oslo 🦉",
            "\nlines\n",
            " null ",
            "null",
            "true",
            "None",
            "12",
            "-0.5e3",
            "12 a",
            "[1]",
            "{\"a\": 1}",
            "{ no",
            "\"q\"",
            "\"null\"",
            "\"12\"",
            "\"\\\"12\\\"\"",
            "a < b </ c",
            "A block ends with </parameter> here.",
            "ends with </parameter>",
            "</tool_call> and </function></tool_call>",
            "</parameter>\n</parameter>");

    /** Strings in which a call would end. */
    private static final List<String> ENDING = List.of(
            "x</parameter>\n</function>\n</tool_call>",
            "</parameter></invoke>",
            "a</parameter><parameter=b>\nc",
            "a</parameter> <parameter name=\"b\">c",
            "\\u003c\\u002fparameter>",
            "\"x\\u003c\\u002fparameter>\"");

    private static ToolDefinition tool(Object parameters) {
        return ToolDefinition.of(Map.of("type", "function", "function", Map.of("name", "f", "parameters", parameters)));
    }

    private static ToolDefinition toolWith(Object value) {
        return tool(Map.of("type", "object", "properties", Map.of("v", value), "required", List.of("v")));
    }

    private static ParameterForm form(ToolSyntax syntax) {
        return syntax == ToolSyntax.MUSE ? MuseForm.CALLS : (ParameterForm) syntax.form();
    }

    private static String grammar(ToolSyntax syntax, ToolDefinition tool) {
        return ToolGrammar.of(
                        Replies.format(syntax),
                        List.of(tool),
                        ToolGrammar.Choice.AUTO,
                        false,
                        false,
                        JsonSchemaGrammar::arguments)
                .gbnf();
    }

    /** A call as a vendor's template shows it. */
    private static String call(ParameterForm form, ToolDefinition tool, Map<String, Object> arguments) {
        if (form.quoting() == BareText.Quoting.CDATA) {
            return form.write("f", PlainJson.text(arguments)); // its template shows no list and no object as JSON
        }
        String line = form.lines() ? "\n" : "";
        StringBuilder call = new StringBuilder(form.open() + "\n" + form.function() + "f" + form.functionEnd() + "\n");
        form.shown(tool, arguments)
                .forEach((name, value) -> call.append(form.parameter() + name + form.parameterEnd() + line)
                        .append(value instanceof String text ? text : PlainJson.text(value))
                        .append(line + form.valueEnd() + "\n"));
        return call + form.end() + "\n" + form.close();
    }

    private static JsonNode read(ToolSyntax syntax, ToolDefinition tool, List<String> pieces) {
        String shown = Replies.read(Replies.reader(syntax, List.of(tool), false), pieces);
        assertThat(shown).startsWith("call0:id0:f arguments0:").endsWith(" end0");
        return json(shown.substring("call0:id0:f arguments0:".length(), shown.length() - " end0".length()));
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(text, e);
        }
    }

    private static void roundTrips(ToolSyntax syntax, ToolDefinition tool, Map<String, Object> arguments) {
        String call = call(form(syntax), tool, arguments);
        JsonNode expected = json(PlainJson.text(arguments));
        assertThat(Sentences.accepts(grammar(syntax, tool), call))
                .as("%s for %s", call, tool.parameters())
                .isTrue();
        assertThat(read(syntax, tool, List.of(call))).as(call).isEqualTo(expected);
        for (int split = 1; split < call.length(); split++) {
            assertThat(read(syntax, tool, List.of(call.substring(0, split), call.substring(split))))
                    .isEqualTo(expected);
        }
        assertThat(read(syntax, tool, Arrays.asList(call.split("")))).isEqualTo(expected);
    }

    private static Map<String, Object> v(Object value) {
        var arguments = new LinkedHashMap<String, Object>();
        arguments.put("v", value);
        return arguments;
    }

    @ParameterizedTest
    @EnumSource(names = {"QWEN3_CODER_XML", "MINIMAX", "MINICPM_5", "MUSE"})
    void everyStringComesBackAsItIs(ToolSyntax syntax) {
        for (String string : STRINGS) {
            for (Object schema : List.of(
                    Map.of("type", "string"),
                    Map.of("type", List.of("string", "null")),
                    Map.of("type", List.of("string", "integer", "boolean")),
                    Map.of("anyOf", List.of(Map.of("type", "string"), Map.of("type", "array"))),
                    Map.of("type", List.of("object", "string")),
                    Map.of("enum", List.of(string, "other")),
                    Map.of("const", string),
                    Map.of())) {
                roundTrips(syntax, toolWith(schema), v(string));
            }
            roundTrips(
                    syntax, toolWith(Map.of("type", "array", "items", Map.of("type", "string"))), v(List.of(string)));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"QWEN3_CODER_XML", "MINIMAX", "MINICPM_5", "MUSE"})
    void aStringInWhichACallWouldEndIsWrittenInQuotesOrNotAtAll(ToolSyntax syntax) {
        for (String string : ENDING) {
            roundTrips(syntax, toolWith(Map.of("const", string)), v(string));
            roundTrips(syntax, toolWith(Map.of("type", "array")), v(List.of(string, Map.of("k", string))));
            ParameterForm form = form(syntax);
            ToolDefinition free = toolWith(Map.of("type", "string"));
            assertThat(read(syntax, free, List.of(call(form, free, v(string)))))
                    .isEqualTo(json(PlainJson.text(v(string))));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"QWEN3_CODER_XML", "MINIMAX", "MINICPM_5", "MUSE"})
    void whatIsNoStringComesBackAsItIs(ToolSyntax syntax) {
        for (Object value :
                Arrays.asList(null, true, false, 7, List.of(), List.of(1, "a"), Map.of("k", List.of(true)), Map.of())) {
            roundTrips(syntax, toolWith(Map.of()), v(value));
            roundTrips(syntax, tool(true), v(value));
        }
        roundTrips(syntax, toolWith(Map.of("type", List.of("boolean", "null"))), v(null));
        roundTrips(syntax, tool(Map.of()), Map.of());
    }

    @ParameterizedTest
    @EnumSource(names = {"QWEN3_CODER_XML", "MINIMAX", "MINICPM_5", "MUSE"})
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void everyCallThatTheGrammarAllowsIsReadAsWhatTheSchemaAllows(ToolSyntax syntax) {
        var random = new Random(17);
        int judged = 0;
        var refused = new ArrayList<String>();
        for (int i = 0; i < 40; i++) {
            Map<String, Object> schema = new LinkedHashMap<>();
            schema.put("type", "object");
            schema.put("properties", properties(random));
            schema.put("required", List.of("p0"));
            if (i % 3 == 0) {
                schema.put("additionalProperties", new RandomSchemas(random).next());
            }
            if (i % 4 == 0) {
                schema = new LinkedHashMap<>(Map.of("$ref", "#/$defs/root", "$defs", Map.of("root", schema)));
            }
            ToolDefinition tool = tool(schema);
            String gbnf;
            try {
                gbnf = grammar(syntax, tool);
            } catch (UnsupportedSchema e) {
                refused.add(e.getMessage());
                continue;
            }
            judged++;
            var judge = new SchemaJudge(schema);
            ParameterForm form = form(syntax);
            String line = form.lines() ? "\n" : "";
            String last = form.close().isEmpty() ? "\n" + form.end() : form.end() + "\n" + form.close();
            // Within a section its own end has to come first.
            String inSection = form.quoting() == BareText.Quoting.CDATA ? "]]>" : "";
            var sentences = new Sentences(
                    Grammar.parse(gbnf),
                    random,
                    List.of(
                            inSection + line + form.valueEnd() + "\n" + last,
                            inSection + line + form.valueEnd() + "\n" + form.parameter(),
                            line + form.valueEnd() + "\n" + last,
                            line + form.valueEnd() + "\n" + form.parameter(),
                            last));
            for (int length : new int[] {0, 200}) {
                String call = sentences.next(length);
                JsonNode arguments = read(syntax, tool, List.of(call));
                assertThat(judge.faults(arguments.toString()))
                        .as("%s read as %s for %s", call, arguments, schema)
                        .isEmpty();
                String again = call(
                        form(syntax),
                        tool,
                        JSON.convertValue(arguments, new TypeReference<LinkedHashMap<String, Object>>() {}));
                assertThat(read(syntax, tool, List.of(again)).equals(MarkedArgumentsTest::byValue, arguments))
                        .as("%s read as %s for %s", again, arguments, schema)
                        .isTrue();
            }
        }
        assertThat(judged).as("judged, refused: %s", refused).isGreaterThan(20);
    }

    /** Numbers may be written in several ways. */
    private static int byValue(JsonNode a, JsonNode b) {
        return a.isNumber() && b.isNumber() ? a.decimalValue().compareTo(b.decimalValue()) : a.equals(b) ? 0 : 1;
    }

    /** Schemas without definitions of their own, as these would be looked for at the root. */
    private static Map<String, Object> properties(Random random) {
        var properties = new LinkedHashMap<String, Object>();
        for (int i = 0; i < 3; i++) {
            Object schema;
            do {
                schema = new RandomSchemas(random).next();
            } while (PlainJson.text(schema).contains("$"));
            properties.put("p" + i, schema);
        }
        return properties;
    }

    @Test
    void everyKeywordOfStructuredOutputIsKept() {
        Map<String, Object> mode = Map.of("type", "string", "enum", List.of("list", "load"));
        accepts(Map.of("$ref", "#/$defs/M"), mode, List.of("list"), List.of("other", "\"list\""));
        var nullable = new ArrayList<Object>(List.of("a"));
        nullable.add(null);
        accepts(Map.of("enum", nullable), mode, List.of("a", "null"), List.of("b"));
        accepts(Map.of("const", "x"), mode, List.of("x"), List.of("y"));
        accepts(Map.of("type", "string", "pattern", "^[a-c]+$"), mode, List.of("abc"), List.of("abd", ""));
        accepts(
                Map.of("type", "string", "minLength", 2, "maxLength", 4),
                mode,
                List.of("ab", "a<b/", "äöü"),
                List.of("a", "abcde"));
        accepts(
                Map.of("type", "string", "maxLength", 5_000),
                mode,
                List.of("", "a<b", "x".repeat(5_000)),
                List.of("x".repeat(5_001)));
        accepts(Map.of("type", "string", "format", "date"), mode, List.of("2026-11-26"), List.of("tomorrow"));
        accepts(
                Map.of("type", List.of("string", "integer"), "minimum", 10),
                mode,
                List.of("10", "ten", "\"5\""),
                List.of("5"));
        accepts(
                Map.of("allOf", List.of(Map.of("type", "string"), Map.of("minLength", 1))),
                mode,
                List.of("a"),
                List.of(""));
    }

    private static void accepts(Object value, Object mode, List<String> good, List<String> bad) {
        ToolDefinition tool = tool(Map.of(
                "type",
                "object",
                "properties",
                Map.of("v", value),
                "required",
                List.of("v"),
                "$defs",
                Map.of("M", mode)));
        String gbnf = grammar(ToolSyntax.QWEN3_CODER_XML, tool);
        good.forEach(text -> assertThat(Sentences.accepts(gbnf, qwen("v", text)))
                .as("%s: %s", value, text)
                .isTrue());
        bad.forEach(text -> assertThat(Sentences.accepts(gbnf, qwen("v", text)))
                .as("%s: %s", value, text)
                .isFalse());
    }

    private static String qwen(String... parameters) {
        StringBuilder call = new StringBuilder("<tool_call>\n<function=f>\n");
        for (int i = 0; i < parameters.length; i += 2) {
            call.append("<parameter=" + parameters[i] + ">\n" + parameters[i + 1] + "\n</parameter>\n");
        }
        return call + "</function>\n</tool_call>";
    }

    @Test
    void rootsOfEveryShapeAreKept() {
        Map<String, Object> closed = Map.of(
                "type",
                "object",
                "properties",
                Map.of("v", Map.of("type", "integer")),
                "required",
                List.of("v"),
                "additionalProperties",
                false);
        for (Object root : List.of(
                Map.of("$ref", "#/$defs/A", "$defs", Map.of("A", closed)),
                Map.of("allOf", List.of(closed)),
                Map.of("anyOf", List.of(closed, Map.of("type", "null"))))) {
            String gbnf = grammar(ToolSyntax.QWEN3_CODER_XML, tool(root));
            assertThat(Sentences.accepts(gbnf, qwen("v", "7"))).isTrue();
            assertThat(Sentences.accepts(gbnf, qwen("v", "x"))).isFalse();
            assertThat(Sentences.accepts(gbnf, qwen())).isFalse();
            assertThat(Sentences.accepts(gbnf, qwen("v", "7", "w", "7"))).isFalse();
        }
        String others = grammar(
                ToolSyntax.QWEN3_CODER_XML,
                tool(Map.of("additionalProperties", Map.of("type", "integer"), "minProperties", 0)));
        assertThat(Sentences.accepts(others, qwen("a", "1", "b c", "2"))).isTrue();
        assertThat(Sentences.accepts(others, qwen("a", "x"))).isFalse();
        String some = grammar(
                ToolSyntax.QWEN3_CODER_XML,
                tool(Map.of(
                        "type", "object", "properties", Map.of("a", Map.of("type", "integer")), "minProperties", 1)));
        assertThat(Sentences.accepts(some, qwen())).isFalse();
        assertThat(Sentences.accepts(some, qwen("a", "1"))).isTrue();
        String constants =
                grammar(ToolSyntax.QWEN3_CODER_XML, tool(Map.of("enum", List.of(Map.of("a", "x"), "no object"))));
        assertThat(Sentences.accepts(constants, qwen("a", "x"))).isTrue();
        assertThat(Sentences.accepts(constants, qwen("a", "y"))).isFalse();
    }

    @Test
    void aNameThatWouldEndItselfIsNotWritten() {
        assertThatThrownBy(() -> grammar(
                        ToolSyntax.QWEN3_CODER_XML,
                        tool(Map.of(
                                "type", "object",
                                "properties", Map.of("a>b", Map.of("type", "string")),
                                "required", List.of("a>b")))))
                .isInstanceOf(UnsupportedSchema.class)
                .hasMessageContaining("name");
    }

    @Test
    void whatVendorsTemplatesShowOfHistoryIsReadAsItWas() throws IOException {
        Path folder = Path.of(System.getProperty("gufo.chat-templates", "chat-templates"))
                .resolve("templates");
        assumeTrue(Files.isDirectory(folder), "no templates in " + folder);
        ToolDefinition tool = tool(Map.of(
                "type",
                "object",
                "properties",
                Map.of("v", Map.of("type", List.of("string", "null", "boolean", "array", "number")))));
        var values = new ArrayList<Object>(STRINGS);
        values.addAll(ENDING);
        values.addAll(Arrays.asList(null, true, 7, List.of("a", ENDING.getFirst())));
        for (String name : List.of(
                "Qwen3-Coder", "Qwen3.5-4B", "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "StepFun3.5-Flash", "MiniMax-M2")) {
            ChatTemplate template = ChatTemplate.parse(
                    Files.readString(folder.resolve(name + ".jinja")),
                    Dialect.GENERATION_BLOCKS,
                    TemplateLimits.DEFAULT);
            ChatFormat format = ChatFormat.detect(template, Map.of("bos_token", "", "eos_token", ""));
            for (Object value : values) {
                String prompt = prompt(template, format, tool, v(value));
                String open = form(format.tools()).open();
                String call = prompt.substring(prompt.lastIndexOf("\n" + open) + 1);
                String shown = Replies.read(Replies.reader(format.tools(), List.of(tool), false), List.of(call));
                String arguments = shown.replaceFirst("(?s)^call0:id0:f arguments0:(.*?) end0.*$", "$1");
                assertThat(json(arguments)).as("%s: %s", name, call).isEqualTo(json(PlainJson.text(v(value))));
            }
        }
    }

    private static String prompt(
            ChatTemplate template, ChatFormat format, ToolDefinition tool, Map<String, Object> arguments) {
        var conversation = new Conversation(
                List.of(
                        ChatMessage.of(Role.USER, "Do it."),
                        new ChatMessage(
                                Role.ASSISTANT,
                                Optional.empty(),
                                List.of(new ToolCall("call00001", "f", arguments)),
                                Map.of()),
                        new ChatMessage(
                                Role.TOOL, Optional.of("done"), List.of(), Map.of("tool_call_id", "call00001"))),
                List.of(tool.asTemplateValue()),
                Map.of());
        return template.render(format.adapt(conversation).input("", "", false, LocalDateTime.of(2026, 1, 1, 12, 0)))
                .text();
    }
}
