package dev.gufo.server.hostile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Bodies that begin as good ones and are then spoiled: a few values replaced, or the text damaged, or both. */
record HostileJson(RandomGenerator random) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final List<String> NUMBERS = List.of(
            "0",
            "-1",
            "1",
            "2147483648",
            "-9223372036854775809",
            "1e308",
            "1e999",
            "-1e-999",
            "0.1",
            "NaN",
            "1e1000000000",
            "9".repeat(400),
            "0." + "3".repeat(2_000),
            "01",
            "+1",
            "0x10");
    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "user",
            "auto",
            "\0",
            "\u202e\ufeff",
            "\ud800",
            "{{ messages }}",
            "{% for x in range(9999999) %}a{% endfor %}",
            "../../etc/passwd",
            "'; DROP TABLE ledger; --",
            "data:image/png;base64,AAAA",
            "(((((((((((((((((((((a*)*)*)*",
            "root ::= root",
            "x".repeat(3_000),
            "🦉".repeat(500));

    /** A body made of a good one. */
    byte[] spoiled(String good) {
        JsonNode tree = parse(good);
        for (int i = random.nextInt(3); i >= 0; i--) {
            replaceSomething(tree);
        }
        byte[] text = write(tree);
        return random.nextInt(3) == 0 ? damaged(text) : text;
    }

    private void replaceSomething(JsonNode tree) {
        List<JsonNode> containers = new ArrayList<>();
        collect(tree, containers);
        JsonNode container = containers.get(random.nextInt(containers.size()));
        switch (container) {
            case ObjectNode object -> {
                List<String> names = new ArrayList<>();
                object.fieldNames().forEachRemaining(names::add);
                if (names.isEmpty() || random.nextInt(8) == 0) {
                    object.set(pick(TEXTS), value(3));
                } else {
                    object.set(names.get(random.nextInt(names.size())), value(3));
                }
            }
            case ArrayNode array when !array.isEmpty() -> array.set(random.nextInt(array.size()), value(3));
            case ArrayNode array -> array.add(value(3));
            default -> throw new AssertionError(container.getNodeType() + " holds nothing");
        }
    }

    private static void collect(JsonNode node, List<JsonNode> into) {
        if (node.isContainerNode()) {
            into.add(node);
            node.forEach(child -> collect(child, into));
        }
    }

    private JsonNode value(int depth) {
        return switch (random.nextInt(depth == 0 ? 5 : 9)) {
            case 0 -> NODES.nullNode();
            case 1 -> NODES.booleanNode(random.nextBoolean());
            case 2 -> NODES.rawValueNode(new RawValue(pick(NUMBERS)));
            case 3 -> NODES.textNode(pick(TEXTS));
            case 4 -> NODES.numberNode(random.nextInt(-3, 300));
            case 5 -> nested();
            case 6 -> {
                ArrayNode array = NODES.arrayNode();
                for (int i = random.nextInt(5); i > 0; i--) {
                    array.add(value(depth - 1));
                }
                yield array;
            }
            case 7 -> {
                ObjectNode object = NODES.objectNode();
                for (int i = random.nextInt(5); i > 0; i--) {
                    object.set(
                            pick(List.of("type", "role", "content", "schema", "properties", "$ref", "function")),
                            value(depth - 1));
                }
                yield object;
            }
            default -> many();
        };
    }

    /** Brackets that go deep. */
    private JsonNode nested() {
        int depth = pick(List.of(2, 40, 300, 5_000));
        return NODES.rawValueNode(new RawValue(
                random.nextBoolean()
                        ? "[".repeat(depth) + "]".repeat(depth)
                        : "{\"a\":".repeat(depth) + "1" + "}".repeat(depth)));
    }

    /** The same thing again and again. */
    private JsonNode many() {
        ArrayNode array = NODES.arrayNode();
        JsonNode each = value(0);
        for (int i = pick(List.of(17, 130, 2_000)); i > 0; i--) {
            array.add(each);
        }
        return array;
    }

    private byte[] damaged(byte[] text) {
        return switch (random.nextInt(9)) {
            case 0 -> Arrays.copyOf(text, random.nextInt(text.length));
            case 1 -> {
                byte[] flipped = text.clone();
                for (int i = random.nextInt(4); i >= 0; i--) {
                    flipped[random.nextInt(text.length)] = (byte) random.nextInt();
                }
                yield flipped;
            }
            case 2 -> insert(text, new byte[] {(byte) 0xC3, (byte) 0x28});
            case 3 -> insert(text, new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80});
            case 4 -> insert(text, new byte[] {0});
            case 5 -> insert(text, "\"\\uD800\"".getBytes(StandardCharsets.US_ASCII));
            case 6 -> concat(text, text);
            case 7 -> { // every key of the object twice
                String inner = new String(text, 1, text.length - 2, StandardCharsets.UTF_8);
                yield ("{" + inner + "," + inner + "}").getBytes(StandardCharsets.UTF_8);
            }
            default ->
                new String(text, StandardCharsets.UTF_8)
                        .getBytes(pick(List.of(StandardCharsets.UTF_16, StandardCharsets.ISO_8859_1)));
        };
    }

    private byte[] insert(byte[] text, byte[] what) {
        int at = random.nextInt(text.length);
        return concat(concat(Arrays.copyOf(text, at), what), Arrays.copyOfRange(text, at, text.length));
    }

    static byte[] concat(byte[] a, byte[] b) {
        var all = new ByteArrayOutputStream();
        all.writeBytes(a);
        all.writeBytes(b);
        return all.toByteArray();
    }

    private <T> T pick(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + json, e);
        }
    }

    private static byte[] write(JsonNode tree) {
        try {
            return JSON.writeValueAsBytes(tree);
        } catch (JsonProcessingException e) {
            throw new AssertionError("can't be written", e);
        }
    }
}
