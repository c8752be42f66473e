package dev.gufo.template;

import static java.util.Map.entry;

import dev.gufo.template.Expr.Filter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters that lay text out in lines and columns. */
final class LayoutFilters {
    private static final int PRINT_WIDTH = 80;
    private static final int TRUNCATE_LEEWAY = 5;

    static final Map<String, Filter> FILTERS = Map.ofEntries(
            entry("center", LayoutFilters::center),
            entry("indent", LayoutFilters::indent),
            entry("truncate", LayoutFilters::truncate),
            entry("wordwrap", LayoutFilters::wordWrap),
            entry("wordcount", LayoutFilters::wordCount),
            entry("pprint", LayoutFilters::prettyPrint));

    private LayoutFilters() {}

    private static Value center(Machine machine, Value value, Arguments arguments) {
        int width = Numbers.argument(machine, arguments.bind(machine, "center", 0, "width")[0], 80);
        Value.Str str = TextFilters.soft(machine, value);
        return str.with(Strings.center(machine, str.text(), width, ' '));
    }

    private static boolean flag(@Nullable Value value, boolean otherwise) {
        return value == null ? otherwise : Comparison.truth(value);
    }

    private static Value indent(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "indent", 0, "width", "first", "blank");
        Value.Str str = StringMethods.string(machine, value);
        Text indention = indention(machine, str, bound[0]);
        boolean blank = flag(bound[2], false);
        Text.Builder source = new Text.Builder();
        source.append(str.text());
        source.append("\n", str.text().allTrusted());
        List<Text> lines = Strings.splitLines(source.build(), false);
        Text.Builder out = new Text.Builder();
        if (flag(bound[1], false)) {
            out.append(indention);
        }
        machine.chargeText(str.text().units());
        for (int i = 0; i < lines.size(); i++) {
            if (i > 0) {
                out.append("\n", true);
                out.append(blank || !lines.get(i).isEmpty() ? indention : Text.EMPTY);
            }
            out.append(lines.get(i));
            machine.charge(1 + indention.units() / 64);
            machine.checkOutput(out.units());
        }
        return str.with(out.build());
    }

    private static Text indention(Machine machine, Value.Str str, Value width) {
        if (width instanceof Value.Str given) {
            return str.markup() ? Html.escape(machine, given) : given.text();
        }
        int blanks = Math.max(0, Numbers.argument(machine, width, 4));
        machine.chargeText(blanks);
        return Text.trusted(" ".repeat(blanks));
    }

    private static Value truncate(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "truncate", 0, "length", "killwords", "end", "leeway");
        int length = Numbers.argument(machine, bound[0], 255);
        Value.Str end = bound[2] == null ? Value.trusted("...") : StringMethods.string(machine, bound[2]);
        int leeway = Numbers.optional(machine, bound[3], TRUNCATE_LEEWAY);
        int kept = length - end.text().length();
        if (kept < 0 || leeway < 0) {
            throw machine.error("truncate needs a length of at least that of its end, and no negative leeway");
        }
        if (Sequences.length(machine, value) <= (long) length + leeway) {
            return value;
        }
        Value.Str str = StringMethods.string(machine, value);
        Text text = str.text();
        Text cut = text.slice(0, text.offset(kept));
        if (!flag(bound[1], false)) {
            cut = Strings.splitFromRight(cut, " ", 1).getFirst();
        }
        return Arithmetic.concat(machine, str.with(cut), end);
    }

    private static Value wordCount(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "wordcount", 0);
        String chars = TextFilters.soft(machine, value).chars();
        machine.chargeText(chars.length());
        int words = 0;
        boolean inWord = false;
        for (int at = 0; at < chars.length(); at += Character.charCount(chars.codePointAt(at))) {
            boolean word = Characters.isWord(chars.codePointAt(at));
            words += word && !inWord ? 1 : 0;
            inWord = word;
        }
        return Value.of(words);
    }

    /**
     * What fits on one line prints as pprint prints it; how it breaks lines is not reproduced, so anything wider fails.
     */
    private static Value prettyPrint(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "pprint", 0);
        Text text = PythonRepr.repr(machine, value, true);
        if (text.length() > PRINT_WIDTH) {
            throw machine.error("pprint of more than %d columns is not supported".formatted(PRINT_WIDTH));
        }
        return Value.of(text);
    }

    private static Value wordWrap(Machine machine, Value value, Arguments arguments) {
        Value[] bound =
                arguments.bind(machine, "wordwrap", 0, "width", "break_long_words", "wrapstring", "break_on_hyphens");
        int width = Numbers.argument(machine, bound[0], 79);
        if (width <= 0) {
            throw machine.error("invalid width %d (must be > 0)".formatted(width));
        }
        boolean breakWords = flag(bound[1], true);
        boolean breakHyphens = flag(bound[3], true);
        Text newline = bound[2] == null || bound[2] instanceof Value.None
                ? Text.trusted("\n")
                : StringMethods.string(machine, bound[2]).text();
        Text text = StringMethods.string(machine, value).text();
        machine.chargeText(text.units() * 2L);
        List<Text> lines = new ArrayList<>();
        for (Text paragraph : Strings.splitLines(text, false)) {
            List<Text> wrapped = wrap(machine, paragraph, width, breakWords, breakHyphens);
            lines.add(Strings.join(machine, newline, wrapped));
        }
        return Value.of(Strings.join(machine, newline, lines));
    }

    /** One paragraph: whole words while they fit, longer words cut if they may be. */
    private static List<Text> wrap(Machine machine, Text paragraph, int width, boolean breakWords, boolean hyphens) {
        List<Text> lines = new ArrayList<>();
        machine.charge(4L * paragraph.units());
        List<Text> pending = new ArrayList<>(chunks(paragraph, hyphens).reversed());
        while (!pending.isEmpty()) {
            List<Text> line = new ArrayList<>();
            int length = 0;
            if (!lines.isEmpty() && isBlank(pending.getLast())) {
                pending.removeLast();
            }
            while (!pending.isEmpty() && length + pending.getLast().length() <= width) {
                length += pending.getLast().length();
                line.add(pending.removeLast());
            }
            if (!pending.isEmpty() && pending.getLast().length() > width) {
                breakWord(pending, line, breakWords ? Math.max(1, width - length) : 0, hyphens);
            }
            if (!line.isEmpty() && isBlank(line.getLast())) {
                line.removeLast();
            }
            if (!line.isEmpty()) {
                lines.add(Strings.join(machine, Text.EMPTY, line));
            }
        }
        return lines;
    }

    private static void breakWord(List<Text> pending, List<Text> line, int room, boolean hyphens) {
        if (room == 0) {
            if (line.isEmpty()) {
                line.add(pending.removeLast());
            }
            return;
        }
        Text word = pending.removeLast();
        int end = word.offset(room);
        if (hyphens && word.length() > room) {
            int hyphen = word.chars().lastIndexOf('-', end - 1);
            boolean letterBefore =
                    word.chars().substring(0, Math.max(0, hyphen)).chars().anyMatch(c -> c != '-');
            end = hyphen > 0 && letterBefore ? hyphen + 1 : end;
        }
        line.add(word.slice(0, end));
        if (end < word.units()) {
            pending.add(word.slice(end, word.units()));
        }
    }

    private static boolean isBlank(Text chunk) {
        return Characters.skipSpace(chunk.chars(), 0) == chunk.units();
    }

    /** Runs of blanks, and words; a hyphen between letters ends a chunk. */
    private static List<Text> chunks(Text paragraph, boolean hyphens) {
        List<Text> chunks = new ArrayList<>();
        String chars = paragraph.chars();
        int from = 0;
        for (int at = 1; at <= chars.length(); at++) {
            boolean ends = at == chars.length()
                    || Characters.isSpace(chars.charAt(at)) != Characters.isSpace(chars.charAt(at - 1))
                    || (hyphens && isBreak(chars, at));
            if (ends) {
                chunks.add(paragraph.slice(from, at));
                from = at;
            }
        }
        return chunks;
    }

    private static boolean isBreak(String chars, int at) {
        return at >= 3
                && at + 1 < chars.length()
                && chars.charAt(at - 1) == '-'
                && Character.isLetter(chars.charAt(at - 2))
                && Characters.isWord(chars.charAt(at - 3))
                && Characters.isWord(chars.charAt(at))
                && Character.isLetter(chars.charAt(at + 1));
    }
}
