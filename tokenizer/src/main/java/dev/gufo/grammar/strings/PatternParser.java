package dev.gufo.grammar.strings;

import static dev.gufo.grammar.strings.CharacterClasses.union;

import dev.gufo.grammar.CodePoints;
import dev.gufo.grammar.Gbnf;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the regular part of ECMAScript's patterns: literals, {@code .}, classes, escapes, groups, alternatives,
 * quantifiers and anchors. Assertions about what is around, back-references, Unicode properties and word boundaries are
 * refused.
 */
public final class PatternParser {
    private static final int MOST_NESTING = 100;
    private static final int END = -1;

    private final int[] text;
    private final boolean wide;
    private int position;
    private int nesting;

    private PatternParser(String pattern, boolean wide) {
        this.text = pattern.codePoints().toArray();
        this.wide = wide;
    }

    /** Reads {@code pattern}, its {@link CharacterClasses} widely or narrowly; throws {@link PatternException}. */
    public static PatternNode parse(String pattern, boolean wide) {
        PatternParser parser = new PatternParser(pattern, wide);
        PatternNode node = parser.choice();
        if (parser.position < parser.text.length) {
            throw new PatternException("has an unmatched ')'");
        }
        return node;
    }

    private int current() {
        return position < text.length ? text[position] : END;
    }

    private boolean skip(int expected) {
        boolean here = current() == expected;
        position += here ? 1 : 0;
        return here;
    }

    private PatternNode choice() {
        List<PatternNode> alternatives = new ArrayList<>();
        do {
            alternatives.add(sequence());
        } while (skip('|'));
        return alternatives.size() == 1 ? alternatives.getFirst() : new PatternNode.Alternation(alternatives);
    }

    private PatternNode sequence() {
        List<PatternNode> parts = new ArrayList<>();
        while (current() != END && current() != '|' && current() != ')') {
            parts.add(quantified(atom()));
        }
        return parts.size() == 1 ? parts.getFirst() : new PatternNode.Sequence(parts);
    }

    private PatternNode atom() {
        int c = text[position++];
        return switch (c) {
            case '^' -> new PatternNode.Start();
            case '$' -> new PatternNode.End();
            case '(' -> group();
            case '[' -> new PatternNode.OneOf(characterClass());
            case '.' -> new PatternNode.OneOf(CharacterClasses.dot(wide));
            case '\\' -> new PatternNode.OneOf(escape(wide));
            case '*', '+', '?' -> throw new PatternException("has a quantifier '%c' after nothing".formatted(c));
            case '{', '}', ']' -> throw new PatternException("has a '%c' that must be escaped".formatted(c));
            default -> one(c);
        };
    }

    private static PatternNode one(int c) {
        return new PatternNode.OneOf(CharacterClasses.ranges(c, c));
    }

    private PatternNode group() {
        if (skip('?')) {
            int kind = current();
            position++;
            int after = current();
            if (kind == '<' && after != '=' && after != '!') {
                skipGroupName();
            } else if (kind != ':') {
                throw new PatternException("looks around, which is not supported");
            }
        }
        if (++nesting > MOST_NESTING) {
            throw new PatternException("is nested deeper than %d".formatted(MOST_NESTING));
        }
        PatternNode inside = choice();
        nesting--;
        if (!skip(')')) {
            throw new PatternException("has an unmatched '('");
        }
        return inside;
    }

    private void skipGroupName() {
        while (!skip('>')) {
            if (current() == END) {
                throw new PatternException("has a group whose name does not end");
            }
            position++;
        }
    }

    private PatternNode quantified(PatternNode operand) {
        int least;
        int most;
        if (skip('*')) {
            least = 0;
            most = Gbnf.UNBOUNDED;
        } else if (skip('+')) {
            least = 1;
            most = Gbnf.UNBOUNDED;
        } else if (skip('?')) {
            least = 0;
            most = 1;
        } else if (skip('{')) {
            least = number();
            most = !skip(',') ? least : current() == '}' ? Gbnf.UNBOUNDED : number();
            if (!skip('}') || most < least) {
                throw new PatternException("has a malformed quantifier");
            }
        } else {
            return operand;
        }
        if (operand instanceof PatternNode.Start || operand instanceof PatternNode.End) {
            throw new PatternException("repeats an anchor");
        }
        skip('?'); // whether a quantifier is greedy makes no difference to what matches
        return new PatternNode.Repetition(operand, least, most);
    }

    private int number() {
        int start = position;
        int value = 0;
        while (current() >= '0' && current() <= '9' && position - start < 6) {
            value = value * 10 + current() - '0';
            position++;
        }
        if (position == start || (current() >= '0' && current() <= '9')) {
            throw new PatternException("has a malformed or too large quantifier");
        }
        return value;
    }

    private CodePoints characterClass() {
        boolean negated = skip('^');
        // What a negated class excludes is read the other way, so that what is left is narrow (or wide) again.
        CodePoints set = CharacterClasses.ranges();
        boolean widely = negated != wide;
        while (!skip(']')) {
            if (current() == END) {
                throw new PatternException("has a class without an end");
            }
            CodePoints first = classAtom(widely);
            boolean range = current() == '-' && position + 1 < text.length && text[position + 1] != ']';
            if (range) {
                position++;
                first = range(first, classAtom(widely));
            }
            set = union(set, first);
        }
        return negated ? set.complement() : set;
    }

    private static CodePoints range(CodePoints from, CodePoints to) {
        if (from.ranges() != 1
                || to.ranges() != 1
                || from.first(0) != from.last(0)
                || to.first(0) != to.last(0)
                || from.first(0) > to.first(0)) {
            throw new PatternException("has a malformed range in a class");
        }
        return CharacterClasses.ranges(from.first(0), to.first(0));
    }

    private CodePoints classAtom(boolean widely) {
        if (current() == END) {
            throw new PatternException("has a class without an end");
        }
        int c = text[position++];
        if (c != '\\') {
            return CharacterClasses.ranges(c, c);
        }
        if (current() == 'b' || current() == '-') {
            c = text[position++];
            return c == 'b' ? CharacterClasses.ranges('\b', '\b') : CharacterClasses.ranges('-', '-');
        }
        return escape(widely);
    }

    private CodePoints escape(boolean widely) {
        if (current() == END) {
            throw new PatternException("ends with a backslash");
        }
        int c = text[position++];
        CodePoints named = CharacterClasses.escape(c, widely);
        if (named != null) {
            return named;
        }
        int escaped = switch (c) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'f' -> '\f';
            case 'v' -> 0x0B;
            case 'x' -> hex(2);
            case 'u' -> unicode();
            case 'c' -> control();
            default -> plain(c);
        };
        return CharacterClasses.ranges(escaped, escaped);
    }

    private int plain(int c) {
        if (c == '0' && !(current() >= '0' && current() <= '9')) {
            return 0;
        }
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
            throw new PatternException("has the escape \\%c, which is not supported".formatted(c));
        }
        return c;
    }

    private int control() {
        int c = current();
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
            throw new PatternException("has a malformed escape \\c");
        }
        position++;
        return c & 31;
    }

    private int unicode() {
        if (skip('{')) {
            int start = position;
            int value = 0;
            while (current() != '}' && position - start < 6) {
                value = value << 4 | digit();
            }
            if (position == start || !skip('}') || value > Character.MAX_CODE_POINT) {
                throw new PatternException("has a malformed escape \\u{}");
            }
            return value;
        }
        int high = hex(4);
        boolean pair = Character.isHighSurrogate((char) high)
                && current() == '\\'
                && position + 1 < text.length
                && text[position + 1] == 'u';
        if (!pair) {
            return high;
        }
        position += 2;
        return Character.toCodePoint((char) high, (char) hex(4));
    }

    private int hex(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            value = value << 4 | digit();
        }
        return value;
    }

    private int digit() {
        int digit = current() >= 0 && current() < 0x80 ? Character.digit(current(), 16) : -1;
        if (digit < 0) {
            throw new PatternException("has a malformed hexadecimal escape");
        }
        position++;
        return digit;
    }
}
