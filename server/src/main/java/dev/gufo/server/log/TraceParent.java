package dev.gufo.server.log;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The caller's place in a distributed trace.
 *
 * @param traceId 32 hexadecimal digits
 * @param spanId 16 hexadecimal digits, of the caller's span
 * @see <a href="https://www.w3.org/TR/trace-context/#traceparent-header">W3C Trace Context, traceparent</a>
 */
public record TraceParent(String traceId, String spanId) {
    private static final Pattern HEADER =
            Pattern.compile("(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?");

    /**
     * Reads the header.
     *
     * @param header null if there is none
     * @return empty if it is missing or malformed; then there is no trace to go on with
     */
    public static Optional<TraceParent> parse(@Nullable String header) {
        if (header == null) {
            return Optional.empty();
        }
        Matcher matcher = HEADER.matcher(header);
        boolean valid = matcher.matches()
                && (matcher.group(4) == null || !matcher.group(1).equals("00"));
        return valid ? Optional.of(new TraceParent(matcher.group(2), matcher.group(3))) : Optional.empty();
    }
}
