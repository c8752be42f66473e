package dev.gufo.grammar.schema;

import dev.gufo.grammar.Gbnf;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * The languages of the formats that are kept; other formats are annotations, as JSON Schema has it, and change nothing.
 * Each is a part of what its RFC allows, without what is rare and what validators disagree about: leap seconds, quoted
 * and bracketed hosts, hosts with two dashes in a row.
 */
final class StringFormats {
    /** What {@link Format#longest} is for a format without a length of its own. */
    static final int UNBOUNDED = Gbnf.UNBOUNDED;

    /**
     * A format's language.
     *
     * @param pattern matches whole strings of the format, of those that are no longer than {@code longest}
     * @param longest in code points, or {@link #UNBOUNDED}
     * @param counted by length, a pattern of which all strings are of the format and none is longer than that; null if
     *     there is none
     */
    record Format(String pattern, int longest, IntFunction<String> counted) {
        /** A pattern for whole strings of the format that have at most {@code most} code points by themselves. */
        Optional<String> upTo(int most) {
            return Optional.ofNullable(counted.apply(most));
        }

        /** One that counts by itself. */
        static Format fixed(String pattern, int length) {
            return new Format(pattern, UNBOUNDED, most -> most >= length ? pattern : null);
        }

        /** One with loops; counting takes an automaton. */
        static Format looped(String pattern) {
            return new Format(pattern, UNBOUNDED, most -> most == UNBOUNDED ? pattern : null);
        }
    }

    private static final String YEAR_MONTH_DAY = "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
            + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
            + "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29)";

    /**
     * Without leap seconds, which exist at a few moments only; with offsets that are in use, and not -00:00, which
     * means "unknown".
     */
    private static final String TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?"
            + "(?:Z|\\+(?:0[0-9]|1[0-4]):[0-5][0-9]|-(?:0[1-9]|1[0-2]):[0-5][0-9])";

    private static final String DURATION_TIME =
            "T(?:[0-9]{1,9}H(?:[0-9]{1,9}M(?:[0-9]{1,9}S)?)?|[0-9]{1,9}M(?:[0-9]{1,9}S)?|[0-9]{1,9}S)";
    private static final String DURATION = "P(?:[0-9]{1,9}W|" + DURATION_TIME
            + "|(?:[0-9]{1,9}Y(?:[0-9]{1,9}M(?:[0-9]{1,9}D)?)?|[0-9]{1,9}M(?:[0-9]{1,9}D)?|[0-9]{1,9}D)(?:"
            + DURATION_TIME
            + ")?)";

    private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final String IPV4 = OCTET + "(?:\\." + OCTET + "){3}";
    private static final String H16 = "[0-9A-Fa-f]{1,4}";
    private static final String LS32 = "(?:" + H16 + ":" + H16 + "|" + IPV4 + ")";
    private static final String IPV6 = ipv6();

    private static final String ALNUM = "[A-Za-z0-9]";
    private static final String LABEL = ALNUM + "(?:-?" + ALNUM + ")*";
    private static final String HOSTNAME = LABEL + "(?:\\." + LABEL + ")*";
    /** A domain of at most 249 characters, whose labels are of the length that RFC 1035 allows. */
    private static final String COUNTED_HOSTNAME = label(63) + "(?:\\." + label(30) + "){0,6}";

    private static final String ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]";
    private static final String LOCAL = ATEXT + "+(?:\\." + ATEXT + "+)*";
    private static final String COUNTED_LOCAL = "(?:" + ATEXT + "{1,64}|" + ATEXT + "{1,30}(?:\\." + ATEXT
            + "{1,16}){1,2}|" + ATEXT + "(?:\\.?" + ATEXT + "){0,31})";
    private static final String TOP_LEVEL = "[A-Za-z]{2,24}";
    private static final String EMAIL = LOCAL + "@(?:" + LABEL + "\\.)+[A-Za-z]{2,}";
    /** Of at most 236 characters. */
    private static final String COUNTED_EMAIL = COUNTED_LOCAL + "@(?:" + label(48) + "\\.){1,3}" + TOP_LEVEL;

    /**
     * Letters that hosts may have anywhere, without rules about what stands beside them; eleven of them fit into a
     * label in Punycode.
     */
    private static final String LETTERS = "\\u00e0-\\u00f6\\u00f8-\\u00ff\\u03b1-\\u03c1\\u03c3-\\u03c9\\u0430-\\u044f"
            + "\\u3041-\\u3093\\u30a1-\\u30f4\\u4e00-\\u9fa5\\uac00-\\ud7a3";

    private static final String WORLD_LABEL = "(?:" + label(48).replace("A-Z", "") + "|[a-z0-9" + LETTERS + "]{1,11})";
    private static final String WORLD_HOSTNAME = WORLD_LABEL + "(?:\\." + WORLD_LABEL + "){0,3}";
    private static final String WORLD_EMAIL = "(?:" + COUNTED_LOCAL + "|[a-z0-9" + LETTERS + "]{1,20})@(?:"
            + WORLD_LABEL + "\\.){1,3}(?:" + TOP_LEVEL + "|[" + LETTERS + "]{2,11})";

    private static final String PERCENT = "%[0-9A-Fa-f]{2}";
    /** RFC 3987's, without spaces and what has no form of its own. */
    private static final String WORLD =
            "\\u00a1-\\u167f\\u1681-\\u180d\\u180f-\\u1fff\\u2030-\\u205e\\u2070-\\u2fff\\u3001-\\ud7ff"
                    + "\\uf900-\\ufdcf\\ufdf0-\\ufefe\\uff00-\\uffef\\u{10000}-\\u{1fffd}";

    private static final String POINTER = "(?:/(?:[^#/~]|~[01])*)*";

    /** RFC 6570, literals of ASCII and letters. */
    private static final String TEMPLATE =
            "(?:[!#-$&(-;=?-\\[\\]_a-z~" + WORLD + "]|" + PERCENT + "|\\{[+#./;?&]?VARIABLE(?:,VARIABLE)*\\})*";

    private static final String VARIABLE =
            "(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*(?:\\*|:[1-9][0-9]{0,3})?";

    private static final Map<String, Format> FORMATS = Map.ofEntries(
            Map.entry("date", Format.fixed(YEAR_MONTH_DAY, 10)),
            Map.entry("time", Format.fixed(TIME, 24)),
            Map.entry("date-time", Format.fixed(YEAR_MONTH_DAY + "T" + TIME, 35)),
            Map.entry("duration", Format.fixed(DURATION, 62)),
            Map.entry(
                    "uuid",
                    Format.fixed("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", 36)),
            Map.entry("ipv4", Format.fixed(IPV4, 15)),
            Map.entry("ipv6", Format.fixed(IPV6, 45)),
            Map.entry("hostname", new Format(HOSTNAME, 63, most -> most >= 249 ? COUNTED_HOSTNAME : null)),
            Map.entry(
                    "idn-hostname",
                    new Format(HOSTNAME.replace("A-Z", ""), 63, most -> most >= 200 ? WORLD_HOSTNAME : null)),
            Map.entry("email", new Format(EMAIL, 63, most -> most >= 236 ? COUNTED_EMAIL : null)),
            Map.entry("idn-email", new Format(EMAIL, 63, most -> most >= 236 ? WORLD_EMAIL : null)),
            Map.entry("uri", reference("", true)),
            Map.entry("uri-reference", reference("", false)),
            Map.entry("iri", reference(WORLD, true)),
            Map.entry("iri-reference", reference(WORLD, false)),
            Map.entry("uri-template", Format.looped(TEMPLATE.replace("VARIABLE", VARIABLE))),
            Map.entry("json-pointer", Format.looped(POINTER)),
            Map.entry("relative-json-pointer", Format.looped("(?:0|[1-9][0-9]{0,8})(?:#|" + POINTER + ")")),
            Map.entry("regex", Format.looped(regex())));

    private StringFormats() {}

    /** The language of a format; empty for one that is not kept. */
    static Optional<Format> of(String name) {
        return Optional.ofNullable(FORMATS.get(name));
    }

    private static String label(int most) {
        return "(?:" + ALNUM + "{1," + most + "}|" + ALNUM + "(?:-?" + ALNUM + "){0," + (most - 1) / 2 + "})";
    }

    /** RFC 3986's rule {@code IPv6address}. */
    private static String ipv6() {
        StringBuilder ways = new StringBuilder("(?:(?:" + H16 + ":){6}" + LS32);
        for (int before = 0; before <= 7; before++) {
            ways.append("|").append(before == 0 ? "" : "(?:(?:" + H16 + ":){0," + (before - 1) + "}" + H16 + ")?");
            ways.append("::");
            int behind = 5 - before;
            ways.append(
                    behind > 0
                            ? "(?:" + H16 + ":){" + behind + "}" + LS32
                            : before == 5 ? LS32 : before == 6 ? H16 : "");
        }
        return ways.append(")").toString();
    }

    /**
     * RFC 3986's URI or URI reference, with more characters RFC 3987's. Hosts are names and IPv4 addresses.
     *
     * @param more further characters of a class
     * @param absolute whether there must be a scheme
     */
    private static Format reference(String more, boolean absolute) {
        return new Format(
                reference(more, absolute, UNBOUNDED),
                UNBOUNDED,
                most -> most == UNBOUNDED || most > 100 ? reference(more, absolute, most) : null);
    }

    /** Path and query are one: a query may have all that a path may have. */
    private static String reference(String more, boolean absolute, int most) {
        boolean free = most == UNBOUNDED;
        int host = free ? UNBOUNDED : Math.min(63, most / 4);
        int room = free ? UNBOUNDED : Math.min(most, more.isEmpty() ? 4_000 : 600) - host - 25;
        String plain = "A-Za-z0-9._~!$&'()*+,;=:@\\-" + more;
        String user = free ? "(?:(?:[A-Za-z0-9._~!$&'()*+,;=:\\-" + more + "]|" + PERCENT + ")+@)?" : "";
        String name = "[A-Za-z0-9._~\\-" + more + "]" + (free ? "+" : "{1," + host + "}");
        String tail = characters(plain + "/?", free ? room : room / 4 * 3);
        String authority = "//(?:" + user + name + "(?::[0-9]{1,5})?(?:[/?]" + tail + ")?|/" + tail + ")";
        String first = "(?:[" + plain + "]|" + PERCENT + ")";
        String fragment = "#" + characters(plain + "/?", free ? room : room / 4);
        String scheme = "[A-Za-z][A-Za-z0-9+.-]" + (free ? "*" : "{0,11}") + ":";
        String whole = scheme + "(?:" + authority + "|/?" + first + tail + ")(?:" + fragment + ")?";
        if (absolute) {
            return whole;
        }
        String segment = "(?:[" + plain.replace(":", "") + "]|" + PERCENT + ")" + (free ? "+" : "{1,6}");
        String afterSlash = "(?:[" + plain + "?]|" + PERCENT + ")";
        String relative = "(?:" + authority + "|/(?:" + afterSlash + tail + ")?|" + segment + "(?:[/?]" + tail
                + ")?|\\?" + tail + ")(?:" + fragment + ")?|" + fragment;
        return "(?:" + whole + "|" + relative + ")?";
    }

    /**
     * Any number of characters, also percent-encoded; in at most {@code room} characters three of five of it are for
     * plain ones.
     */
    private static String characters(String plain, int room) {
        if (room == UNBOUNDED) {
            return "(?:[" + plain + "]|" + PERCENT + ")*";
        }
        int blocks = Math.max(0, room - 2) / 5;
        return "(?:[" + plain + "]{3}|[" + plain + "]{0,2}" + PERCENT + "){0," + Math.min(blocks, 600) + "}[" + plain
                + "]{0,2}";
    }

    /** Regular expressions that ECMAScript's and other flavours agree about, with groups in groups. */
    private static String regex() {
        String classes = "\\[\\^?(?:a-z|A-Z|0-9|[A-Za-z0-9 _.,:;!%@=]|\\\\[dwsnrt.^$/\\\\\\[\\]])+\\]";
        String atom = "(?:[A-Za-z0-9 _,:;!#%@=&'\"<>~`/-]|\\\\[dDwWsSnrtf.*+?(){}|^$/\\\\\\[\\]]|\\.|" + classes + ")";
        String count = "(?:(?:[*+?]|\\{[0-9]{1,2},?\\})\\??)?";
        String inner = "(?:" + atom + count + "|\\|)*";
        String group = "\\((?:\\?:)?" + inner + "\\)";
        String middle = "(?:(?:" + atom + "|" + group + ")" + count + "|\\|)*";
        String outer = "\\((?:\\?:)?" + middle + "\\)";
        return "\\^?(?:(?:" + atom + "|" + outer + ")" + count + "|\\|)*\\$?";
    }
}
