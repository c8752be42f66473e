package dev.gufo.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.grammar.JsonSchemaGrammar;
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
}
