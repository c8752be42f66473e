package dev.gufo.grammar;

import java.util.List;
import java.util.Map;

/** The patterns of the formats that are kept; other formats are annotations, as JSON Schema has it, and change nothing. */
final class StringFormats {
    private static final String YEAR_MONTH_DAY = "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
            + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
            + "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29)";

    /** Without leap seconds, which exist at a few moments only. */
    private static final String TIME =
            "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";

    /** RFC 3339's date, time and timestamp, RFC 9562's text form, and the addresses of RFC 5321 that need neither quotes nor brackets. */
    private static final Map<String, List<String>> PATTERNS = Map.of(
            "date", List.of("^" + YEAR_MONTH_DAY + "$"),
            "time", List.of("^" + TIME + "$"),
            "date-time", List.of("^" + YEAR_MONTH_DAY + "T" + TIME + "$"),
            "uuid", List.of("^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"),
            "email",
                    List.of(
                            "^[A-Za-z0-9_+-]+(?:\\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*\\.)+[A-Za-z]{2,}$",
                            "^[^@]{1,64}@(?:[^.]{1,63}\\.){1,3}[^.]{2,24}$"));

    private StringFormats() {}

    /** The patterns that a string of the format matches, all of them; empty for a format that is not kept. */
    static List<String> patterns(String format) {
        return PATTERNS.getOrDefault(format, List.of());
    }
}
