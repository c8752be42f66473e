package dev.gufo.server.hostile;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One response as it stood on the wire.
 *
 * @param headers by lower-case name
 * @param body without chunk framing
 */
record RawResponse(int status, Map<String, String> headers, String body) {
    /**
     * Reads one response.
     *
     * @throws EOFException if the connection ends before the first or within it
     */
    static RawResponse read(InputStream in) throws IOException {
        return next(in).orElseThrow(() -> new EOFException("closed without an answer"));
    }

    /** Reads one response; empty if the connection ends before it. */
    static Optional<RawResponse> next(InputStream in) throws IOException {
        Optional<String> first = line(in);
        if (first.isEmpty()) {
            return Optional.empty();
        }
        String[] words = first.get().split(" ", 3);
        if (words.length < 2 || !words[0].startsWith("HTTP/1.")) {
            throw new IOException("no status line: " + first.get());
        }
        int status = Integer.parseInt(words[1]);
        var headers = new TreeMap<String, String>();
        for (String line = requireLine(in); !line.isEmpty(); line = requireLine(in)) {
            String[] parts = line.split(":", 2);
            headers.merge(parts[0].toLowerCase(Locale.ROOT), parts[1].strip(), (a, b) -> a + ", " + b);
        }
        if (status / 100 == 1) {
            return next(in);
        }
        return Optional.of(new RawResponse(status, headers, body(in, headers)));
    }

    boolean closes() {
        return headers.getOrDefault("connection", "").equalsIgnoreCase("close");
    }

    private static String body(InputStream in, Map<String, String> headers) throws IOException {
        if (headers.containsKey("content-length")) {
            int length = Integer.parseInt(headers.get("content-length"));
            byte[] body = in.readNBytes(length);
            if (body.length < length) {
                throw new EOFException("closed within a body");
            }
            return new String(body, StandardCharsets.UTF_8);
        }
        if (headers.getOrDefault("transfer-encoding", "").equals("chunked")) {
            var body = new ByteArrayOutputStream();
            int size;
            do {
                size = Integer.parseInt(requireLine(in), 16);
                body.write(in.readNBytes(size));
                requireLine(in);
            } while (size > 0);
            return body.toString(StandardCharsets.UTF_8);
        }
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    private static String requireLine(InputStream in) throws IOException {
        return line(in).orElseThrow(() -> new EOFException("closed within a head"));
    }

    private static Optional<String> line(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        int next = in.read();
        if (next < 0) {
            return Optional.empty();
        }
        for (; next >= 0 && next != '\n'; next = in.read()) {
            line.write(next);
        }
        return Optional.of(line.toString(StandardCharsets.UTF_8).stripTrailing());
    }
}
