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
    private static final Pattern SPAN = Pattern.compile("(\\d{1,6})([smhdw])");
    private static final Pattern SECONDS = Pattern.compile("\\d{1,11}");

    private Period() {}

    /** A number with {@code s}, {@code m}, {@code h}, {@code d} or {@code w}, such as {@code 7d}; empty for anything else. */
    public static Optional<Duration> span(String text) {
        Matcher matcher = SPAN.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        long number = Long.parseLong(matcher.group(1));
        return Optional.of(
                switch (matcher.group(2)) {
                    case "s" -> Duration.ofSeconds(number);
                    case "m" -> Duration.ofMinutes(number);
                    case "h" -> Duration.ofHours(number);
                    case "d" -> Duration.ofDays(number);
                    default -> Duration.ofDays(7 * number);
                });
    }

    /**
     * Seconds since 1970, a day such as {@code 2026-01-31} (its beginning in UTC), or a moment such as {@code 2026-01-31T12:00:00Z}; empty
     * for anything else.
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
