package dev.gufo.engine.llama;

import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds control tokens in a prompt, in trusted segments only: what a user types is never one. Where several begin at the same
 * character the longest wins. Immutable.
 */
final class SpecialTokens {
    /**
     * @param text as the vocabulary has it
     * @param stripsLeft swallows white space before it
     * @param stripsRight swallows white space after it
     */
    record Entry(String text, int id, boolean stripsLeft, boolean stripsRight) {}

    /** A stretch of a prompt. */
    sealed interface Part {
        /** A special token. */
        record Token(int id) implements Part {}

        /** Text without special tokens, never empty. */
        record Text(String text) implements Part {}
    }

    private final Map<Character, List<Entry>> byFirst = new HashMap<>();

    SpecialTokens(List<Entry> entries) {
        for (Entry entry : entries) {
            if (!entry.text().isEmpty()) {
                byFirst.computeIfAbsent(entry.text().charAt(0), c -> new ArrayList<>())
                        .add(entry);
            }
        }
        byFirst.values()
                .forEach(list -> list.sort(
                        Comparator.comparingInt((Entry e) -> e.text().length()).reversed()));
    }

    /** The prompt as text and special tokens, in order. */
    List<Part> split(Rendering prompt) {
        List<Part> parts = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        boolean stripNext = false;
        for (Segment segment : prompt.segments()) {
            int from = 0;
            if (segment.trusted()) {
                for (int at = 0; at < segment.text().length(); ) {
                    Entry found = longestAt(segment.text(), at);
                    if (found == null) {
                        at++;
                        continue;
                    }
                    text.append(segment.text(), from, at);
                    flush(text, stripNext, found.stripsLeft(), parts);
                    parts.add(new Part.Token(found.id()));
                    stripNext = found.stripsRight();
                    at += found.text().length();
                    from = at;
                }
            }
            text.append(segment.text(), from, segment.text().length());
        }
        flush(text, stripNext, false, parts);
        return parts;
    }

    private Entry longestAt(String text, int at) {
        for (Entry entry : byFirst.getOrDefault(text.charAt(at), List.of())) {
            if (text.startsWith(entry.text(), at)) {
                return entry;
            }
        }
        return null;
    }

    private static void flush(StringBuilder text, boolean stripLeading, boolean stripTrailing, List<Part> parts) {
        String plain = text.toString();
        plain = stripLeading ? plain.stripLeading() : plain;
        plain = stripTrailing ? plain.stripTrailing() : plain;
        if (!plain.isEmpty()) {
            parts.add(new Part.Text(plain));
        }
        text.setLength(0);
    }
}
