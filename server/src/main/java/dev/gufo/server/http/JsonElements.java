package dev.gufo.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.gufo.server.error.ApiException;
import java.io.CharConversionException;
import java.io.IOException;
import java.util.Optional;

/**
 * The elements of one array of a request's JSON object as they come, one after the other: only one is in memory at a
 * time. Other fields are passed over. Belongs to the request's thread.
 */
public final class JsonElements {
    /** What the parser may have read ahead of an element. */
    private static final int AHEAD_BYTES = 64 << 10;

    private final String name;
    private final JsonBody.CountingParser parser;
    private final JsonBody.Arriving bytes;
    private final BodyRoom.Hold room;
    private final long mostBytes;
    private final ObjectReader reader;
    private boolean begun;
    private boolean inArray;
    private boolean seen;
    private int count;

    /** @param mostBytes of one element */
    JsonElements(
            String name,
            JsonBody.CountingParser parser,
            JsonBody.Arriving bytes,
            BodyRoom.Hold room,
            long mostBytes,
            ObjectMapper mapper) {
        this.name = name;
        this.parser = parser;
        this.bytes = bytes;
        this.room = room;
        this.mostBytes = mostBytes;
        this.reader = mapper.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    }

    /**
     * The next element, which has to be an object; the one before is forgotten.
     *
     * @return empty behind the last one, when the whole body has been read
     * @throws ApiException if the body is no JSON object, its array is missing or no array, or the element is no object
     *     or too large
     * @throws IOException if the connection fails
     */
    public Optional<Fields> next() throws IOException {
        room.close();
        parser.countAnew();
        try {
            if (!begun) {
                begun = true;
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    throw ApiException.invalid("", "The body must be a JSON object.");
                }
            }
            while (true) {
                if (inArray && parser.nextToken() != JsonToken.END_ARRAY) {
                    return Optional.of(element());
                }
                inArray = false;
                if (!findArray()) {
                    return Optional.empty();
                }
            }
        } catch (JsonProcessingException | CharConversionException e) {
            throw JsonBody.notJson(e);
        }
    }

    private Fields element() throws IOException {
        String path = "%s[%d]".formatted(name, count++);
        long begin = bytes.total();
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw ApiException.invalid(path, "'%s' must be an object.".formatted(path));
        }
        bytes.limit(begin + mostBytes + AHEAD_BYTES, path, mostBytes);
        JsonNode node = reader.readTree(parser);
        bytes.unlimited();
        return new Fields(node, path);
    }

    /** Goes on to the array; false if the object ends without one that was not read. */
    private boolean findArray() throws IOException {
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_OBJECT; token = parser.nextToken()) {
            if (token == null) {
                throw ApiException.invalid("", "The body is not valid JSON: it ends too early.");
            }
            boolean wanted = parser.currentName().equals(name);
            JsonToken value = parser.nextToken();
            if (wanted) {
                if (value != JsonToken.START_ARRAY || seen) {
                    throw ApiException.invalid(name, "'%s' must be one array.".formatted(name));
                }
                seen = true;
                inArray = true;
                return true;
            }
            parser.skipChildren();
        }
        if (parser.nextToken() != null) {
            throw ApiException.invalid("", "The body is not valid JSON: something follows the object.");
        }
        if (!seen) {
            throw Fields.missing(name);
        }
        return false;
    }
}
