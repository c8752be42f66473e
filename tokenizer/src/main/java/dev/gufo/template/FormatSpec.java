package dev.gufo.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/**
 * How Python formats one value: {@code [[fill]align][sign][#][0][width][,][.precision][type]}.
 *
 * @param align one of {@code < > = ^}, or 0 if the type decides
 * @param sign one of {@code + - space}
 * @param grouping {@code ,} or {@code _}, or 0
 * @param precision negative if not given
 * @param type 0 if not given
 */
record FormatSpec(
        int fill,
        char align,
        char sign,
        boolean alternate,
        boolean zero,
        int width,
        char grouping,
        int precision,
        char type) {

    static FormatSpec parse(Machine machine, String spec) {
        int at = 0;
        int fill = ' ';
        char align = 0;
        int first = spec.isEmpty() ? 0 : Character.charCount(spec.codePointAt(0));
        if (first < spec.length() && "<>=^".indexOf(spec.charAt(first)) >= 0) {
            fill = spec.codePointAt(0);
            align = spec.charAt(first);
            at = first + 1;
        } else if (!spec.isEmpty() && "<>=^".indexOf(spec.charAt(0)) >= 0) {
            align = spec.charAt(at++);
        }
        char sign = at < spec.length() && "+- ".indexOf(spec.charAt(at)) >= 0 ? spec.charAt(at++) : '-';
        boolean alternate = at < spec.length() && spec.charAt(at) == '#';
        at += alternate ? 1 : 0;
        boolean zero = at < spec.length() && spec.charAt(at) == '0';
        at += zero ? 1 : 0;
        int widthEnd = digitsEnd(spec, at);
        int width = number(machine, spec, at, widthEnd, 0);
        at = widthEnd;
        char grouping = at < spec.length() && ",_".indexOf(spec.charAt(at)) >= 0 ? spec.charAt(at++) : 0;
        int precision = -1;
        if (at < spec.length() && spec.charAt(at) == '.') {
            int end = digitsEnd(spec, at + 1);
            if (end == at + 1) {
                throw machine.error("Format specifier missing precision");
            }
            precision = number(machine, spec, at + 1, end, -1);
            at = end;
        }
        char type = at < spec.length() ? spec.charAt(at++) : 0;
        if (at < spec.length()) {
            throw machine.error("Invalid format specifier");
        }
        boolean padsZeros = zero && align == 0;
        return new FormatSpec(
                padsZeros ? '0' : fill,
                padsZeros ? '=' : align,
                sign,
                alternate,
                zero,
                width,
                grouping,
                precision,
                type);
    }

    private static int digitsEnd(String spec, int from) {
        int at = from;
        while (at < spec.length() && Characters.isAsciiDigit(spec.charAt(at))) {
            at++;
        }
        return at;
    }

    private static int number(Machine machine, String spec, int from, int to, int otherwise) {
        if (from == to) {
            return otherwise;
        }
        if (to - from > 9) {
            throw machine.limit("a format's width or precision has more than 9 digits");
        }
        int number = Integer.parseInt(spec, from, to, 10);
        machine.chargeText(number);
        return number;
    }

    /** {@code format(value, spec)} with a spec that is not empty; padding is trusted only if the text is. */
    Text apply(Machine machine, Value value) {
        return switch (value) {
            case Value.Str str -> string(machine, str.text());
            case Value.Real(double number) -> real(machine, number);
            case Value.Int _, Value.Bool _, Value.BigInt _ -> integer(machine, value);
            default -> throw machine.error("unsupported format string passed to %s.__format__".formatted(value.type()));
        };
    }

    private Text string(Machine machine, Text text) {
        if ((type != 0 && type != 's') || (align == '=' && !zero) || sign != '-' || alternate || grouping != 0) {
            throw machine.error("Invalid format specifier for a string");
        }
        Text cut = precision >= 0 && precision < text.length() ? text.slice(0, text.offset(precision)) : text;
        return aligned(machine, cut, align == '=' || align == 0 ? '<' : align);
    }

    private Text integer(Machine machine, Value value) {
        BigInteger number = Numbers.big(value);
        String digits = number.abs().toString(radix());
        String prefix = "";
        switch (type) {
            case 0, 'd', 'n' -> {}
            case 'b', 'o', 'x' -> prefix = alternate ? "0" + type : "";
            case 'X' -> {
                digits = digits.toUpperCase(Locale.ROOT);
                prefix = alternate ? "0X" : "";
            }
            case 'c' -> {
                if (number.signum() < 0 || number.bitLength() > 21 || !Character.isValidCodePoint(number.intValue())) {
                    throw machine.error("%c arg not in range(0x110000)");
                }
                return aligned(
                        machine, Text.untrusted(Character.toString(number.intValue())), align == 0 ? '<' : align);
            }
            case 'e', 'E', 'f', 'F', 'g', 'G', '%' -> {
                return real(machine, Numbers.real(machine, value));
            }
            default -> throw unknown(machine, value);
        }
        if (precision >= 0) {
            throw machine.error("Precision not allowed in integer format specifier");
        }
        return numeric(machine, number.signum() < 0, prefix, digits, "", type == 0 || type == 'd' ? 3 : 4);
    }

    private int radix() {
        return switch (type) {
            case 'b' -> 2;
            case 'o' -> 8;
            case 'x', 'X' -> 16;
            default -> 10;
        };
    }

    private TemplateException unknown(Machine machine, Value value) {
        return machine.error("Unknown format code '%c' for object of type '%s'".formatted(type, value.type()));
    }

    private Text real(Machine machine, double number) {
        boolean negative = Double.doubleToRawLongBits(number) < 0 && !Double.isNaN(number);
        double magnitude = Math.abs(number);
        String text;
        if (Double.isNaN(magnitude) || Double.isInfinite(magnitude)) {
            text = (Double.isNaN(magnitude) ? "nan" : "inf") + (type == '%' ? "%" : "");
        } else {
            int digits = precision < 0 ? 6 : precision;
            text = switch (type) {
                case 0 -> precision < 0 ? PythonRepr.real(magnitude) : general(magnitude, precision, true);
                case 'f', 'F' -> fixed(magnitude, digits);
                case 'e', 'E' -> exponent(magnitude, digits);
                case 'g', 'G', 'n' -> general(magnitude, digits, false);
                case '%' -> fixed(magnitude * 100, digits) + "%";
                default -> throw unknown(machine, new Value.Real(number));
            };
        }
        text = Character.isUpperCase(type) ? text.toUpperCase(Locale.ROOT) : text;
        int whole = 0;
        while (whole < text.length() && Characters.isAsciiDigit(text.charAt(whole))) {
            whole++;
        }
        return numeric(machine, negative, "", text.substring(0, whole), text.substring(whole), 3);
    }

    static String fixed(double magnitude, int digits) {
        return new BigDecimal(magnitude)
                .setScale(digits, RoundingMode.HALF_EVEN)
                .toPlainString();
    }

    private static String exponent(double magnitude, int digits) {
        BigDecimal rounded = new BigDecimal(magnitude).round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
        String unscaled = rounded.unscaledValue().toString();
        int exponent = rounded.signum() == 0 ? 0 : unscaled.length() - rounded.scale() - 1;
        String padded = unscaled + "0".repeat(Math.max(0, digits + 1 - unscaled.length()));
        String fraction = digits == 0 ? "" : "." + padded.substring(1, digits + 1);
        return "%c%se%c%02d".formatted(padded.charAt(0), fraction, exponent < 0 ? '-' : '+', Math.abs(exponent));
    }

    /** Fixed or with an exponent, whichever is shorter to read, and without trailing zeros. */
    private String general(double magnitude, int precision, boolean keepsFraction) {
        int digits = Math.max(1, precision);
        BigDecimal rounded = new BigDecimal(magnitude).round(new MathContext(digits, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        boolean scientific = exponent < -4 || exponent >= (keepsFraction ? digits - 1 : digits);
        if (keepsFraction && exponent >= digits) {
            scientific = true;
        }
        if (scientific) {
            String text = exponent(magnitude, digits - 1);
            int e = text.indexOf('e');
            return alternate ? text : withoutZeros(text.substring(0, e)) + text.substring(e);
        }
        String text = rounded.setScale(Math.max(0, digits - 1 - exponent), RoundingMode.HALF_EVEN)
                .toPlainString();
        String shortened = alternate ? text : withoutZeros(text);
        return keepsFraction && shortened.indexOf('.') < 0 ? shortened + ".0" : shortened;
    }

    private static String withoutZeros(String text) {
        if (text.indexOf('.') < 0) {
            return text;
        }
        int end = text.length();
        while (text.charAt(end - 1) == '0') {
            end--;
        }
        return text.substring(0, text.charAt(end - 1) == '.' ? end - 1 : end);
    }

    private Text numeric(Machine machine, boolean negative, String prefix, String whole, String rest, int group) {
        String lead = (negative ? "-" : sign == '-' ? "" : String.valueOf(sign)) + prefix;
        String digits = grouping == 0 ? whole : grouped(whole, group);
        int missing = width - lead.length() - digits.length() - rest.length();
        if (align == '=' && missing > 0) {
            String padding = Character.toString(fill).repeat(missing);
            if (grouping != 0 && fill == '0') {
                digits = grouped("0".repeat(missing) + whole, group);
                int excess = lead.length() + digits.length() + rest.length() - width;
                digits = digits.substring(Math.max(0, excess));
                digits = digits.charAt(0) == grouping ? "0" + digits : digits;
            } else {
                digits = padding + digits;
            }
        }
        return aligned(machine, Text.trusted(lead + digits + rest), align == '=' || align == 0 ? '>' : align);
    }

    private String grouped(String digits, int size) {
        StringBuilder grouped = new StringBuilder(digits);
        for (int at = digits.length() - size; at > 0; at -= size) {
            grouped.insert(at, grouping);
        }
        return grouped.toString();
    }

    private Text aligned(Machine machine, Text text, char alignment) {
        int missing = Math.max(0, width - text.length());
        return switch (alignment) {
            case '<' -> Strings.pad(machine, text, 0, missing, fill);
            case '^' -> Strings.pad(machine, text, missing / 2, missing - missing / 2, fill);
            default -> Strings.pad(machine, text, missing, 0, fill);
        };
    }
}
