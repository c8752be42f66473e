package dev.gufo.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Python's string functions, on text with provenance. Offsets are UTF-16 units. */
final class Strings {
    private Strings() {}

    static Text upper(Text text) {
        return text.map(chars -> chars.toUpperCase(Locale.ROOT));
    }

    static Text lower(Text text) {
        return text.map(chars -> chars.toLowerCase(Locale.ROOT));
    }

    static Text capitalize(Text text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = Character.charCount(text.chars().codePointAt(0));
        return join(upperFirst(text.slice(0, first)), lower(text.slice(first, text.units())));
    }

    /** In title case, where a ligature's second letter stays small. */
    private static Text upperFirst(Text character) {
        return character.map(chars -> {
            int title = Character.toTitleCase(chars.codePointAt(0));
            String upper = chars.toUpperCase(Locale.ROOT);
            if (title != chars.codePointAt(0) || upper.length() < 2 || !isCased(upper.codePointAt(0))) {
                return title != chars.codePointAt(0) ? Character.toString(title) : upper;
            }
            int first = Character.charCount(upper.codePointAt(0));
            return upper.substring(0, first) + upper.substring(first).toLowerCase(Locale.ROOT);
        });
    }

    /** Words as {@code str.title} sees them: runs of letters that have case. */
    static Text title(Text text) {
        Text.Builder titled = new Text.Builder();
        boolean inWord = false;
        int offset = 0;
        while (offset < text.units()) {
            int codePoint = text.chars().codePointAt(offset);
            int end = offset + Character.charCount(codePoint);
            Text character = text.slice(offset, end);
            titled.append(inWord ? lower(character) : upperFirst(character));
            inWord = isCased(codePoint);
            offset = end;
        }
        return titled.build();
    }

    static boolean isCased(int codePoint) {
        return Character.isUpperCase(codePoint) || Character.isLowerCase(codePoint) || Character.isTitleCase(codePoint);
    }

    static Text swapCase(Text text) {
        return text.map(chars -> {
            StringBuilder swapped = new StringBuilder(chars.length());
            chars.codePoints().forEach(codePoint -> {
                String character = Character.toString(codePoint);
                swapped.append(
                        Character.isUpperCase(codePoint)
                                ? character.toLowerCase(Locale.ROOT)
                                : character.toUpperCase(Locale.ROOT));
            });
            return swapped.toString();
        });
    }

    private static Text join(Text first, Text second) {
        Text.Builder joined = new Text.Builder();
        joined.append(first);
        joined.append(second);
        return joined.build();
    }

    /** What strip takes away: Python's spaces if {@code chars} is null. */
    static IntPredicate strippable(@Nullable String chars) {
        if (chars == null) {
            return Characters::isSpace;
        }
        if (chars.length() < 16) {
            return codePoint -> chars.indexOf(codePoint) >= 0;
        }
        Set<Integer> set = chars.codePoints().boxed().collect(Collectors.toSet());
        return set::contains;
    }

    static Text strip(Text text, IntPredicate strippable, boolean left, boolean right) {
        String chars = text.chars();
        int from = 0;
        int to = chars.length();
        while (left && from < to && strippable.test(chars.codePointAt(from))) {
            from += Character.charCount(chars.codePointAt(from));
        }
        while (right && to > from && strippable.test(chars.codePointBefore(to))) {
            to -= Character.charCount(chars.codePointBefore(to));
        }
        return text.slice(from, to);
    }

    /** The text between blanks, at most {@code max} cuts from the left, unless that is negative. */
    static List<Text> splitBlanks(Text text, int max) {
        List<Text> parts = new ArrayList<>();
        String chars = text.chars();
        int from = Characters.skipSpace(chars, 0);
        while (from < chars.length()) {
            if (max >= 0 && parts.size() >= max) {
                parts.add(text.slice(from, chars.length()));
                return parts;
            }
            int to = from;
            while (to < chars.length() && !Characters.isSpace(chars.charAt(to))) {
                to++;
            }
            parts.add(text.slice(from, to));
            from = Characters.skipSpace(chars, to);
        }
        return parts;
    }

    static List<Text> splitBlanksFromRight(Text text, int max) {
        List<Text> parts = new ArrayList<>();
        String chars = text.chars();
        int to = Characters.strippedEnd(chars, 0);
        while (to > 0) {
            if (max >= 0 && parts.size() >= max) {
                parts.addFirst(text.slice(0, to));
                return parts;
            }
            int from = to;
            while (from > 0 && !Characters.isSpace(chars.charAt(from - 1))) {
                from--;
            }
            parts.addFirst(text.slice(from, to));
            to = from;
            while (to > 0 && Characters.isSpace(chars.charAt(to - 1))) {
                to--;
            }
        }
        return parts;
    }

    /** The text between occurrences of a separator that is not empty. */
    static List<Text> split(Text text, String separator, int max) {
        List<Text> parts = new ArrayList<>();
        int from = 0;
        int found = text.chars().indexOf(separator);
        while (found >= 0 && (max < 0 || parts.size() < max)) {
            parts.add(text.slice(from, found));
            from = found + separator.length();
            found = text.chars().indexOf(separator, from);
        }
        parts.add(text.slice(from, text.units()));
        return parts;
    }

    static List<Text> splitFromRight(Text text, String separator, int max) {
        List<Text> parts = new ArrayList<>();
        int to = text.units();
        int found = text.chars().lastIndexOf(separator);
        while (found >= 0 && (max < 0 || parts.size() < max)) {
            parts.addFirst(text.slice(found + separator.length(), to));
            to = found;
            found = found < separator.length() ? -1 : text.chars().lastIndexOf(separator, found - separator.length());
        }
        parts.addFirst(text.slice(0, to));
        return parts;
    }

    static List<Text> splitLines(Text text, boolean keepEnds) {
        List<Text> lines = new ArrayList<>();
        String chars = text.chars();
        int from = 0;
        for (int i = 0; i < chars.length(); i++) {
            if (Characters.isLineBreak(chars.charAt(i))) {
                boolean pair = chars.startsWith("\r\n", i);
                int next = i + (pair ? 2 : 1);
                lines.add(text.slice(from, keepEnds ? next : i));
                from = next;
                i = next - 1;
            }
        }
        if (from < chars.length()) {
            lines.add(text.slice(from, chars.length()));
        }
        return lines;
    }

    /** Replaces at most {@code max} occurrences from the left, all if that is negative. */
    static Text replace(Machine machine, Text text, String old, Text replacement, int max) {
        machine.chargeText(text.units());
        machine.chargeSearch(text.chars(), old);
        if (old.isEmpty()) {
            return interleave(machine, text, replacement, max);
        }
        int found = text.chars().indexOf(old);
        if (found < 0 || max == 0) {
            return text;
        }
        Text.Builder replaced = new Text.Builder();
        int from = 0;
        for (int count = 0; found >= 0 && (max < 0 || count < max); count++) {
            replaced.append(text, from, found);
            replaced.append(replacement);
            machine.charge(1 + replacement.units() / 64);
            machine.checkOutput(replaced.units());
            from = found + old.length();
            found = text.chars().indexOf(old, from);
        }
        replaced.append(text, from, text.units());
        machine.checkOutput(replaced.units());
        return replaced.build();
    }

    private static Text interleave(Machine machine, Text text, Text between, int max) {
        Text.Builder interleaved = new Text.Builder();
        int from = 0;
        int count = 0;
        while (from <= text.units() && (max < 0 || count < max)) {
            machine.charge(1 + between.units() / 64);
            machine.checkOutput(interleaved.units());
            interleaved.append(between);
            count++;
            int to = from == text.units()
                    ? from + 1
                    : from + Character.charCount(text.chars().codePointAt(from));
            interleaved.append(text, from, Math.min(to, text.units()));
            from = to;
        }
        interleaved.append(text, from, text.units());
        return interleaved.build();
    }

    /** Joins with a separator between. */
    static Text join(Machine machine, Text separator, List<Text> parts) {
        Text.Builder joined = new Text.Builder();
        for (int i = 0; i < parts.size(); i++) {
            if (i > 0) {
                joined.append(separator);
            }
            Text part = parts.get(i);
            machine.chargeText(separator.units() + (long) part.units());
            machine.checkOutput(joined.units());
            joined.append(part);
        }
        machine.checkOutput(joined.units());
        return joined.build();
    }

    /**
     * Fills up with so many code points of {@code fill} on either side; they are trusted only if all of the text is.
     */
    static Text pad(Machine machine, Text text, int before, int after, int fill) {
        int left = Math.max(0, before);
        int right = Math.max(0, after);
        if (left == 0 && right == 0) {
            return text;
        }
        machine.chargeText((long) text.units() + 2L * left + 2L * right);
        Text.Builder padded = new Text.Builder();
        String character = Character.toString(fill);
        padded.append(character.repeat(left), text.allTrusted());
        padded.append(text);
        padded.append(character.repeat(right), text.allTrusted());
        return padded.build();
    }

    static Text center(Machine machine, Text text, int width, int fill) {
        int missing = Math.max(0, width - text.length());
        int left = missing / 2 + (missing & width & 1);
        return pad(machine, text, left, missing - left, fill);
    }
}
