package dev.gufo.server.limits;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How a caller stands with its rates, for the headers {@code x-ratelimit-…} of every answer.
 *
 * @param requests empty if requests are not limited
 * @param tokens empty if tokens are not limited
 */
public record RateHeaders(Optional<Window> requests, Optional<Window> tokens) {
    /** Nothing is limited, nothing is told. */
    public static final RateHeaders NONE = new RateHeaders(Optional.empty(), Optional.empty());

    /**
     * One rate. Of a limit per minute and one per day, that of which less remains.
     *
     * @param limit most at once
     * @param remaining 0 or more
     * @param reset when nothing would be taken any more
     */
    public record Window(long limit, long remaining, Duration reset) {}

    /** The headers, by name. */
    public Map<String, String> headers() {
        var headers = new LinkedHashMap<String, String>();
        requests.ifPresent(window -> put(headers, "requests", window));
        tokens.ifPresent(window -> put(headers, "tokens", window));
        return headers;
    }

    private static void put(Map<String, String> headers, String unit, Window window) {
        headers.put("x-ratelimit-limit-" + unit, Long.toString(window.limit()));
        headers.put("x-ratelimit-remaining-" + unit, Long.toString(window.remaining()));
        headers.put("x-ratelimit-reset-" + unit, text(window.reset()));
    }

    /**
     * A duration as OpenAI writes it: {@code 20ms}, {@code 1s}, {@code 1.5s}, {@code 6m0s}, {@code 1h0m0s}. Rounded up
     * to a millisecond; days are hours.
     */
    static String text(Duration duration) {
        long millis = duration.plusNanos(999_999).toMillis();
        if (millis < 1_000) {
            return millis == 0 ? "0s" : millis + "ms";
        }
        long hours = millis / 3_600_000;
        long minutes = millis / 60_000 % 60;
        long rest = millis % 60_000;
        String seconds = rest / 1_000 + fraction(rest % 1_000) + "s";
        if (hours > 0) {
            return hours + "h" + minutes + "m" + seconds;
        }
        return minutes > 0 ? minutes + "m" + seconds : seconds;
    }

    private static String fraction(long millis) {
        return millis == 0
                ? ""
                : String.format(java.util.Locale.ROOT, ".%03d", millis).replaceAll("0+$", "");
    }
}
