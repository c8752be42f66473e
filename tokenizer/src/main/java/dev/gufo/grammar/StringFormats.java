package dev.gufo.grammar;

import java.util.List;
import java.util.Map;

/** The patterns of the formats that are kept; other formats are annotations, as JSON Schema has it, and change nothing. */
final class StringFormats {
    private static final String YEAR_MONTH_DAY = "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
            + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
            + "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29)";

    /** Without leap seconds, which exist at a few moments only; with offsets that are in use, and not -00:00, which means "unknown". */
    private static final String TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?"
            + "(?:Z|\\+(?:0[0-9]|1[0-4]):[0-5][0-9]|-(?:0[1-9]|1[0-2]):[0-5][0-9])";

    private static final String LOCAL = "[A-Za-z0-9_+-]+(?:\\.[A-Za-z0-9_+-]+)*";

    private static final String LABEL = "[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*";

    /** Domains of countries, and those others that addresses have most; validators refuse top-level domains that don't exist. */
    private static final String TOP_LEVEL =
            "(?:a[cdefgilmoqrstuwxz]|b[abdefghijmnorstvwyz]|c[acdfghiklmnoruvwxyz]|d[ejkmoz]|e[cegrstu]"
                    + "|f[ijkmor]|g[abdefghilmnpqrstuwy]|h[kmnrtu]|i[delmnoqrst]|j[emop]|k[eghimnprwyz]|l[abcikrstuvy]|m[acdeghklmnopqrstuvwxyz]"
                    + "|n[acefgilopruz]|om|p[aefghklmnrstwy]|qa|r[eosuw]|s[abcdeghijklmnorstuvxyz]|t[cdfghjklmnortvwz]|u[agksyz]|v[aceginu]|w[fs]"
                    + "|y[et]|z[amw]|com|net|org|edu|gov|mil|int|info|biz|name|pro|aero|coop|museum|jobs|mobi|tel|travel|asia|cat|app|dev|page"
                    + "|blog|shop|store|online|site|website|space|tech|cloud|digital|email|live|news|media|agency|company|group|team|work|world"
                    + "|life|today|art|design|studio|club|xyz|top|icu|vip|ltd|inc|llc|bank|finance|health|care|academy|school|university)";

    /** RFC 3339's date, time and timestamp, RFC 9562's text form, and the addresses of RFC 5321 that need neither quotes nor brackets. */
    private static final Map<String, List<String>> PATTERNS = Map.of(
            "date", List.of("^" + YEAR_MONTH_DAY + "$"),
            "time", List.of("^" + TIME + "$"),
            "date-time", List.of("^" + YEAR_MONTH_DAY + "T" + TIME + "$"),
            "uuid", List.of("^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"),
            "email",
                    List.of(
                            "^" + LOCAL + "@(?:" + LABEL + "\\.)+" + TOP_LEVEL + "$",
                            "^[^@]{1,64}@(?:[^.]{1,63}\\.){1,3}[^.]+$"));

    private StringFormats() {}

    /** The patterns that a string of the format matches, all of them; empty for a format that is not kept. */
    static List<String> patterns(String format) {
        return PATTERNS.getOrDefault(format, List.of());
    }
}
