package dev.gufo.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ParameterTypesTest {
    private static final ToolDefinition TOOL = Replies.tool(
            "f",
            Map.of(
                    "type",
                    "object",
                    "properties",
                    Map.of(
                            "text", Map.of("type", "string"),
                            "count", Map.of("type", "integer"),
                            "either", Map.of("type", List.of("string", "null")),
                            "choice", Map.of("enum", List.of("1", "2")),
                            "other", Map.of("$ref", "#/$defs/list"),
                            "any", Map.of()),
                    "$defs",
                    Map.of("list", Map.of("anyOf", List.of(Map.of("type", "array"), Map.of("type", "boolean"))))));

    @Test
    void textIsAStringWhereOnlyStringsAreAllowed() {
        assertThat(ParameterTypes.json(TOOL, "text", "12")).isEqualTo("\"12\"");
        assertThat(ParameterTypes.json(TOOL, "choice", "1")).isEqualTo("\"1\"");
    }

    @Test
    void textIsTheJsonThatTheSchemaAllows() {
        assertThat(ParameterTypes.json(TOOL, "count", " 12 ")).isEqualTo("12");
        assertThat(ParameterTypes.json(TOOL, "either", "null")).isEqualTo("null");
        assertThat(ParameterTypes.json(TOOL, "either", "12")).isEqualTo("\"12\"");
        assertThat(ParameterTypes.json(TOOL, "other", "[1, 2]")).isEqualTo("[1, 2]");
        assertThat(ParameterTypes.json(TOOL, "any", "{\"a\": 1}")).isEqualTo("{\"a\": 1}");
    }

    @Test
    void whatIsNoJsonOfAnAllowedTypeIsAString() {
        assertThat(ParameterTypes.json(TOOL, "count", "many")).isEqualTo("\"many\"");
        assertThat(ParameterTypes.json(TOOL, "other", "12")).isEqualTo("\"12\"");
        assertThat(ParameterTypes.json(TOOL, "unknown", "a \"b\"")).isEqualTo("\"a \\\"b\\\"\"");
    }
}
