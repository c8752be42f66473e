package dev.gufo.server.usage;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How moments and spans are written in a question about usage. */
public final class Period {
    private static final Pattern SPAN = Pattern.compile("(?:\\d{1,12}(?:ms|[smhdw]))+");
    private static final Pattern PART = Pattern.compile("(\\d{1,12})(ms|[smhdw])");
    /** A hundred years; nanoseconds of it still fit a long. */
    private static final Duration LONGEST = Duration.ofDays(36_525);

    private static final Pattern SECONDS = Pattern.compile("\\d{1,11}");

    private Period() {}

    /**
     * Numbers with {@code ms}, {@code s}, {@code m}, {@code h}, {@code d} or {@code w}, such as {@code 7d}, {@code 90m}
     * or {@code 1h30m}: their sum, at most a hundred years. Empty for anything else.
     */
    public static Optional<Duration> span(String text) {
        if (!SPAN.matcher(text).matches()) {
            return Optional.empty();
        }
        Duration sum = Duration.ZERO;
        Matcher part = PART.matcher(text);
        while (part.find()) {
            long number = Long.parseLong(part.group(1));
            sum = sum.plus(
                    switch (part.group(2)) {
                        case "ms" -> Duration.ofMillis(number);
                        case "s" -> Duration.ofSeconds(number);
                        case "m" -> Duration.ofMinutes(number);
                        case "h" -> Duration.ofHours(number);
                        case "d" -> Duration.ofDays(number);
                        default -> Duration.ofDays(7 * number);
                    });
        }
        return Optional.of(sum).filter(span -> span.compareTo(LONGEST) <= 0);
    }

    /**
     * Seconds since 1970, a day such as {@code 2026-01-31} (its beginning in UTC), or a moment such as
     * {@code 2026-01-31T12:00:00Z}; empty for anything else.
     */
    public static Optional<Instant> moment(String text) {
        try {
            if (SECONDS.matcher(text).matches()) {
                return Optional.of(Instant.ofEpochSecond(Long.parseLong(text)));
            }
            return Optional.of(
                    text.contains("T")
                            ? OffsetDateTime.parse(text).toInstant()
                            : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
