package dev.gufo.server.batches;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/**
 * Tokens that were used, as answers tell it.
 *
 * @param cached a part of the input
 * @param reasoning a part of the output
 */
record LineTokens(long input, long cached, long output, long reasoning) {
    static final LineTokens NONE = new LineTokens(0, 0, 0, 0);

    private static final JsonFactory FACTORY = new ObjectMapper().getFactory();

    /**
     * Those of an answer's {@code usage}, in any API's form; the rest of the answer may be long, and is passed over.
     */
    static LineTokens of(byte[] answer) {
        try (JsonParser parser = FACTORY.createParser(answer)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (parser.nextToken() == JsonToken.START_OBJECT && name.equals("usage")) {
                    return of(parser.<JsonNode>readValueAsTree());
                }
                parser.skipChildren();
            }
            return NONE;
        } catch (IOException e) {
            throw new AssertionError("what we wrote can be read", e);
        }
    }

    private static LineTokens of(JsonNode usage) {
        boolean anthropic = usage.has("cache_read_input_tokens");
        long cached = usage.path("cache_read_input_tokens").asLong()
                + usage.at("/prompt_tokens_details/cached_tokens").asLong()
                + usage.at("/input_tokens_details/cached_tokens").asLong();
        return new LineTokens(
                usage.path("prompt_tokens").asLong()
                        + usage.path("input_tokens").asLong()
                        + (anthropic ? cached : 0),
                cached,
                usage.path("completion_tokens").asLong()
                        + usage.path("output_tokens").asLong(),
                usage.at("/completion_tokens_details/reasoning_tokens").asLong()
                        + usage.at("/output_tokens_details/reasoning_tokens").asLong());
    }
}
