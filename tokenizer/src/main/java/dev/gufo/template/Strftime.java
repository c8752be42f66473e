package dev.gufo.template;

import java.time.LocalDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Python's {@code strftime} in the C locale. */
final class Strftime {
    private Strftime() {}

    /** The machine's time in a template's format; as trusted as the format is. */
    static Text format(Machine machine, Text format) {
        machine.chargeText(format.units() * 4L);
        Text.Builder out = new Text.Builder();
        String chars = format.chars();
        int at = 0;
        while (at < chars.length()) {
            char character = chars.charAt(at);
            if (character != '%' || at + 1 == chars.length()) {
                out.append(format, at, at + 1);
                at++;
                continue;
            }
            boolean unpadded = chars.charAt(at + 1) == '-' && at + 2 < chars.length();
            char directive = chars.charAt(unpadded ? at + 2 : at + 1);
            String text = directive(machine.now(), directive);
            if (text == null) {
                throw machine.error("strftime_now() does not know %%%c".formatted(directive));
            }
            out.append(unpadded ? withoutPadding(text) : text, format.trustedAt(at));
            at += unpadded ? 3 : 2;
        }
        return out.build();
    }

    private static String withoutPadding(String text) {
        int from = 0;
        while (from < text.length() - 1 && (text.charAt(from) == '0' || text.charAt(from) == ' ')) {
            from++;
        }
        return text.substring(from);
    }

    /** Null if there is no such directive. */
    private static @Nullable String directive(LocalDateTime now, char directive) {
        return switch (directive) {
            case 'Y' -> Integer.toString(now.getYear());
            case 'y' -> two(Math.floorMod(now.getYear(), 100));
            case 'C' -> two(now.getYear() / 100);
            case 'm' -> two(now.getMonthValue());
            case 'B' -> now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'b', 'h' -> now.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'd' -> two(now.getDayOfMonth());
            case 'e' -> "%2d".formatted(now.getDayOfMonth());
            case 'j' -> "%03d".formatted(now.getDayOfYear());
            case 'A' -> now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'a' -> now.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'u' -> Integer.toString(now.getDayOfWeek().getValue());
            case 'w' -> Integer.toString(now.getDayOfWeek().getValue() % 7);
            case 'U' -> two((now.getDayOfYear() + 6 - now.getDayOfWeek().getValue() % 7) / 7);
            case 'W' -> two((now.getDayOfYear() + 6 - (now.getDayOfWeek().getValue() + 6) % 7) / 7);
            case 'V' -> two(now.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
            case 'G' -> Integer.toString(now.get(IsoFields.WEEK_BASED_YEAR));
            case 'H' -> two(now.getHour());
            case 'I' -> two(now.get(ChronoField.CLOCK_HOUR_OF_AMPM));
            case 'k' -> "%2d".formatted(now.getHour());
            case 'l' -> "%2d".formatted(now.get(ChronoField.CLOCK_HOUR_OF_AMPM));
            case 'M' -> two(now.getMinute());
            case 'S' -> two(now.getSecond());
            case 'f' -> "%06d".formatted(now.getNano() / 1_000);
            case 'p' -> now.getHour() < 12 ? "AM" : "PM";
            case 'P' -> now.getHour() < 12 ? "am" : "pm";
            case 'Z', 'z' -> "";
            case 'D', 'x' -> several(now, "%m/%d/%y");
            case 'F' -> several(now, "%Y-%m-%d");
            case 'T', 'X' -> several(now, "%H:%M:%S");
            case 'R' -> several(now, "%H:%M");
            case 'r' -> several(now, "%I:%M:%S %p");
            case 'c' -> several(now, "%a %b %e %H:%M:%S %Y");
            case 'n' -> "\n";
            case 't' -> "\t";
            case '%' -> "%";
            default -> null;
        };
    }

    /** A directive that stands for others. */
    private static String several(LocalDateTime now, String directives) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < directives.length(); i++) {
            if (directives.charAt(i) == '%') {
                out.append(directive(now, directives.charAt(++i)));
            } else {
                out.append(directives.charAt(i));
            }
        }
        return out.toString();
    }

    private static String two(int number) {
        return "%02d".formatted(number);
    }
}
