package dev.gufo.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.gufo.bench.Failure.Broken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;

/**
 * Reads the response to one chat completion request, streamed or not, from pieces that are cut anywhere.
 *
 * <p>A line that lies within a piece is looked at where it is; only one that is cut is copied together. Jackson parses
 * the usage, errors, and answers that are not streamed. Belongs to the thread that exchanges.
 */
final class CompletionReader implements HttpResponse.Receiver {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};
    private static final byte[] DONE = {'[', 'D', 'O', 'N', 'E', ']'};

    private final boolean stream;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream(0);
    private final ChunkScan scan = new ChunkScan();
    private final TokenTimes tokens = new TokenTimes();

    private int status;
    private boolean done;
    private Optional<TokenUsage> usage = Optional.empty();
    private Optional<Failure> errorEvent = Optional.empty();

    /** Reads a stream of events if {@code stream} and the status is 200, else one JSON object. */
    CompletionReader(boolean stream) {
        this.stream = stream;
    }

    @Override
    public void head(int status) {
        this.status = status;
    }

    @Override
    public void body(byte[] bytes, int from, int to, long readNanos) {
        if (!stream || status != 200) {
            pending.write(bytes, from, to - from);
            return;
        }
        int start = from;
        for (int i = from; i < to; i++) {
            if (bytes[i] == '\n') {
                if (pending.size() == 0) {
                    line(bytes, start, i, readNanos);
                } else {
                    pending.write(bytes, start, i - start);
                    byte[] whole = pending.toByteArray();
                    pending.reset();
                    line(whole, 0, whole.length, readNanos);
                }
                start = i + 1;
            }
        }
        pending.write(bytes, start, to - start);
    }

    /** What became of the exchange that this received, when it is over. */
    RequestOutcome outcome(RoundTrip exchange) {
        return exchange.failure().isPresent()
                ? brokenOff(exchange.failure().get(), exchange.endNanos())
                : complete(exchange.endNanos());
    }

    /** What became of the request when the response is complete. */
    RequestOutcome complete(long endNanos) {
        if (status != 200) {
            return new RequestOutcome.Failed(new Failure.Refused(status, errorCode(rest())), endNanos);
        }
        if (errorEvent.isPresent()) {
            return new RequestOutcome.Failed(errorEvent.get(), endNanos);
        }
        if (stream) {
            return done
                    ? new RequestOutcome.Completed(tokens, usage, endNanos)
                    : new RequestOutcome.Failed(Broken.UNFINISHED, endNanos);
        }
        JsonNode answer = rest();
        if (!answer.path("choices").isArray()) {
            return new RequestOutcome.Failed(Broken.MALFORMED, endNanos);
        }
        return new RequestOutcome.Completed(
                tokens,
                Optional.of(answer.path("usage")).filter(JsonNode::isObject).map(TokenUsage::of),
                endNanos);
    }

    /** What became of it when the response broke off; an error event that came before is the better reason. */
    RequestOutcome brokenOff(Broken failure, long endNanos) {
        return new RequestOutcome.Failed(errorEvent.orElse(failure), endNanos);
    }

    private void line(byte[] bytes, int from, int end, long readNanos) {
        int to = end > from && bytes[end - 1] == '\r' ? end - 1 : end;
        if (!startsWith(DATA, bytes, from, to)) {
            return; // blank lines, comments, event names
        }
        int start = from + DATA.length;
        if (start < to && bytes[start] == ' ') {
            start++;
        }
        if (startsWith(DONE, bytes, start, to)) {
            done = true;
            return;
        }
        scan.scan(bytes, start, to);
        if (scan.hasText()) {
            tokens.add(readNanos);
        }
        if (scan.hasUsage()) {
            usage = Optional.of(json(bytes, start, to).path("usage"))
                    .filter(JsonNode::isObject)
                    .map(TokenUsage::of);
        }
        if (scan.hasError()) {
            JsonNode chunk = json(bytes, start, to);
            if (!chunk.path("error").isMissingNode()) { // a tool's arguments may have an "error" too
                errorEvent = Optional.of(new Failure.InStream(errorCode(chunk)));
            }
        }
    }

    private JsonNode rest() {
        return json(pending.toByteArray(), 0, pending.size());
    }

    private static JsonNode json(byte[] bytes, int from, int to) {
        try {
            return JSON.readTree(bytes, from, to - from);
        } catch (IOException e) {
            return MissingNode.getInstance(); // not JSON: no code, no usage
        }
    }

    private static String errorCode(JsonNode body) {
        JsonNode error = body.path("error");
        String code = error.path("code").asText("");
        return code.isEmpty() || error.path("code").isNull()
                ? error.path("type").asText("")
                : code;
    }

    private static boolean startsWith(byte[] prefix, byte[] bytes, int from, int to) {
        if (to - from < prefix.length) {
            return false;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (bytes[from + i] != prefix[i]) {
                return false;
            }
        }
        return true;
    }
}
