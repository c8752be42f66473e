package dev.gufo.grammar.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.grammar.Grammar;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever comes is turned into a grammar of bounded size or refused. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class HostileSchemasTest {
    private static final List<String> KEYWORDS = List.of(
            "type",
            "enum",
            "const",
            "$ref",
            "allOf",
            "anyOf",
            "oneOf",
            "not",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "multipleOf",
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "items",
            "prefixItems",
            "minItems",
            "maxItems",
            "properties",
            "required",
            "additionalProperties",
            "patternProperties",
            "propertyNames",
            "minProperties",
            "maxProperties",
            "if",
            "then",
            "nullable",
            "uniqueItems",
            "contains",
            "dependentRequired",
            "additionalItems");

    private static boolean compiles(Object schema) {
        return compiled(schema).isPresent();
    }

    private static Optional<String> compiled(Object schema) {
        try {
            String gbnf = JsonSchemaGrammar.of(schema);
            assertThat(gbnf.length())
                    .isLessThanOrEqualTo(SchemaLimits.DEFAULT.output().chars());
            return Optional.of(gbnf);
        } catch (UnsupportedSchema e) {
            assertThat(e.keyword()).isNotEmpty();
            return Optional.empty();
        }
    }

    @Test
    void mutatedSchemasMakeAGrammarOrAreRefused() {
        var random = new Random(7);
        int compiled = 0;
        for (int i = 0; i < 2_000; i++) {
            Object schema = new RandomSchemas(random).next();
            for (int mutations = 1 + random.nextInt(4); mutations > 0; mutations--) {
                schema = mutated(schema, schema, random);
            }
            Optional<String> gbnf = compiled(schema);
            if (gbnf.isPresent()) {
                compiled++;
                Grammar.parse(gbnf.get());
            }
        }
        assertThat(compiled).isBetween(200, 1_999);
    }

    /** A copy with one part exchanged for something hostile or for another part. */
    private static Object mutated(Object value, Object whole, Random random) {
        if (random.nextInt(4) == 0) {
            return random.nextInt(3) == 0 ? whole : hostile(random);
        }
        if (value instanceof Map<?, ?> map && !map.isEmpty()) {
            Map<Object, Object> copy = new LinkedHashMap<>(map);
            Object key = new ArrayList<>(map.keySet()).get(random.nextInt(map.size()));
            if (random.nextInt(4) == 0) {
                copy.put(KEYWORDS.get(random.nextInt(KEYWORDS.size())), copy.get(key));
            } else {
                copy.put(key, mutated(copy.get(key), whole, random));
            }
            return copy;
        }
        if (value instanceof List<?> list && !list.isEmpty()) {
            List<Object> copy = new ArrayList<>(list);
            int index = random.nextInt(copy.size());
            copy.set(index, mutated(copy.get(index), whole, random));
            return copy;
        }
        return hostile(random);
    }

    private static Object hostile(Random random) {
        return switch (random.nextInt(14)) {
            case 0 -> null;
            case 1 -> -1;
            case 2 -> new BigDecimal("1e400000000");
            case 3 -> Double.NaN;
            case 4 -> BigInteger.TEN.pow(300);
            case 5 -> "\ud800";
            case 6 -> "(a*)*((b{1,50}){1,50}){1,50}";
            case 7 -> Map.of("$ref", "#");
            case 8 -> List.of(Map.of("$ref", "#"), Map.of("$ref", "#"));
            case 9 -> List.of();
            case 10 -> Map.of();
            case 11 -> Integer.MAX_VALUE;
            case 12 -> new Object();
            default -> new BigDecimal("0.000000000000000000000000000000000000000000000001");
        };
    }

    @Test
    void depthNeedsNoStack() {
        Map<String, Object> itself = new LinkedHashMap<>();
        itself.put("items", itself);
        Object nested = Map.of();
        for (int i = 0; i < 100_000; i++) {
            nested = Map.of("not", nested);
        }
        Object deep = nested;
        assertThat(compiles(itself)).isFalse();
        assertThatThrownBy(() -> JsonSchemaGrammar.of(deep)).isInstanceOf(UnsupportedSchema.class);
        assertThat(compiles(Map.of("type", "string", "pattern", "(".repeat(100_000))))
                .isFalse();
        assertThat(compiles(Map.of("type", "string", "pattern", "a?".repeat(2_000))))
                .isFalse();
    }

    @Test
    void longChainsOfReferencesNeedNoStack() {
        Map<String, Object> definitions = new LinkedHashMap<>();
        for (int i = 0; i < 2_000; i++) {
            definitions.put("d" + i, Map.of("type", "array", "items", Map.of("$ref", "#/$defs/d" + (i + 1) % 2_000)));
        }
        assertThat(compiles(Map.of("$ref", "#/$defs/d0", "$defs", definitions))).isTrue();
        for (int i = 0; i < 2_000; i++) {
            definitions.put("d" + i, Map.of("$ref", "#/$defs/d" + (i + 1) % 2_000));
        }
        assertThat(compiles(Map.of("$ref", "#/$defs/d0", "$defs", definitions))).isFalse();
    }

    @Test
    void doublingDoesNotMultiplyWork() {
        for (String keyword : List.of("allOf", "anyOf", "oneOf")) {
            Map<String, Object> definitions = new LinkedHashMap<>();
            for (int i = 0; i < 20; i++) {
                Object next = Map.of("$ref", "#/$defs/d" + (i + 1));
                definitions.put("d" + i, Map.of(keyword, List.of(next, Map.of("allOf", List.of(next)))));
            }
            definitions.put("d20", Map.of("type", "object"));
            boolean compiled = compiles(Map.of("$ref", "#/$defs/d0", "$defs", definitions));
            assertThat(compiled).isEqualTo(keyword.equals("allOf"));
        }
    }

    @Test
    void productsAreRefused() {
        List<Object> choices = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            choices.add(Map.of("anyOf", List.of(Map.of("minLength", i), Map.of("maxLength", 100 + i))));
        }
        assertThat(compiles(Map.of("type", "string", "allOf", choices))).isFalse();
    }

    @Test
    void aCrossProductOfRecursionsIsBounded() {
        Map<String, Object> definitions = new LinkedHashMap<>();
        List<Object> all = new ArrayList<>();
        for (int prime : new int[] {2, 3, 5, 7, 11, 13, 17}) {
            for (int i = 0; i < prime; i++) {
                Object next = Map.of("$ref", "#/$defs/p" + prime + "x" + (i + 1) % prime);
                definitions.put("p" + prime + "x" + i, Map.of("type", "array", "items", next));
            }
            all.add(Map.of("$ref", "#/$defs/p" + prime + "x0"));
        }
        assertThat(compiles(Map.of("allOf", all, "$defs", definitions))).isFalse();
    }

    @Test
    void hugeCountsAreCutOrRefused() {
        assertThat(compiles(Map.of("type", "string", "maxLength", Integer.MAX_VALUE)))
                .isTrue();
        assertThat(compiles(Map.of("type", "array", "maxItems", new BigInteger("9".repeat(50)))))
                .isTrue();
        assertThat(compiles(Map.of("type", "array", "minItems", Integer.MAX_VALUE)))
                .isFalse();
        Map<String, Object> properties = new LinkedHashMap<>();
        for (int i = 0; i < 100; i++) {
            properties.put("p" + i, Map.of("type", "string", "maxLength", 9_000 + i));
        }
        assertThat(compiles(Map.of("type", "object", "properties", properties))).isFalse();
    }
}
