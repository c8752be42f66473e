package dev.gufo.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.grammar.schema.BareText;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ParameterTypesTest {
    private static final ToolDefinition TOOL = Replies.tool(
            "f",
            Map.of(
                    "allOf",
                    List.of(Map.of("$ref", "#/$defs/root")),
                    "$defs",
                    Map.of(
                            "root",
                            Map.of(
                                    "type",
                                    "object",
                                    "properties",
                                    Map.of(
                                            "text", Map.of("type", "string"),
                                            "count", Map.of("type", "integer"),
                                            "either", Map.of("type", List.of("string", "null")),
                                            "choice", Map.of("enum", List.of("1", "2")),
                                            "flag", Map.of("type", List.of("boolean", "null")),
                                            "other", Map.of("$ref", "#/$defs/list"),
                                            "any", Map.of()),
                                    "additionalProperties",
                                    Map.of("type", "array")),
                            "list",
                            Map.of("anyOf", List.of(Map.of("type", "array"), Map.of("type", "boolean"))))));

    private static String json(String parameter, String text) {
        BareText bare = ParameterForm.QWEN.members(TOOL).text(Optional.of(parameter));
        return ParameterText.json(bare, text);
    }

    @Test
    void textIsAStringWhereOnlyStringsAreAllowed() {
        assertThat(json("text", "12")).isEqualTo("\"12\"");
        assertThat(json("text", "\"12\"")).isEqualTo("\"\\\"12\\\"\"");
        assertThat(json("choice", "1")).isEqualTo("\"1\"");
    }

    @Test
    void textIsTheJsonThatTheSchemaAllows() {
        assertThat(json("count", " 12 ")).isEqualTo("12");
        assertThat(json("either", "null")).isEqualTo("null");
        assertThat(json("either", "12")).isEqualTo("\"12\"");
        assertThat(json("other", "[1, 2]")).isEqualTo("[1, 2]");
        assertThat(json("any", "{\"a\": 1}")).isEqualTo("{\"a\": 1}");
        assertThat(json("unlisted", "[2]")).isEqualTo("[2]");
    }

    @Test
    void quotesArePartOfAStringUnlessItNeedsThem() {
        assertThat(json("either", "\"q\"")).isEqualTo("\"\\\"q\\\"\"");
        assertThat(json("either", "\"null\"")).isEqualTo("\"null\"");
        assertThat(json("any", "\"12\"")).isEqualTo("\"12\"");
        assertThat(json("any", "\"twelve\"")).isEqualTo("\"\\\"twelve\\\"\"");
    }

    @Test
    void whatPythonCallsTrueAndNoneIsMeant() {
        assertThat(json("flag", "True")).isEqualTo("true");
        assertThat(json("flag", "None")).isEqualTo("null");
        assertThat(json("text", "None")).isEqualTo("\"None\"");
    }

    @Test
    void whatIsNoJsonOfAnAllowedTypeIsAString() {
        assertThat(json("count", "many")).isEqualTo("\"many\"");
        assertThat(json("other", "12")).isEqualTo("\"12\"");
        assertThat(json("any", "a \"b\"")).isEqualTo("\"a \\\"b\\\"\"");
    }
}
