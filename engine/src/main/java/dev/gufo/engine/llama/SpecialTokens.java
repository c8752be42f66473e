package dev.gufo.engine.llama;

import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds control tokens in a prompt, in trusted segments only: what a user types is never one. Where several begin at
 * the same character the longest wins. Immutable.
 *
 * <p>Some files mark the tokens that structure a chat as user-defined, and llama.cpp finds those in any text. So where
 * the request brought, wholly or in part, a user-defined token that the template itself writes, the text is cut behind
 * its first character, and both sides are tokenized apart. Other user-defined tokens, such as runs of spaces, are left
 * alone.
 */
public final class SpecialTokens {
    /**
     * A token to find by its name.
     *
     * @param text as the vocabulary has it
     * @param stripsLeft swallows white space before it
     * @param stripsRight swallows white space after it
     */
    public record Entry(String text, int id, boolean stripsLeft, boolean stripsRight) {}

    /** A stretch of a prompt. */
    public sealed interface Part {
        /** A special token. */
        record Token(int id) implements Part {}

        /** Text without special tokens, never empty. */
        record Text(String text) implements Part {}
    }

    private static final char TRUSTED = 't';
    private static final char UNTRUSTED = 'u';

    private final Map<Character, List<Entry>> control;
    private final Map<Character, List<Entry>> userDefined;

    /**
     * Finds these tokens.
     *
     * @param control tokens that only a trusted text can hold
     * @param userDefined tokens that llama.cpp finds in every text
     */
    public SpecialTokens(List<Entry> control, List<Entry> userDefined) {
        this.control = byFirst(control);
        this.userDefined = byFirst(userDefined);
    }

    private static Map<Character, List<Entry>> byFirst(List<Entry> entries) {
        Map<Character, List<Entry>> byFirst = new HashMap<>();
        for (Entry entry : entries) {
            if (!entry.text().isEmpty()) {
                byFirst.computeIfAbsent(entry.text().charAt(0), c -> new ArrayList<>())
                        .add(entry);
            }
        }
        byFirst.values()
                .forEach(list -> list.sort(
                        Comparator.comparingInt((Entry e) -> e.text().length()).reversed()));
        return byFirst;
    }

    /** The prompt as text and special tokens, in order. */
    public List<Part> split(Rendering prompt) {
        Stretch stretch = new Stretch(byFirst(structural(prompt)));
        for (Segment segment : prompt.segments()) {
            int from = 0;
            if (segment.trusted()) {
                for (int at = 0; at < segment.text().length(); ) {
                    Entry found = longestAt(control, segment.text(), at);
                    if (found == null) {
                        at++;
                        continue;
                    }
                    stretch.append(segment.text().substring(from, at), TRUSTED);
                    stretch.end(found);
                    at += found.text().length();
                    from = at;
                }
            }
            stretch.append(segment.text().substring(from), segment.trusted() ? TRUSTED : UNTRUSTED);
        }
        stretch.flush(false);
        return stretch.parts;
    }

    /** The user-defined tokens that the template writes. */
    private List<Entry> structural(Rendering prompt) {
        Set<Entry> found = new LinkedHashSet<>();
        for (Segment segment : prompt.segments()) {
            for (int at = 0; segment.trusted() && at < segment.text().length(); at++) {
                Entry entry = longestAt(userDefined, segment.text(), at);
                if (entry != null && !entry.text().isBlank()) {
                    found.add(entry);
                }
            }
        }
        return List.copyOf(found);
    }

    private static @Nullable Entry longestAt(Map<Character, List<Entry>> entries, CharSequence text, int at) {
        for (Entry entry : entries.getOrDefault(text.charAt(at), List.of())) {
            int end = at + entry.text().length();
            if (end <= text.length() && CharSequence.compare(entry.text(), text.subSequence(at, end)) == 0) {
                return entry;
            }
        }
        return null;
    }

    /** The text between two control tokens in the making, and of each of its characters where it came from. */
    private static final class Stretch {
        private final Map<Character, List<Entry>> structural;
        private final List<Part> parts = new ArrayList<>();
        private final StringBuilder text = new StringBuilder();
        private final StringBuilder origins = new StringBuilder();
        private boolean stripLeading;

        Stretch(Map<Character, List<Entry>> structural) {
            this.structural = structural;
        }

        void append(String more, char origin) {
            text.append(more);
            origins.repeat(origin, more.length());
        }

        void end(Entry token) {
            flush(token.stripsLeft());
            parts.add(new Part.Token(token.id()));
            stripLeading = token.stripsRight();
        }

        void flush(boolean stripTrailing) {
            int from = 0;
            int to = text.length();
            while (stripLeading && from < to && Character.isWhitespace(text.charAt(from))) {
                from++;
            }
            while (stripTrailing && from < to && Character.isWhitespace(text.charAt(to - 1))) {
                to--;
            }
            for (int at = from; at < to && !structural.isEmpty(); at++) {
                Entry entry = longestAt(structural, text, at);
                int end = entry == null ? at : at + entry.text().length();
                if (end > at + 1 && origins.substring(at, end).indexOf(UNTRUSTED) >= 0) {
                    parts.add(new Part.Text(text.substring(from, at + 1)));
                    from = at + 1;
                }
            }
            if (from < to) {
                parts.add(new Part.Text(text.substring(from, to)));
            }
            text.setLength(0);
            origins.setLength(0);
        }
    }
}
