package dev.gufo.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.grammar.schema.BareText;
import dev.gufo.grammar.schema.ValueType;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Reads and writes the values of parameters that stand between marks. */
final class ParameterText {
    private ParameterText() {}

    /** The JSON of a value that was written as {@code text}. */
    static String json(BareText bare, String text) {
        Optional<String> section = bare.inSection(text);
        boolean strings = bare.types().contains(ValueType.STRING);
        return section.isPresent() && strings ? PlainJson.text(section.get()) : asIs(bare, section.orElse(text));
    }

    private static String asIs(BareText bare, String text) {
        Set<ValueType> types = bare.types();
        boolean strings = types.contains(ValueType.STRING);
        if (!strings || types.size() > 1) {
            String trimmed = trimmed(text);
            Optional<JsonNode> parsed = PlainJson.parse(trimmed);
            if (parsed.isPresent() && !parsed.get().isTextual() && types.contains(typeOf(parsed.get()))) {
                return trimmed;
            }
            if (!strings) {
                return pythonWord(types, trimmed).orElseGet(() -> PlainJson.text(text));
            }
        }
        return PlainJson.text(unquoted(bare, text).orElse(text));
    }

    /** The string of a text in quotes, if it needed them. */
    private static Optional<String> unquoted(BareText bare, String text) {
        return text.startsWith("\"") && !bare.isInSections()
                ? PlainJson.string(text)
                        .filter(string ->
                                bare.needsQuotes(string) && bare.quoted(string).equals(text))
                : Optional.empty();
    }

    /** Templates show what is true, false and null as Python writes it, so models learn to write that. */
    private static Optional<String> pythonWord(Set<ValueType> types, String text) {
        boolean flag = types.contains(ValueType.BOOLEAN) && (text.equals("True") || text.equals("False"));
        boolean none = types.contains(ValueType.NULL) && text.equals("None");
        return flag ? Optional.of(text.toLowerCase(Locale.ROOT)) : none ? Optional.of("null") : Optional.empty();
    }

    /** The text of a value that {@link #json} reads as that value. */
    static String written(BareText bare, JsonNode value) {
        return value.isTextual() ? bare.written(value.textValue()) : value.toString();
    }

    private static String trimmed(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && ReplyText.isWhitespace(text.charAt(from))) {
            from++;
        }
        while (to > from && ReplyText.isWhitespace(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static ValueType typeOf(JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> ValueType.STRING;
            case NUMBER -> ValueType.NUMBER;
            case BOOLEAN -> ValueType.BOOLEAN;
            case NULL -> ValueType.NULL;
            case ARRAY -> ValueType.ARRAY;
            default -> ValueType.OBJECT;
        };
    }
}
