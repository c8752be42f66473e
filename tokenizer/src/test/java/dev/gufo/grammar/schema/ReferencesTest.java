package dev.gufo.grammar.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.Texts;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Keywords whose meaning depends on what else a schema says. */
class ReferencesTest {
    private static void keeps(String schema, List<String> right, List<String> wrong) {
        Grammar grammar = Grammar.parse(JsonSchemaGrammar.of(SchemaJudge.plain(schema)));
        right.forEach(text -> assertThat(Texts.matches(grammar, text))
                .as("%s: %s", schema, text)
                .isTrue());
        wrong.forEach(text -> assertThat(Texts.matches(grammar, text))
                .as("%s: %s", schema, text)
                .isFalse());
    }

    private static void refuses(String schema, String keyword) {
        assertThatThrownBy(() -> JsonSchemaGrammar.of(SchemaJudge.plain(schema)))
                .isInstanceOf(UnsupportedSchema.class)
                .hasMessageContaining(keyword);
    }

    @Test
    void unevaluatedPropertiesAreThoseThatNoSchemaListsWhichAppliesInAnyCase() {
        String based = """
                {"$defs": {"base": {"properties": {"a": {"type": "integer"}}, "required": ["a"]}},
                 "type": "object", "allOf": [{"$ref": "#/$defs/base"}], "properties": {"b": {"type": "string"}},
                 "unevaluatedProperties": MORE}""";
        keeps(
                based.replace("MORE", "false"),
                List.of("{\"b\":\"x\",\"a\":1}", "{\"a\":1}"),
                List.of("{\"a\":1,\"c\":2}", "{\"a\":\"x\"}", "{}"));
        keeps(
                based.replace("MORE", "{\"type\": \"null\"}"),
                List.of("{\"a\":1,\"c\":null}"),
                List.of("{\"a\":1,\"c\":2}"));
        keeps(
                "{\"type\": \"object\", \"patternProperties\": {\"^x\": {\"type\": \"integer\"}}, \"unevaluatedProperties\": false}",
                List.of("{}", "{\"xy\":1}"),
                List.of("{\"y\":1}", "{\"xy\":\"a\"}"));
        keeps(
                "{\"type\": \"object\", \"enum\": [{\"a\": 1}, {\"b\": 2}], \"properties\": {\"a\": true}, \"unevaluatedProperties\": false}",
                List.of("{\"a\":1}"),
                List.of("{\"b\":2}"));
        refuses(
                "{\"type\": \"object\", \"anyOf\": [{\"properties\": {\"a\": {}}}], \"unevaluatedProperties\": false}",
                "unevaluatedProperties");
    }

    @Test
    void aDynamicReferenceIsFollowedWhereItCanLeadToOnePlaceOnly() {
        String tree = """
                {"$dynamicAnchor": "node", "type": "object", "properties": {"v": {"type": "integer"},
                  "next": {"$dynamicRef": "#node"}}, "required": ["v"], "additionalProperties": false}""";
        keeps(
                tree,
                List.of("{\"v\":1}", "{\"v\":1,\"next\":{\"v\":2}}"),
                List.of("{\"v\":1,\"next\":2}", "{\"v\":1,\"next\":{}}"));
        refuses(
                "{\"$dynamicRef\": \"#a\", \"$defs\": {\"x\": {\"$dynamicAnchor\": \"a\"}, \"y\": {\"$id\": \"y\", \"$dynamicAnchor\": \"a\"}}}",
                "$dynamicRef");
        // An enumeration is judged by what the reference leads to as well.
        keeps(
                "{\"enum\": [{\"v\": 1}, {\"v\": \"a\"}], \"properties\": {\"v\": {\"$dynamicRef\": \"#i\"}},"
                        + " \"$defs\": {\"i\": {\"$dynamicAnchor\": \"i\", \"type\": \"integer\"}}}",
                List.of("{\"v\":1}"),
                List.of("{\"v\":\"a\"}"));
    }

    @Test
    void whatAnArrayHasToContainComesFirst() {
        keeps(
                "{\"type\": \"array\", \"items\": {\"type\": \"integer\"}, \"contains\": {\"minimum\": 10}, \"maxItems\": 3}",
                List.of("[10]", "[12,1,2]"),
                List.of("[]", "[1]", "[1,2,3]", "[10,\"a\"]", "[10,1,2,3]"));
        keeps(
                "{\"type\": \"array\", \"contains\": {\"const\": \"x\"}, \"minContains\": 2}",
                List.of("[\"x\",\"x\"]", "[\"x\",\"x\",1]"),
                List.of("[\"x\"]", "[\"x\",1,1]"));
        keeps(
                "{\"type\": \"array\", \"contains\": {\"const\": \"x\"}, \"minContains\": 0, \"items\": {\"type\": \"integer\"}}",
                List.of("[]", "[1]"),
                List.of("[\"x\"]"));
        refuses("{\"type\": \"array\", \"contains\": {\"const\": 1}, \"maxContains\": 1}", "maxContains");
    }

    @Test
    void itemsOfAFewIntegersAreToldApart() {
        keeps(
                "{\"type\": \"array\", \"items\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 6}, \"uniqueItems\": true, \"minItems\": 2}",
                List.of("[1,2]", "[6,3,1]"),
                List.of("[1]", "[1,1]", "[0,1]", "[1,2,7]"));
        refuses("{\"type\": \"array\", \"items\": {\"type\": \"integer\"}, \"uniqueItems\": true}", "uniqueItems");
    }
}
