package dev.gufo.template;

import java.math.BigInteger;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers as Python's {@code int(text)} and {@code float(text)} read them. */
final class NumberText {
    private static final int MAX_DIGITS = 4_300;

    private NumberText() {}

    /** Null if the text is no integer in this base; 0 lets a prefix decide the base. */
    static @Nullable BigInteger integer(Machine machine, String text, int base) {
        String digits = strip(text).toLowerCase(Locale.ROOT);
        boolean negative = digits.startsWith("-");
        if (negative || digits.startsWith("+")) {
            digits = digits.substring(1);
        }
        int radix = base;
        int prefixed = digits.startsWith("0x") ? 16 : digits.startsWith("0o") ? 8 : digits.startsWith("0b") ? 2 : 0;
        if (prefixed != 0 && (base == 0 || base == prefixed)) {
            radix = prefixed;
            digits = digits.substring(digits.startsWith("_", 2) ? 3 : 2);
        } else if (base == 0) {
            radix = 10;
        }
        digits = joined(digits);
        if (radix < 2 || radix > 36 || digits == null || digits.length() > MAX_DIGITS) {
            return null;
        }
        for (int i = 0; i < digits.length(); i++) {
            if (Character.digit(digits.charAt(i), radix) < 0) {
                return null;
            }
        }
        BigInteger number = new BigInteger(digits, radix);
        machine.chargeInteger(number.bitLength());
        return negative ? number.negate() : number;
    }

    /** Null if the text is no float. */
    static @Nullable Double real(String text) {
        String number = strip(text).toLowerCase(Locale.ROOT);
        String unsigned = number.startsWith("-") || number.startsWith("+") ? number.substring(1) : number;
        double sign = number.startsWith("-") ? -1 : 1;
        switch (unsigned) {
            case "inf", "infinity" -> {
                return sign * Double.POSITIVE_INFINITY;
            }
            case "nan" -> {
                return Double.NaN;
            }
            default -> {}
        }
        String digits = joined(unsigned);
        boolean plain = digits != null
                && digits.length() <= MAX_DIGITS
                && Characters.isAsciiDigit(
                        digits.charAt(digits.charAt(0) == '.' ? Math.min(1, digits.length() - 1) : 0))
                && digits.chars().allMatch(c -> Characters.isAsciiDigit(c) || "+-.e".indexOf(c) >= 0);
        if (!plain) {
            return null;
        }
        try {
            return sign * Double.parseDouble(digits);
        } catch (NumberFormatException none) {
            return null;
        }
    }

    private static String strip(String text) {
        int from = Characters.skipSpace(text, 0);
        return text.substring(from, Math.max(from, Characters.strippedEnd(text, 0)));
    }

    /** Without its underscores, each of which must stand between digits; null if one does not, or nothing is left. */
    private static @Nullable String joined(String digits) {
        for (int i = digits.indexOf('_'); i >= 0; i = digits.indexOf('_', i + 1)) {
            boolean between = i > 0
                    && i + 1 < digits.length()
                    && Character.isLetterOrDigit(digits.charAt(i - 1))
                    && Character.isLetterOrDigit(digits.charAt(i + 1));
            if (!between) {
                return null;
            }
        }
        String joined = digits.replace("_", "");
        return joined.isEmpty() ? null : joined;
    }
}
