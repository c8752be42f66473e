package dev.gufo.grammar.schema;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Schemas of all supported keywords, nested. */
public final class RandomSchemas {
    private static final List<String> PATTERNS = List.of(
            "^[a-z]{2,5}$",
            "^\\d{3}-\\d{4}$",
            "^ab+c?",
            "^(foo|bar)[0-9]*$",
            "^[^a-z]{1,4}$",
            "^\\w+@\\w+$",
            "^.{0,6}$",
            "^[\"\\\\/]{1,3}$",
            "^\\S+\\s\\S+$",
            "x|^y$",
            "^(?:a|b)+$",
            "^[\\u00e0-\\u00ff]{1,2}$",
            "^(?<year>19|20)\\d\\d$",
            "^[\\t\\n]?\\x41$",
            "\\D{2}$");
    private static final List<String> FORMATS = List.of(
            "date",
            "time",
            "date-time",
            "duration",
            "uuid",
            "ipv4",
            "ipv6",
            "hostname",
            "idn-hostname",
            "email",
            "idn-email",
            "uri",
            "uri-reference",
            "iri",
            "iri-reference",
            "uri-template",
            "json-pointer",
            "relative-json-pointer",
            "regex",
            "nickname");
    private static final List<String> NAMES = List.of(
            "a", "b", "c", "name", "size", "with space", "quote\"d", "back\\slash", "naïve", "日本", "x-1", "id~/");

    private final Random random;
    private int definitions;

    /** @param random makes the same schemas from the same seed */
    public RandomSchemas(Random random) {
        this.random = random;
    }

    /** Another schema, as plain values. */
    public Object next() {
        definitions = random.nextInt(3);
        Map<String, Object> schema = schema(3);
        if (definitions > 0) {
            Map<String, Object> defs = new LinkedHashMap<>();
            for (int i = 0; i < definitions; i++) {
                defs.put("d" + i, i == 0 ? tree() : schema(1));
            }
            schema.put("$defs", defs);
        }
        return schema;
    }

    private static Map<String, Object> tree() {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("type", "object");
        tree.put(
                "properties",
                new LinkedHashMap<>(Map.of(
                        "value", Map.of("type", "integer"),
                        "children", Map.of("type", "array", "items", Map.of("$ref", "#/$defs/d0"), "maxItems", 2))));
        tree.put("required", List.of("value"));
        tree.put("additionalProperties", false);
        return tree;
    }

    private Map<String, Object> schema(int depth) {
        Map<String, Object> schema = new LinkedHashMap<>();
        if (depth > 0 && random.nextInt(4) == 0) {
            conditional(schema, depth);
            return schema;
        }
        if (random.nextInt(5) == 0) {
            schema.put("description", "anything");
        }
        switch (random.nextInt(depth > 0 ? 14 : 6)) {
            case 0 -> text(schema);
            case 1 -> integer(schema);
            case 2 -> number(schema);
            case 3 -> schema.put("type", random.nextBoolean() ? "boolean" : List.of("string", "null"));
            case 4 -> enumeration(schema);
            case 5 -> reference(schema);
            case 6, 7, 8, 9 -> object(schema, depth);
            case 10, 11 -> array(schema, depth);
            case 12 -> choice(schema, depth);
            default -> all(schema, depth);
        }
        return schema;
    }

    private void text(Map<String, Object> schema) {
        if (random.nextInt(4) > 0) {
            schema.put("type", "string");
        }
        switch (random.nextInt(5)) {
            case 0 -> schema.put("pattern", PATTERNS.get(random.nextInt(PATTERNS.size())));
            case 1 -> {
                schema.put("format", FORMATS.get(random.nextInt(FORMATS.size())));
                if (random.nextInt(3) == 0) {
                    schema.put("maxLength", 40 << random.nextInt(7));
                }
            }
            case 2 -> {
                schema.put("pattern", List.of("[a-z]", "^\\w*$", "[éa-k]|\\d").get(random.nextInt(3)));
                schema.put("minLength", 2);
                schema.put("maxLength", 2 + random.nextInt(6));
            }
            case 3 -> {
                schema.put("minLength", random.nextInt(4));
                schema.put("maxLength", 4 + random.nextInt(30));
            }
            default -> {
                schema.putIfAbsent("type", "string");
                if (random.nextInt(3) == 0) {
                    schema.put("not", Map.of("enum", List.of("", "no")));
                }
            }
        }
    }

    private void integer(Map<String, Object> schema) {
        schema.put("type", "integer");
        long low = random.nextLong() >> random.nextInt(1, 63);
        if (random.nextBoolean()) {
            schema.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", low);
        }
        if (random.nextBoolean()) {
            long high = Math.addExact(
                    low / 2 * 2, random.nextLong(2, 5) + (random.nextLong(1L << 62) >> random.nextInt(60)));
            schema.put(random.nextBoolean() ? "maximum" : "exclusiveMaximum", high);
        }
        if (random.nextInt(6) == 0) {
            schema.put("multipleOf", 1);
        }
    }

    private void number(Map<String, Object> schema) {
        schema.put("type", "number");
        BigDecimal low = BigDecimal.valueOf(random.nextInt(-100_000, 100_000), random.nextInt(6));
        if (random.nextBoolean()) {
            schema.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", low);
        }
        if (random.nextBoolean()) {
            schema.put(
                    random.nextBoolean() ? "maximum" : "exclusiveMaximum",
                    low.add(BigDecimal.valueOf(random.nextInt(1, 100_000), random.nextInt(6))));
        }
        if (random.nextInt(8) == 0) {
            schema.clear();
            schema.put("type", "number");
            schema.put("multipleOf", new BigDecimal("0.01"));
        }
    }

    private void enumeration(Map<String, Object> schema) {
        List<Object> values =
                new ArrayList<>(List.of("red", "green \"x\"", 5, -1.5, true, List.of(1, "a"), Map.of("k", 1), "ré\n"));
        values.add(null);
        if (random.nextInt(3) == 0) {
            schema.put("const", values.get(random.nextInt(values.size())));
            return;
        }
        schema.put("enum", values.subList(random.nextInt(3), 5 + random.nextInt(4)));
        if (random.nextInt(3) == 0) {
            schema.put("type", List.of("string", "number"));
            schema.put("not", Map.of("const", 5));
        }
    }

    /** Keywords that forbid something, over few names and values, so that they meet. */
    private void conditional(Map<String, Object> schema, int depth) {
        switch (random.nextInt(6)) {
            case 0, 1, 2 -> conditionalObject(schema);
            case 3 -> {
                schema.put("type", List.of("array"));
                schema.put("items", random.nextBoolean() ? Map.of("enum", List.of("a", "b", 3, false)) : schema(0));
                schema.put("uniqueItems", random.nextBoolean());
                schema.put("maxItems", 1 + random.nextInt(3));
            }
            case 4 -> {
                schema.put("type", random.nextBoolean() ? "integer" : "number");
                schema.put(
                        "multipleOf",
                        new BigDecimal(List.of("7", "0.5", "2.5", "60", "0.01").get(random.nextInt(5))));
                if (random.nextBoolean()) {
                    schema.put("minimum", random.nextInt(-50, 50));
                }
                if (random.nextBoolean()) {
                    schema.put("not", Map.of("maximum", random.nextInt(-50, 50)));
                }
            }
            default -> {
                schema.put("type", List.of("string", "integer", "boolean", "object"));
                schema.put(
                        random.nextBoolean() ? "oneOf" : "anyOf", List.of(assertion(), assertion(), schema(depth - 1)));
                schema.put("not", assertion());
            }
        }
    }

    private void conditionalObject(Map<String, Object> schema) {
        schema.put("type", "object");
        Map<String, Object> properties = new LinkedHashMap<>();
        for (String name : List.of("a", "b", "c")) {
            properties.put(name, Map.of("type", List.of("string", "integer", "boolean")));
        }
        if (random.nextInt(4) > 0) {
            schema.put("properties", properties);
        }
        if (random.nextInt(3) == 0) {
            schema.put("additionalProperties", random.nextBoolean() ? Map.of("type", "null") : false);
        }
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
            switch (random.nextInt(6)) {
                case 0 -> schema.put("not", assertion());
                case 1 -> schema.put("oneOf", List.of(assertion(), assertion(), assertion()));
                case 2 -> {
                    schema.put("if", assertion());
                    schema.put("then", assertion());
                    schema.put("else", assertion());
                }
                case 3 -> schema.put("dependentRequired", Map.of("a", List.of("b"), "c", List.of("a", "d")));
                case 4 -> schema.put("dependentSchemas", Map.of("b", assertion()));
                default ->
                    schema.put(
                            "patternProperties",
                            Map.of(
                                    "^a",
                                    Map.of("type", List.of("string", "integer")),
                                    "b$",
                                    Map.of("not", Map.of("const", 1))));
            }
        }
    }

    private Map<String, Object> assertion() {
        String name = List.of("a", "b", "c").get(random.nextInt(3));
        return switch (random.nextInt(12)) {
            case 0 -> Map.of("required", List.of(name));
            case 1 -> Map.of("required", List.of("a", name));
            case 2 ->
                Map.of(
                        "properties",
                        Map.of(name, Map.of("const", List.of("x", 1, true).get(random.nextInt(3)))));
            case 3 ->
                Map.of("required", List.of(name), "properties", Map.of(name, Map.of("enum", List.of("x", "y", 2))));
            case 4 -> Map.of("properties", Map.of(name, Map.of("type", "string", "minLength", 2)));
            case 5 -> Map.of("properties", Map.of(name, Map.of("minimum", 5, "pattern", "^[xy]")));
            case 6 -> Map.of("not", assertion());
            case 7 -> Map.of("anyOf", List.of(assertion(), assertion()));
            case 8 -> Map.of("minProperties", 2);
            case 9 -> Map.of("type", List.of("string", "integer"), "maxLength", 3, "maximum", 7);
            case 10 -> Map.of("enum", List.of("x", 5, 2.5, true));
            default -> Map.of("if", assertion(), "then", assertion());
        };
    }

    private void reference(Map<String, Object> schema) {
        if (definitions == 0) {
            schema.put("type", "null");
        } else {
            schema.put("$ref", "#/$defs/d" + random.nextInt(definitions));
        }
    }

    private void object(Map<String, Object> schema, int depth) {
        if (random.nextInt(5) > 0) {
            schema.put("type", "object");
        }
        Map<String, Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (int i = random.nextInt(5); i >= 0; i--) {
            String name = NAMES.get(random.nextInt(NAMES.size()));
            properties.put(name, schema(depth - 1));
            if (random.nextBoolean() && !required.contains(name)) {
                required.add(name);
            }
        }
        schema.put("properties", properties);
        if (random.nextInt(3) > 0) {
            schema.put("required", required);
        }
        switch (random.nextInt(6)) {
            case 0 -> schema.put("additionalProperties", false);
            case 1 -> schema.put("additionalProperties", schema(0));
            case 2 -> schema.put("patternProperties", Map.of("^x-", schema(0)));
            case 3 -> {
                schema.put("minProperties", random.nextInt(properties.size() + 1));
                schema.put("maxProperties", Math.max(properties.size() - 1, required.size()));
            }
            case 4 -> {
                schema.put("additionalProperties", Map.of("type", "integer"));
                schema.put("propertyNames", Map.of("maxLength", 11));
            }
            default -> {}
        }
    }

    private void array(Map<String, Object> schema, int depth) {
        if (random.nextInt(5) > 0) {
            schema.put("type", "array");
        }
        if (random.nextInt(3) == 0) {
            schema.put("prefixItems", List.of(schema(depth - 1), schema(0)));
        }
        if (random.nextInt(4) > 0 || schema.isEmpty()) {
            schema.put("items", schema(depth - 1));
        }
        if (random.nextBoolean()) {
            schema.put("minItems", random.nextInt(4));
        }
        if (random.nextBoolean()) {
            schema.put("maxItems", 3 + random.nextInt(3));
        }
    }

    private void choice(Map<String, Object> schema, int depth) {
        if (random.nextInt(3) > 0) {
            schema.put("anyOf", List.of(schema(depth - 1), schema(depth - 1), schema(0)));
            return;
        }
        List<Object> branches = new ArrayList<>();
        for (String kind : List.of("circle", "square")) {
            Map<String, Object> branch = new LinkedHashMap<>();
            branch.put("type", "object");
            Map<String, Object> properties = new LinkedHashMap<>();
            properties.put("kind", Map.of("const", kind));
            properties.put(kind, schema(depth - 1));
            branch.put("properties", properties);
            branch.put("required", List.of("kind"));
            branches.add(branch);
        }
        branches.add(Map.of("type", "null"));
        branches.add(Map.of("type", "string", "minLength", 1));
        schema.put("oneOf", branches);
    }

    private void all(Map<String, Object> schema, int depth) {
        Map<String, Object> first = new LinkedHashMap<>();
        object(first, depth - 1);
        first.remove("additionalProperties");
        first.remove("maxProperties");
        first.remove("minProperties");
        schema.put("allOf", List.of(first, Map.of("type", "object", "required", List.of("extra"))));
        schema.put("properties", Map.of("extra", Map.of("type", "boolean")));
    }
}
