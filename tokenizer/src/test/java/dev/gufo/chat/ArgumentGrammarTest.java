package dev.gufo.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.grammar.Sentences;
import dev.gufo.grammar.schema.JsonSchemaGrammar;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whether arguments are kept to their schema in forms that don't write them as one JSON text, and in those that do. */
class ArgumentGrammarTest {
    private static final ToolDefinition BOOK = Replies.tool("book", schema());
    private static final ToolDefinition STOP =
            Replies.tool("stop", Map.of("type", "object", "properties", Map.of(), "additionalProperties", false));
    private static final ToolDefinition FREE = Replies.tool("free", Map.of("type", "object"));

    private static Map<String, Object> schema() {
        var deep = new LinkedHashMap<String, Object>();
        deep.put("list", Map.of("type", "array", "items", Map.of("type", "string")));
        deep.put("on", Map.of("type", "boolean"));
        var properties = new LinkedHashMap<String, Object>();
        properties.put("city", Map.of("type", "string"));
        properties.put("days", Map.of("type", "integer", "minimum", 1, "maximum", 9));
        properties.put("deep", Map.of("type", "object", "properties", deep, "required", List.of("on")));
        properties.put("unit", Map.of("$ref", "#/$defs/unit"));
        return Map.of(
                "type",
                "object",
                "properties",
                properties,
                "required",
                List.of("city"),
                "$defs",
                Map.of("unit", Map.of("type", "string", "enum", List.of("c", "f"))));
    }

    private static boolean allowed(ToolSyntax syntax, String name, String arguments) {
        ToolGrammar grammar = ToolGrammar.of(
                Replies.format(syntax),
                List.of(BOOK, STOP, FREE),
                ToolGrammar.Choice.AUTO,
                true,
                false,
                JsonSchemaGrammar::arguments);
        return OutputCorpusTest.matches(grammar, syntax.form().write(name, arguments));
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"QWEN3_CODER_XML", "MINIMAX", "SEED_OSS", "MINICPM_5", "MUSE"})
    void argumentsAreKeptToTheSchemaInEveryForm(ToolSyntax syntax) {
        for (String right : List.of(
                "{\"city\":\"Oslo\"}",
                "{\"city\":\"O'Neil, (x) 😀\",\"days\":3}",
                "{\"city\":\"Oslo\",\"days\":9,\"deep\":{\"list\":[\"a\",\"b\"],\"on\":true},\"unit\":\"f\"}",
                "{\"city\":\"Oslo\",\"deep\":{\"on\":false}}",
                "{\"city\":\"Oslo\",\"unit\":\"c\"}")) {
            assertThat(allowed(syntax, "book", right)).as(right).isTrue();
        }
        for (String wrong : List.of(
                "{}",
                "{\"days\":3}",
                "{\"city\":\"Oslo\",\"days\":10}",
                "{\"city\":\"Oslo\",\"days\":\"three\"}",
                "{\"city\":\"Oslo\",\"unit\":\"k\"}",
                "{\"city\":\"Oslo\",\"deep\":{\"list\":[\"a\"]}}",
                "{\"city\":\"Oslo\",\"deep\":{\"on\":\"maybe\"}}",
                "{\"town\":\"Oslo\"}")) {
            assertThat(allowed(syntax, "book", wrong)).as(wrong).isFalse();
        }
        assertThat(allowed(syntax, "stop", "{}")).isTrue();
        assertThat(allowed(syntax, "stop", "{\"x\":1}")).isFalse();
        assertThat(allowed(syntax, "free", "{}")).isTrue();
        assertThat(allowed(syntax, "free", "{\"x\":\"y\",\"z\":{\"a\":[1,true]}}"))
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void stringsAreKeptToEveryKeywordInEveryForm(ToolSyntax syntax) {
        keeps(syntax, Map.of("type", "string", "pattern", "^[a-c]+$"), List.of("abc"), List.of("abd", ""));
        keeps(
                syntax,
                Map.of("type", "string", "minLength", 2, "maxLength", 4),
                List.of("ab", "äöü"),
                List.of("a", "abcde"));
        keeps(syntax, Map.of("type", "string", "format", "date"), List.of("2026-11-27"), List.of("tomorrow"));
        keeps(
                syntax,
                Map.of("type", "string", "maxLength", 5_000),
                List.of("x".repeat(5_000)),
                List.of("x".repeat(5_001)));
        keeps(syntax, Map.of("type", List.of("string", "null"), "pattern", "^[a-c]+$"), List.of("abc"), List.of("abd"));
        keeps(
                syntax,
                Map.of("allOf", List.of(Map.of("type", "string"), Map.of("minLength", 2))),
                List.of("ab"),
                List.of("a"));
        keeps(syntax, Map.of("enum", List.of("a b", "c")), List.of("a b", "c"), List.of("a"));
        keeps(syntax, Map.of("const", "x"), List.of("x"), List.of("y"));
    }

    private static void keeps(ToolSyntax syntax, Object schema, List<String> right, List<String> wrong) {
        ToolDefinition tool = Replies.tool(
                "f", Map.of("type", "object", "properties", Map.of("v", schema), "required", List.of("v")));
        String gbnf = ToolGrammar.of(
                        Replies.format(syntax),
                        List.of(tool),
                        ToolGrammar.Choice.AUTO,
                        false,
                        false,
                        JsonSchemaGrammar::arguments)
                .gbnf();
        right.forEach(text -> assertThat(Sentences.accepts(gbnf, call(syntax, text)))
                .as("%s: %s", schema, text)
                .isTrue());
        wrong.forEach(text -> assertThat(Sentences.accepts(gbnf, call(syntax, text)))
                .as("%s: %s", schema, text)
                .isFalse());
    }

    private static String call(ToolSyntax syntax, String value) {
        return syntax.form().write("f", PlainJson.text(Map.of("v", value)));
    }

    @ParameterizedTest
    @EnumSource
    void everyStringIsReadAsItWasWritten(ToolSyntax syntax) {
        ToolDefinition tool = Replies.tool(
                "f",
                Map.of(
                        "type",
                        "object",
                        "properties",
                        // Elements have no quotes, so there only the schema can tell.
                        Map.of("v", syntax == ToolSyntax.MINIMAX_M3 ? Map.of("type", "string") : Map.of())));
        for (String string : List.of(
                "",
                "Zürich 😀",
                "null",
                "12",
                "\"q\"",
                "[1]",
                "{ no",
                "a </arg_value> b",
                "</parameter> and </param>",
                "]]> and <![CDATA[x]]>",
                "ends with </｜DSML｜parameter>")) {
            String call = call(syntax, string);
            String expected = "call0:id0:f arguments0:{\"v\": " + PlainJson.text(string) + "} end0";
            for (List<String> pieces : List.of(List.of(call), List.of(call.split("")))) {
                String read = Replies.read(Replies.reader(syntax, List.of(tool), false), pieces);
                assertThat(read.replace("{\"v\":\"", "{\"v\": \"")).as(call).isEqualTo(expected);
            }
        }
    }
}
