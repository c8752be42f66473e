package dev.gufo.server.files;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.Fields;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The form of an upload as it comes: the file's bytes go to disk, small fields are kept. Belongs to the request's
 * thread.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7578">RFC 7578, multipart/form-data</a>
 */
final class UploadForm implements MultiPart.Parser.Listener {
    /** What may be around a file: boundaries, headers and small fields. */
    static final long FORM_BYTES = 256L << 10;

    private static final Logger LOG = LoggerFactory.getLogger(UploadForm.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int STEP_BYTES = 64 << 10;
    private static final int MOST_PARTS = 32;
    private static final int MOST_FIELD_BYTES = 4 << 10;
    private static final int LONGEST_NAME = 255;
    static final int SHORTEST_SECONDS = 3_600;
    static final int LONGEST_SECONDS = 2_592_000;
    static final List<String> PURPOSES = List.of("assistants", "batch", "fine-tune", "vision", "user_data", "evals");

    private final ArrivingFile arriving;
    private final String contents; // the field that has them
    private final Map<String, String> fields = new HashMap<>();
    private final ByteArrayOutputStream field = new ByteArrayOutputStream();
    private String disposition = ""; // of the part that comes now
    private String part = ""; // its name
    private Optional<String> fileName = Optional.empty();
    private boolean inFile;
    private boolean complete;
    private @Nullable Throwable failure; // what ended the reading

    private UploadForm(ArrivingFile arriving, String contents) {
        this.arriving = arriving;
        this.contents = contents;
    }

    /**
     * Reads a request to its end and keeps its file.
     *
     * @param key of the caller
     * @throws ApiException if it is no such form, a field is wrong, or there is no room
     * @throws IOException if it can't be read
     */
    static StoredFile read(HttpServletRequest request, String key, FileStore store) throws IOException {
        String boundary = boundary(request);
        long announced = Math.max(0, request.getContentLengthLong() - FORM_BYTES);
        if (announced > FileStore.MOST_BYTES_OF_FILE) {
            throw new ApiException(new Problem.BodyTooLarge(FileStore.MOST_BYTES_OF_FILE));
        }
        try (ArrivingFile arriving = store.take(key, announced)) {
            var form = new UploadForm(arriving, "file");
            form.parse(boundary, request.getInputStream());
            return form.keep();
        }
    }

    /**
     * Reads a request to its end and keeps its part of an upload. Throws as {@link #read}, and if the upload has ended.
     */
    static Upload.Part readPart(HttpServletRequest request, Upload upload, UploadStore uploads) throws IOException {
        String boundary = boundary(request);
        long announced = Math.max(0, request.getContentLengthLong() - FORM_BYTES);
        if (announced > UploadStore.MOST_BYTES_OF_PART) {
            throw new ApiException(new Problem.BodyTooLarge(UploadStore.MOST_BYTES_OF_PART));
        }
        try (ArrivingFile arriving = uploads.take(upload, announced)) {
            var form = new UploadForm(arriving, "data");
            form.parse(boundary, request.getInputStream());
            if (form.fileName.isEmpty()) {
                throw Fields.missing("data");
            }
            return arriving.keepPart(upload).orElseThrow(() -> uploads.ended(upload));
        }
    }

    private static String boundary(HttpServletRequest request) {
        String type = request.getHeader("Content-Type");
        String mime = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (!mime.equals("multipart/form-data")) {
            throw new ApiException(new Problem.UnsupportedMediaType("Content-Type must be multipart/form-data, "
                    + (type == null ? "there is none." : "is " + type + ".")));
        }
        String boundary = MultiPart.extractBoundary(type);
        if (boundary == null || boundary.isEmpty()) {
            throw ApiException.invalid("", "The Content-Type names no boundary.");
        }
        return boundary;
    }

    private void parse(String boundary, InputStream in) throws IOException {
        var parser = new MultiPart.Parser(boundary, this);
        parser.setMaxParts(MOST_PARTS);
        byte[] step = new byte[STEP_BYTES];
        for (int read = in.read(step); read >= 0 && failure == null; read = in.read(step)) {
            parser.parse(Content.Chunk.from(ByteBuffer.wrap(step, 0, read), false));
        }
        if (failure == null && !complete) {
            parser.parse(Content.Chunk.EOF);
        }
        switch (failure) {
            case null -> {
                if (!complete) {
                    throw ApiException.invalid("", "The form ends before its last boundary.");
                }
            }
            case ApiException e -> throw e;
            case UncheckedIOException e -> {
                LOG.error("a file could not be written", e);
                throw new ApiException(new Problem.FilesUnavailable());
            }
            default ->
                throw ApiException.invalid(
                        "", "The body is not valid multipart/form-data: %s".formatted(failure.getMessage()));
        }
    }

    private StoredFile keep() {
        String name = fileName.orElseThrow(() -> Fields.missing("file"));
        String purpose = Optional.ofNullable(fields.get("purpose")).orElseThrow(() -> Fields.missing("purpose"));
        Optional<Duration> lasts = lasts();
        try {
            return arriving.keep(name, purpose, lasts);
        } catch (IOException e) {
            LOG.error("a file could not be kept", e);
            throw new ApiException(new Problem.FilesUnavailable());
        }
    }

    /** As OpenAI's clients write it, a field for each member, or as JSON. */
    private Optional<Duration> lasts() {
        String anchor = fields.get("expires_after[anchor]");
        String seconds = fields.get("expires_after[seconds]");
        String json = fields.get("expires_after");
        if (json != null) {
            JsonNode node = json(json);
            anchor = node.path("anchor").isTextual() ? node.path("anchor").textValue() : null;
            seconds = node.path("seconds").isIntegralNumber()
                    ? node.path("seconds").asText()
                    : "";
        }
        if (anchor == null && seconds == null) {
            return Optional.empty();
        }
        if (!"created_at".equals(anchor)) {
            throw ApiException.invalid("expires_after.anchor", "'expires_after.anchor' must be created_at.");
        }
        int number = seconds != null && seconds.matches("[0-9]{1,9}") ? Integer.parseInt(seconds) : 0;
        if (number < SHORTEST_SECONDS || number > LONGEST_SECONDS) {
            throw ApiException.invalid(
                    "expires_after.seconds",
                    "'expires_after.seconds' must be %d to %d.".formatted(SHORTEST_SECONDS, LONGEST_SECONDS));
        }
        return Optional.of(Duration.ofSeconds(number));
    }

    private static JsonNode json(String text) {
        try {
            JsonNode node = JSON.readTree(text);
            if (node.isObject()) {
                return node;
            }
        } catch (JsonProcessingException e) {
            LOG.debug("expires_after is no JSON", e);
        }
        throw ApiException.invalid("expires_after", "'expires_after' must be an object.");
    }

    @Override
    public void onPartHeader(String name, String value) {
        if (name.equalsIgnoreCase("Content-Disposition")) {
            disposition = value;
        }
    }

    @Override
    public void onPartHeaders() {
        guarded(this::beginPart);
    }

    /**
     * The parser goes on after what a listener throws, so the first failure is kept here, and nothing done after it.
     */
    private void guarded(Runnable step) {
        if (failure == null) {
            try {
                step.run();
            } catch (ApiException | UncheckedIOException e) {
                failure = e;
            }
        }
    }

    private void beginPart() {
        var parameters = new HashMap<String, String>();
        String kind = HttpField.getValueParameters(disposition, parameters);
        part = parameters.getOrDefault("name", "");
        if (!"form-data".equalsIgnoreCase(kind) || part.isEmpty()) {
            throw ApiException.invalid("", "A part of the form has no name.");
        }
        inFile = part.equals(contents);
        if (inFile) {
            if (fileName.isPresent()) {
                throw ApiException.invalid(contents, "'%s' must be one file.".formatted(contents));
            }
            fileName = Optional.of(plainName(parameters.getOrDefault("filename", "")));
        }
    }

    /** What a caller calls a file, without folders and without characters that nobody sees. */
    static String plainName(String given) {
        String last = given.substring(Math.max(given.lastIndexOf('/'), given.lastIndexOf('\\')) + 1);
        var name = new StringBuilder();
        last.codePoints()
                .filter(c -> switch (Character.getType(c)) {
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.SURROGATE,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR -> false;
                    default -> true;
                })
                .limit(LONGEST_NAME)
                .forEach(name::appendCodePoint);
        String plain = name.toString().strip();
        return plain.isEmpty() || plain.equals(".") || plain.equals("..") ? "file" : plain;
    }

    @Override
    public void onPartContent(Content.Chunk chunk) {
        guarded(() -> take(chunk.getByteBuffer()));
    }

    private void take(ByteBuffer bytes) {
        if (inFile) {
            try {
                arriving.writer().write(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        } else {
            if (field.size() + bytes.remaining() > MOST_FIELD_BYTES) {
                throw ApiException.invalid(part, "'%s' is too long.".formatted(part));
            }
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            field.writeBytes(copy);
        }
    }

    @Override
    public void onPartEnd() {
        guarded(this::endPart);
    }

    private void endPart() {
        if (!inFile) {
            fields.put(part, field.toString(StandardCharsets.UTF_8));
            field.reset();
        }
        if (!inFile && part.equals("purpose") && !PURPOSES.contains(fields.get(part))) {
            throw ApiException.invalid(
                    "purpose", "'purpose' must be one of %s.".formatted(String.join(", ", PURPOSES)));
        }
        disposition = "";
    }

    @Override
    public void onComplete() {
        complete = true;
    }

    @Override
    public void onFailure(Throwable cause) {
        failure = failure == null ? cause : failure;
    }
}
