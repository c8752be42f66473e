package dev.gufo.server.access;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a key's use can be limited in. The names are those of the settings, the admin API and the error messages. */
public enum Limit {
    REQUESTS_PER_MINUTE,
    REQUESTS_PER_DAY,
    TOKENS_PER_MINUTE,
    TOKENS_PER_DAY,
    /** Requests that were accepted and have not ended. */
    CONCURRENT_REQUESTS,
    /** Requests that were accepted and have not begun: their first token is not there yet. */
    QUEUED_REQUESTS,
    /** Tokens of one answer; what asks for more is cut to it, not refused. */
    MAX_TOKENS,
    /** Tokens in a calendar month, UTC. */
    TOKENS_PER_MONTH;

    /** As it is written: {@code requests_per_minute}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The limit that is written so; dashes count as underscores. */
    public static Optional<Limit> named(String word) {
        String wanted = word.strip().replace('-', '_');
        return Arrays.stream(values())
                .filter(limit -> limit.word().equals(wanted))
                .findFirst();
    }

    /** All names, comma separated. */
    public static String words() {
        return String.join(", ", Arrays.stream(values()).map(Limit::word).toList());
    }
}
