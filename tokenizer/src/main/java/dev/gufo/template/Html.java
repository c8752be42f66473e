package dev.gufo.template;

/** Escaping for HTML, which chat templates meet only through {@code escape} and {@code safe}. */
final class Html {
    private static final String SPECIAL = "&<>\"'";

    private Html() {}

    /** The text with HTML's special characters escaped, unless it is marked as safe. */
    static Text escape(Machine machine, Value.Str value) {
        return value.markup() ? value.text() : escape(machine, value.text());
    }

    static Text escape(Machine machine, Text text) {
        machine.chargeText(text.units());
        String chars = text.chars();
        Text.Builder escaped = new Text.Builder();
        int from = 0;
        for (int i = 0; i < chars.length(); i++) {
            if (SPECIAL.indexOf(chars.charAt(i)) >= 0) {
                escaped.append(text, from, i);
                escaped.append(entity(chars.charAt(i)), text.trustedAt(i));
                from = i + 1;
            }
        }
        if (from == 0) {
            return text;
        }
        escaped.append(text, from, chars.length());
        machine.chargeText(escaped.units());
        return escaped.build();
    }

    private static String entity(char special) {
        return switch (special) {
            case '&' -> "&amp;";
            case '<' -> "&lt;";
            case '>' -> "&gt;";
            case '"' -> "&#34;";
            default -> "&#39;";
        };
    }
}
