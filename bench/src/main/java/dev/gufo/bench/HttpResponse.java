package dev.gufo.bench;

import java.util.Locale;

/**
 * Reads one HTTP/1.1 response from pieces that are cut anywhere, and passes the pieces of its body on as they are.
 *
 * <p>Of a streamed answer every token is a chunk; chunk sizes are read without making strings of them.
 */
final class HttpResponse {
    private static final int MAX_LINE = 16 * 1024;
    private static final int MAX_CHUNK_DIGITS = 7;

    /** Takes a response while it arrives. */
    interface Receiver {
        /** The head is there. */
        void head(int status);

        /** A piece of the body; it may begin and end anywhere, and the array is used again after the call. */
        void body(byte[] bytes, int from, int to, long readNanos);
    }

    private enum State {
        STATUS_LINE,
        HEADERS,
        BODY,
        CHUNK_SIZE,
        CHUNK_EXTENSION,
        CHUNK,
        CHUNK_END,
        TRAILERS,
        UNTIL_CLOSE,
        COMPLETE,
        MALFORMED
    }

    private final Receiver receiver;
    private final StringBuilder line = new StringBuilder();

    private State state = State.STATUS_LINE;
    private boolean started;
    private boolean keepAlive;
    private boolean chunked;
    private int status;
    private long length = -1;
    private long left; // of the body, or of the chunk
    private int digits; // of the chunk's size

    HttpResponse(Receiver receiver) {
        this.receiver = receiver;
    }

    /** Reads {@code bytes[from..to)}; after the end, or once malformed, everything is ignored. */
    void feed(byte[] bytes, int from, int to, long readNanos) {
        started |= from < to;
        for (int i = from; i < to; ) {
            switch (state) {
                case BODY, CHUNK, UNTIL_CLOSE -> i = pass(bytes, i, to, readNanos);
                case CHUNK_SIZE -> chunkSize(bytes[i++]);
                case STATUS_LINE, HEADERS, CHUNK_EXTENSION, CHUNK_END, TRAILERS -> lineByte(bytes[i++]);
                case COMPLETE, MALFORMED -> {
                    return;
                }
            }
        }
    }

    /** Whether any byte of it came. */
    boolean started() {
        return started;
    }

    boolean complete() {
        return state == State.COMPLETE;
    }

    /** Whether it is complete if the server closes the connection now. */
    boolean endsWithConnection() {
        return state == State.UNTIL_CLOSE;
    }

    boolean malformed() {
        return state == State.MALFORMED;
    }

    /** Whether the connection serves for another request after this response. */
    boolean keepAlive() {
        return keepAlive;
    }

    private int pass(byte[] bytes, int from, int to, long readNanos) {
        int end = state == State.UNTIL_CLOSE ? to : from + (int) Math.min(left, to - from);
        receiver.body(bytes, from, end, readNanos);
        left -= end - from;
        if (left == 0) {
            state = state == State.CHUNK ? State.CHUNK_END : state == State.BODY ? State.COMPLETE : state;
        }
        return end;
    }

    private void chunkSize(byte next) {
        int digit = Character.digit(next, 16);
        if (digit >= 0 && digits < MAX_CHUNK_DIGITS) {
            left = left << 4 | digit;
            digits++;
        } else if (digit >= 0 || digits == 0) {
            state = State.MALFORMED;
        } else {
            state = State.CHUNK_EXTENSION;
            lineByte(next);
        }
    }

    private void lineByte(byte next) {
        if (next != '\n') {
            line.append((char) (next & 0xff));
            if (line.length() > MAX_LINE) {
                state = State.MALFORMED;
            }
            return;
        }
        String text = line.toString().strip();
        line.setLength(0);
        switch (state) {
            case STATUS_LINE -> statusLine(text);
            case HEADERS -> header(text);
            case CHUNK_EXTENSION -> state = left == 0 ? State.TRAILERS : State.CHUNK;
            case CHUNK_END -> nextChunk(text);
            case TRAILERS -> state = text.isEmpty() ? State.COMPLETE : state;
            default -> throw new AssertionError("a line in " + state);
        }
    }

    private void statusLine(String text) {
        if (text.matches("HTTP/1\\.[01] \\d{3}( .*)?")) {
            status = Integer.parseInt(text, 9, 12, 10);
            keepAlive = text.startsWith("HTTP/1.1");
            state = State.HEADERS;
        } else {
            state = State.MALFORMED;
        }
    }

    private void header(String text) {
        if (text.isEmpty()) {
            headComplete();
            return;
        }
        int colon = Math.max(0, text.indexOf(':'));
        String value = text.substring(colon).replaceFirst(":", "").strip().toLowerCase(Locale.ROOT);
        switch (text.substring(0, colon).toLowerCase(Locale.ROOT)) {
            case "content-length" -> contentLength(value);
            case "transfer-encoding" -> chunked = value.equals("chunked");
            case "connection" -> keepAlive = !value.equals("close");
            default -> {}
        }
    }

    private void contentLength(String value) {
        if (value.matches("\\d{1,15}")) {
            length = Long.parseLong(value);
        } else {
            state = State.MALFORMED;
        }
    }

    private void headComplete() {
        if (status < 200) {
            state = State.STATUS_LINE; // 1xx: the response is still to come
            return;
        }
        receiver.head(status);
        if (chunked) {
            nextChunk("");
        } else if (status == 204 || length == 0) {
            state = State.COMPLETE;
        } else if (length > 0) {
            left = length;
            state = State.BODY;
        } else {
            keepAlive = false;
            left = -1;
            state = State.UNTIL_CLOSE;
        }
    }

    private void nextChunk(String between) {
        left = 0;
        digits = 0;
        state = between.isEmpty() ? State.CHUNK_SIZE : State.MALFORMED;
    }
}
