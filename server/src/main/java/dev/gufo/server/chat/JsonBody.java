package dev.gufo.server.chat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a request's JSON object within a limit of bytes, which is counted as they come. Safe for any thread. */
public final class JsonBody {
    private static final int MAX_DEPTH = 256;
    private static final Pattern CHARSET =
            Pattern.compile(";\\s*charset\\s*=\\s*\"?([^\";]*)", Pattern.CASE_INSENSITIVE);
    private static final Set<String> UTF_8 = Set.of("utf-8", "utf8");

    private final int maxBytes;
    private final ObjectMapper mapper;

    /** @param maxBytes largest body in bytes, up to 1 GiB */
    public JsonBody(long maxBytes) {
        this.maxBytes = Math.toIntExact(maxBytes);
        var limits = StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxStringLength(this.maxBytes)
                .build();
        this.mapper = new ObjectMapper(
                        JsonFactory.builder().streamReadConstraints(limits).build())
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    }

    /**
     * Reads the whole body.
     *
     * @throws ApiException if it is too large, by itself or beside those of other requests, no JSON object, or declared as something else
     * @throws IOException if the connection fails
     */
    public Fields read(HttpServletRequest request) throws IOException {
        requireJson(request);
        byte[] body = bytes(request);
        BodyRoom.takeForTree(request, body);
        JsonNode node;
        try {
            node = mapper.readTree(body);
        } catch (JsonProcessingException e) {
            var at = e.getLocation();
            String where = at == null ? "" : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
            throw ApiException.invalid("", "The body is not valid JSON: " + e.getOriginalMessage() + where);
        } catch (IOException e) {
            // Jackson reports bytes that are no UTF-8 this way; reading from memory can't fail otherwise.
            throw ApiException.invalid("", "The body is not valid JSON: " + e.getMessage());
        }
        if (!node.isObject()) {
            throw ApiException.invalid("", "The body must be a JSON object.");
        }
        return new Fields(node, "");
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

    private byte[] bytes(HttpServletRequest request) throws IOException {
        InputStream in = request.getInputStream();
        boolean declaredTooLarge = request.getContentLengthLong() > maxBytes;
        if (!declaredTooLarge) {
            BodyRoom.take(request, Math.max(0, request.getContentLengthLong()));
        }
        byte[] body = declaredTooLarge ? new byte[0] : in.readNBytes(maxBytes + 1);
        if (declaredTooLarge || body.length > maxBytes) {
            throw new ApiException(new Problem.BodyTooLarge(maxBytes));
        }
        return body;
    }
}
