package dev.gufo.grammar.schema;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * JSON values as plain Java: maps, lists, strings, numbers, booleans and null. Recursion is as deep as the schema,
 * which is checked.
 */
final class JsonValues {
    private static final int MOST_DIGITS = 400;

    private JsonValues() {}

    /** Whether the number is finite and has no more than 400 digits written out. */
    static boolean isReasonable(Number number) {
        if (number instanceof Double || number instanceof Float) {
            return Double.isFinite(number.doubleValue());
        }
        if (number instanceof BigInteger integer) {
            return integer.bitLength() < 3 * MOST_DIGITS;
        }
        BigDecimal decimal = decimal(number);
        return decimal.precision() <= MOST_DIGITS && Math.abs((long) decimal.scale()) <= MOST_DIGITS;
    }

    static BigDecimal decimal(Number number) {
        return switch (number) {
            case BigDecimal decimal -> decimal;
            case BigInteger integer -> new BigDecimal(integer);
            default -> new BigDecimal(number.toString());
        };
    }

    static boolean isInteger(Number number) {
        return decimal(number).stripTrailingZeros().scale() <= 0;
    }

    /** A value whose {@code equals} is JSON Schema's equality: numbers by their value, objects without order. */
    static Object comparable(@Nullable Object value) {
        return switch (value) {
            case null -> Optional.empty();
            case Number number -> decimal(number).stripTrailingZeros();
            case List<?> items -> items.stream().map(JsonValues::comparable).toList();
            case Map<?, ?> members -> {
                Map<Object, Object> comparable = new HashMap<>();
                members.forEach((name, member) -> comparable.put(name, comparable(member)));
                yield comparable;
            }
            default -> value;
        };
    }

    /** A string as JSON writes it, with quotes and only the escapes it must have. */
    static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> json.append('\\').append(c);
                case '\n' -> json.append("\\n");
                case '\r' -> json.append("\\r");
                case '\t' -> json.append("\\t");
                case '\b' -> json.append("\\b");
                case '\f' -> json.append("\\f");
                default -> json.append(c < ' ' ? "\\u%04x".formatted((int) c) : String.valueOf(c));
            }
        }
        return json.append('"').toString();
    }

    /** Whether every surrogate of the text is half of a pair. */
    static boolean isUnicode(String text) {
        return text.codePoints().noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }
}
