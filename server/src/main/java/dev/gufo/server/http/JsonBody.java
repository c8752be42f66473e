package dev.gufo.server.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayInputStream;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a request's JSON object as its bytes come, within limits of bytes, depth and number of values, each of which is
 * counted before it is kept. Safe for any thread.
 */
public final class JsonBody {
    /** Most values, names included: the ids of the longest embedding request, and some. */
    static final int MAX_VALUES = 5_000_000;

    private static final int MAX_DEPTH = 256;
    private static final Pattern CHARSET =
            Pattern.compile(";\\s*charset\\s*=\\s*\"?([^\";]*)", Pattern.CASE_INSENSITIVE);
    private static final Set<String> UTF_8 = Set.of("utf-8", "utf8");

    private final int maxBytes;
    private final ObjectMapper mapper;
    private final JsonFactory elements; // whose sizes are counted

    /** @param maxBytes largest body in bytes, up to 1 GiB */
    public JsonBody(long maxBytes) {
        this.maxBytes = Math.toIntExact(maxBytes);
        var limits = StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxStringLength(this.maxBytes)
                .build();
        this.mapper = new ObjectMapper(factory(limits)).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
        this.elements =
                factory(limits.rebuild().maxStringLength(Integer.MAX_VALUE).build());
    }

    /** Names that clients choose are not kept for those who come later. */
    private static JsonFactory factory(StreamReadConstraints limits) {
        return JsonFactory.builder()
                .streamReadConstraints(limits)
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .build();
    }

    /**
     * Reads the whole body.
     *
     * @param room takes what the body and what is made of it need
     * @throws ApiException if it is too large, by itself or beside those of other requests, no JSON object, or declared
     *     as something else
     * @throws IOException if the connection fails
     */
    public Fields read(HttpServletRequest request, BodyRoom.Hold room) throws IOException {
        requireJson(request);
        if (request.getContentLengthLong() > maxBytes) {
            throw new ApiException(new Problem.BodyTooLarge(maxBytes));
        }
        return parse(request.getInputStream(), room);
    }

    /**
     * Reads a body that was read before.
     *
     * @param room takes what it and what is made of it need
     * @throws ApiException as {@link #read}
     */
    public Fields parse(String body, BodyRoom.Hold room) {
        try {
            return parse(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)), room);
        } catch (IOException e) {
            throw new AssertionError("memory can be read", e);
        }
    }

    private Fields parse(InputStream body, BodyRoom.Hold room) throws IOException {
        var bytes = new Arriving(body, room, maxBytes);
        JsonNode node;
        try (JsonParser parser = new CountingParser(mapper.createParser(bytes), room)) {
            node = mapper.readTree(parser);
        } catch (JsonProcessingException | CharConversionException e) {
            throw notJson(e);
        }
        if (node == null || !node.isObject()) {
            throw ApiException.invalid("", "The body must be a JSON object.");
        }
        return new Fields(node, "");
    }

    /** What is told of a body that is no JSON. */
    static ApiException notJson(IOException why) {
        if (!(why instanceof JsonProcessingException e)) {
            return ApiException.invalid("", "The body is not valid JSON: " + why.getMessage());
        }
        var at = e.getLocation();
        String where = at == null ? "" : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
        return ApiException.invalid("", "The body is not valid JSON: " + e.getOriginalMessage() + where);
    }

    /**
     * The elements of an array of the request's object, one after the other.
     *
     * @param name of the array
     * @param most bytes of the whole body, instead of those of other bodies: an element has as many as these
     * @param room takes what one element and what is made of it need
     * @throws ApiException as {@link #read}
     */
    public JsonElements elements(HttpServletRequest request, String name, long most, BodyRoom.Hold room)
            throws IOException {
        requireJson(request);
        if (request.getContentLengthLong() > most) {
            throw new ApiException(new Problem.BodyTooLarge(most));
        }
        var bytes = new Arriving(request.getInputStream(), room, most);
        var parser = new CountingParser(elements.createParser(bytes), room);
        return new JsonElements(name, parser, bytes, room, maxBytes, mapper);
    }

    /** The body as it comes: its bytes are counted, and room is taken for them. */
    static final class Arriving extends InputStream {
        private final InputStream in;
        private final BodyRoom.Hold room;
        private final long most;
        private long total;
        private long end = Long.MAX_VALUE; // of the part that comes now
        private long mostOfPart;
        private String part = "";

        Arriving(InputStream in, BodyRoom.Hold room, long most) {
            this.in = in;
            this.room = room;
            this.most = most;
        }

        /** Bytes by now. */
        long total() {
            return total;
        }

        /**
         * Refuses bytes behind a place.
         *
         * @param path of what ends there, to be told
         * @param itsMost bytes, likewise
         */
        void limit(long place, String path, long itsMost) {
            end = place;
            part = path;
            mostOfPart = itsMost;
        }

        void unlimited() {
            end = Long.MAX_VALUE;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int count = in.read(buffer, offset, length);
            if (count > 0) {
                total += count;
                if (total > most) {
                    throw new ApiException(new Problem.BodyTooLarge(most));
                }
                if (total > end) {
                    throw ApiException.invalid(part, "'%s' has more than %d bytes.".formatted(part, mostOfPart));
                }
                room.arrived(count);
            }
            return count;
        }
    }

    /** Counts values before they are made, and takes room for what they need beside their text. */
    static final class CountingParser extends JsonParserDelegate {
        /** An object or an array with its place in another one. */
        private static final int CONTAINER_BYTES = 128;

        /** A name with its entry, or a string with its node. */
        private static final int TEXT_BYTES = 64;

        private static final int OTHER_BYTES = 24;

        /** Room is taken in steps, since taking it costs a lock. */
        private static final int STEP_BYTES = 64 << 10;

        private final BodyRoom.Hold room;
        private int values;
        private long notTaken;

        CountingParser(JsonParser parser, BodyRoom.Hold room) {
            super(parser);
            this.room = room;
        }

        /** Begins to count anew. */
        void countAnew() {
            values = 0;
            notTaken = 0;
        }

        @Override
        public JsonToken nextToken() throws IOException {
            JsonToken token = super.nextToken();
            if (token != null && !token.isStructEnd()) {
                count(token);
            }
            return token;
        }

        private void count(JsonToken token) {
            if (++values > MAX_VALUES) {
                throw ApiException.invalid("", "The body holds more than %,d values and names.".formatted(MAX_VALUES));
            }
            notTaken += switch (token) {
                case START_OBJECT, START_ARRAY -> CONTAINER_BYTES;
                case FIELD_NAME, VALUE_STRING -> TEXT_BYTES;
                default -> OTHER_BYTES;
            };
            if (notTaken >= STEP_BYTES) {
                room.take(notTaken);
                notTaken = 0;
            }
        }
    }

    private static void requireJson(HttpServletRequest request) {
        // The header itself: getContentType throws on a charset that Java does not know.
        String type = request.getHeader("Content-Type");
        String mime = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (!mime.equals("application/json")) {
            throw new ApiException(new Problem.UnsupportedMediaType("Content-Type must be application/json, "
                    + (type == null ? "there is none." : "is " + type + ".")));
        }
        Matcher charset = CHARSET.matcher(type);
        if (charset.find() && !UTF_8.contains(charset.group(1).toLowerCase(Locale.ROOT))) {
            throw new ApiException(new Problem.UnsupportedMediaType("JSON is sent as UTF-8, the charset is another."));
        }
        String encoding = request.getHeader("Content-Encoding");
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw new ApiException(new Problem.UnsupportedMediaType(
                    "Content-Encoding " + encoding + " is not supported; send the body as it is."));
        }
    }
}
