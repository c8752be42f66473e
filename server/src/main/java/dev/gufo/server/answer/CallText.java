package dev.gufo.server.answer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.http.Fields;
import java.util.Map;

/** Arguments of earlier calls, which come as text that a model wrote. */
public final class CallText {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private CallText() {}

    /** A {@link Map} if the text is a JSON object, as templates expect it; else the text. */
    public static Object arguments(String text) {
        try {
            JsonNode parsed = JSON.readTree(text);
            return parsed.isObject() ? Fields.plainValue(parsed) : text;
        } catch (JsonProcessingException modelWroteNoJson) {
            return text;
        }
    }
}
