package dev.gufo.server.log;

import dev.gufo.server.usage.LedgerEntry;
import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.Status;
import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One line for each request when it has been answered: what was asked, by whom, and what it took. Never a key; prompts
 * and answers only if the operator insists. Routes note on the request what they know; stateless otherwise.
 */
public final class RequestLog {
    private static final Logger LOG = LoggerFactory.getLogger("dev.gufo.requests");
    private static final String ENTRY = "gufo.ledger-entry";
    private static final String KEY_NAME = "gufo.key-name";
    private static final String PROMPT = "gufo.prompt";
    private static final String COMPLETION = "gufo.completion";

    private static final String GONE = "gufo.client-gone";

    /** nginx's word in its log for a client that closed the connection before it had its answer. It is never sent. */
    private static final int CLIENT_CLOSED_REQUEST = 499;

    private final boolean content;

    /** @param content whether prompts and answers are logged too */
    public RequestLog(boolean content) {
        this.content = content;
    }

    /** Whose request it is, also if it is not accepted later. */
    public static void keyName(Context ctx, String name) {
        ctx.attribute(KEY_NAME, name);
    }

    /** The client went away before its request was accepted. */
    public static void clientGone(Context ctx) {
        ctx.attribute(GONE, true);
    }

    /** What was accepted. */
    public static void accepted(Context ctx, LedgerEntry entry) {
        ctx.attribute(ENTRY, entry);
    }

    /** The rendered prompt; kept only if prompts are logged. */
    public void prompt(Context ctx, Supplier<String> text) {
        if (content) {
            ctx.attribute(PROMPT, text.get());
        }
    }

    /** The next bytes of the answer's text; kept only if answers are logged. */
    public void completion(Context ctx, byte[] piece) {
        if (content) {
            ByteArrayOutputStream soFar = ctx.attribute(COMPLETION);
            if (soFar == null) {
                soFar = new ByteArrayOutputStream();
                ctx.attribute(COMPLETION, soFar);
            }
            soFar.writeBytes(piece);
        }
    }

    /**
     * Writes the line. What only watches the server (health, metrics) is logged at debug level.
     *
     * @param milliseconds how long the request took, as the web server measured it
     */
    public void write(Context ctx, float milliseconds) {
        Level level = isWatching(ctx.req().getRequestURI()) ? Level.DEBUG : Level.INFO;
        if (!LOG.isEnabledForLevel(level)) {
            return;
        }
        Map<String, Object> fields = fields(ctx, milliseconds);
        LoggingEventBuilder line = LOG.atLevel(level);
        for (Map.Entry<String, Object> field : fields.entrySet()) {
            line = line.addKeyValue(field.getKey(), field.getValue());
        }
        line.log("{}", text(fields));
    }

    private static boolean isWatching(String path) {
        return path.equals("/health") || path.equals("/ready") || path.equals("/metrics");
    }

    private static Map<String, Object> fields(Context ctx, float milliseconds) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("request_id", String.valueOf(ctx.res().getHeader("x-request-id")));
        fields.put("method", ctx.req().getMethod());
        fields.put("endpoint", ctx.req().getRequestURI());
        fields.put("http_status", status(ctx));
        String keyName = ctx.attribute(KEY_NAME);
        if (keyName != null && !keyName.isEmpty()) {
            fields.put("key", keyName);
        }
        LedgerEntry entry = ctx.attribute(ENTRY);
        if (entry != null) {
            fields.put("model", entry.intent().model());
            if (!entry.intent().keyName().isEmpty()) {
                fields.put("key", entry.intent().keyName());
            }
            entry.outcome().ifPresent(outcome -> outcome(fields, outcome, entry.timeToFirstToken()));
        }
        fields.put("total_ms", (long) milliseconds);
        TraceParent.parse(ctx.header("traceparent")).ifPresent(trace -> {
            fields.put("trace_id", trace.traceId());
            fields.put("span_id", trace.spanId());
        });
        String prompt = ctx.attribute(PROMPT);
        if (prompt != null) {
            fields.put("prompt", prompt);
        }
        ByteArrayOutputStream completion = ctx.attribute(COMPLETION);
        if (completion != null) {
            fields.put("completion", completion.toString(StandardCharsets.UTF_8));
        }
        return fields;
    }

    private static int status(Context ctx) {
        LedgerEntry entry = ctx.attribute(ENTRY);
        boolean cancelled = entry != null
                && entry.outcome()
                        .filter(outcome -> outcome.status() == Status.CANCELLED)
                        .isPresent();
        return cancelled || Boolean.TRUE.equals(ctx.attribute(GONE))
                ? CLIENT_CLOSED_REQUEST
                : ctx.res().getStatus();
    }

    private static void outcome(Map<String, Object> fields, Outcome outcome, Optional<Duration> firstToken) {
        fields.put("status", outcome.status().word());
        if (!outcome.finishReason().isEmpty()) {
            fields.put("finish_reason", outcome.finishReason());
        }
        fields.put("prompt_tokens", outcome.promptTokens());
        fields.put("cached_tokens", outcome.cachedTokens());
        fields.put("completion_tokens", outcome.completionTokens());
        fields.put("reasoning_tokens", outcome.reasoningTokens());
        fields.put("queue_ms", outcome.queued());
        fields.put("prefill_ms", outcome.prefill());
        fields.put("decode_ms", outcome.decode());
        firstToken.ifPresent(time -> fields.put("ttft_ms", time));
        if (outcome.clientGone()) {
            fields.put("client_gone", true);
        }
    }

    /** For people: the four that matter first, then what else there is by name. */
    private static String text(Map<String, Object> fields) {
        var rest = new LinkedHashMap<>(fields);
        String first = "%s %s %s %s"
                .formatted(
                        rest.remove("method"),
                        printable(String.valueOf(rest.remove("endpoint"))),
                        rest.remove("http_status"),
                        rest.remove("request_id"));
        return rest.entrySet().stream()
                .map(field -> field.getKey() + "=" + value(field.getValue()))
                .collect(Collectors.joining(" ", first + " ", ""));
    }

    private static String value(Object value) {
        String text = value instanceof Duration time ? Long.toString(time.toMillis()) : String.valueOf(value);
        return text.contains(" ") ? '"' + printable(text) + '"' : printable(text);
    }

    /** So that no client writes lines of its own into the log. */
    private static String printable(String text) {
        return text.chars().noneMatch(Character::isISOControl)
                ? text
                : text.replace("\n", "\\n").replaceAll("\\p{Cntrl}", "?");
    }
}
