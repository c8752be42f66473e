package dev.gufo.chat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JSON object that was cut off, as the token limit does to a call: what is whole of it, and of a string what is
 * there.
 */
public final class CutJson {
    private static final JsonFactory JSON = new JsonFactory();

    private final JsonParser parser;
    /** Whether the text ended, or went on as no JSON does. */
    private boolean ended;

    private CutJson(JsonParser parser) {
        this.parser = parser;
    }

    /** The object as plain values; empty if the text does not begin like one. */
    public static Optional<Map<String, Object>> object(String text) {
        if (!text.stripLeading().startsWith("{")) {
            return Optional.empty();
        }
        try (JsonParser parser = JSON.createParser(withLastStringClosed(text))) {
            CutJson cut = new CutJson(parser);
            return cut.next() == JsonToken.START_OBJECT ? Optional.of(cut.restOfObject()) : Optional.empty();
        } catch (IOException e) {
            throw new AssertionError("a text in memory can be opened and closed", e);
        }
    }

    private static String withLastStringClosed(String text) {
        int opened = -1;
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            if (character == '"') {
                opened = opened < 0 ? i : -1;
            } else if (character == '\\' && opened >= 0) {
                int length = i + 1 < text.length() && text.charAt(i + 1) == 'u' ? 6 : 2;
                if (i + length > text.length()) {
                    return text.substring(0, i) + '"';
                }
                i += length - 1;
            }
        }
        return opened < 0 ? text : text + '"';
    }

    /** The next token; null if none follows that can be read. */
    private @Nullable JsonToken next() {
        if (ended) {
            return null;
        }
        try {
            JsonToken token = parser.nextToken();
            ended = token == null;
            return token;
        } catch (IOException cutHere) {
            ended = true;
            return null;
        }
    }

    private Map<String, Object> restOfObject() throws IOException {
        var object = new LinkedHashMap<String, Object>();
        while (next() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken token = next();
            if (token != null) {
                object.put(name, value(token));
            }
        }
        return object;
    }

    private List<Object> restOfArray() throws IOException {
        var array = new ArrayList<>();
        for (JsonToken token = next(); token != null && token != JsonToken.END_ARRAY; token = next()) {
            array.add(value(token));
        }
        return array;
    }

    private @Nullable Object value(JsonToken token) throws IOException {
        return switch (token) {
            case START_OBJECT -> restOfObject();
            case START_ARRAY -> restOfArray();
            case VALUE_STRING -> parser.getText();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> parser.getNumberValue();
        };
    }
}
