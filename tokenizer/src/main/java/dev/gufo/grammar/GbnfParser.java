package dev.gufo.grammar;

import static dev.gufo.grammar.Expression.UNBOUNDED;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads GBNF as llama.cpp 0.5.0 does, by recursive descent whose depth is bounded. Of two rules with one name the later
 * counts, as there. Stricter than there: literals of tokens, empty character classes, ranges that run backwards and
 * surrogates in literals are refused, and repetition counts mean what they say however large.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md">GBNF Guide</a>
 */
final class GbnfParser {
    /** The rules of a grammar by number; {@code root} is the number of the rule to begin with. */
    record Rules(List<String> names, List<Expression> bodies, int root) {}

    /** Operators on one operand, such as {@code a?*}: each is one more level of the expression. */
    private static final int MOST_OPERATORS = 8;

    private static final int MOST_DIGITS = 9;

    private final GbnfText text;
    private final GrammarLimits limits;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> names = new ArrayList<>();
    private final List<Expression> bodies = new ArrayList<>();
    private final List<Integer> firstUses = new ArrayList<>();
    private int nesting;

    private GbnfParser(String source, GrammarLimits limits) {
        this.text = new GbnfText(source);
        this.limits = limits;
    }

    /** Parses {@code source}; throws {@link GrammarException} if it is malformed or lacks a rule. */
    static Rules parse(String source, GrammarLimits limits) {
        if (source.length() > limits.parsing().characters()) {
            throw new GrammarException("the grammar has %d characters, at most %d are read"
                    .formatted(source.length(), limits.parsing().characters()));
        }
        return new GbnfParser(source, limits).grammar();
    }

    private Rules grammar() {
        text.skipSpace(true);
        while (!text.atEnd()) {
            rule();
        }
        for (int i = 0; i < bodies.size(); i++) {
            if (bodies.get(i) == null) {
                throw text.error(firstUses.get(i), "rule '%s' is not defined".formatted(names.get(i)));
            }
        }
        Integer root = numbers.get("root");
        if (root == null) {
            throw new GrammarException("the grammar has no rule 'root'");
        }
        return new Rules(names, bodies, root);
    }

    private void rule() {
        int number = ruleNumber();
        text.skipSpace(false);
        if (!text.skip("::=")) {
            throw text.unexpected("'::=' after the name of a rule");
        }
        text.skipSpace(true);
        bodies.set(number, alternatives());
        if (!text.atEnd() && !text.is('\r') && !text.is('\n')) {
            throw text.unexpected("a line break or the end after a rule");
        }
        text.skipSpace(true);
    }

    private int ruleNumber() {
        int start = text.position();
        String name = text.name();
        Integer known = numbers.get(name);
        if (known != null) {
            return known;
        }
        if (names.size() == limits.parsing().rules()) {
            throw text.error(
                    start, "more than %d rules".formatted(limits.parsing().rules()));
        }
        numbers.put(name, names.size());
        names.add(name);
        bodies.add(null);
        firstUses.add(start);
        return names.size() - 1;
    }

    private Expression alternatives() {
        List<Expression> alternatives = new ArrayList<>();
        alternatives.add(sequence());
        while (text.skip("|")) {
            text.skipSpace(true);
            alternatives.add(sequence());
        }
        return alternatives.size() == 1 ? alternatives.getFirst() : new Expression.Alternation(alternatives);
    }

    private Expression sequence() {
        List<Expression> parts = new ArrayList<>();
        for (Expression part = operand(); part != null; part = operand()) {
            text.skipSpace(nesting > 0);
            parts.add(repeated(part));
        }
        return parts.size() == 1 ? parts.getFirst() : new Expression.Sequence(parts);
    }

    /** What an operator may follow; null where no such thing begins. */
    private @Nullable Expression operand() {
        return switch (text.current()) {
            case '"' -> literal();
            case '[' -> characterClass();
            case '(' -> group();
            case '.' -> {
                text.skip(".");
                yield new Expression.OneOf(CodePoints.ANY);
            }
            case '<', '!' -> throw text.error("literals of tokens, <...> and !<...>, are not supported");
            case '*', '+', '?', '{' ->
                throw text.error("'%c' has nothing before it to repeat".formatted(text.current()));
            default -> text.atName() ? new Expression.Reference(ruleNumber()) : null;
        };
    }

    private Expression group() {
        if (++nesting > limits.parsing().nesting()) {
            throw text.error("parentheses are nested deeper than %d"
                    .formatted(limits.parsing().nesting()));
        }
        text.skip("(");
        text.skipSpace(true);
        Expression inner = alternatives();
        if (!text.skip(")")) {
            throw text.unexpected("')'");
        }
        nesting--;
        return inner;
    }

    private Expression literal() {
        int start = text.position();
        text.skip("\"");
        int[] codePoints = new int[8];
        int length = 0;
        while (!text.skip("\"")) {
            int at = text.position();
            int codePoint = text.character(start, "literal");
            if (Character.isSurrogate((char) codePoint) && codePoint <= Character.MAX_SURROGATE) {
                throw text.error(at, "U+%04X is a surrogate, which no text contains".formatted(codePoint));
            }
            if (length == codePoints.length) {
                codePoints = Arrays.copyOf(codePoints, 2 * length);
            }
            codePoints[length++] = codePoint;
        }
        return new Expression.Literal(Arrays.copyOf(codePoints, length));
    }

    private Expression characterClass() {
        int start = text.position();
        text.skip("[");
        boolean negated = text.skip("^");
        int[] ends = new int[8];
        int length = 0;
        while (!text.skip("]")) {
            int at = text.position();
            int first = text.character(start, "character class");
            int last = first;
            if (text.is('-') && text.next() != ']') {
                text.skip("-");
                last = text.character(start, "character class");
            }
            if (last < first) {
                throw text.error(at, "the range U+%04X to U+%04X runs backwards".formatted(first, last));
            }
            if (length == ends.length) {
                ends = Arrays.copyOf(ends, 2 * length);
            }
            ends[length++] = first;
            ends[length++] = last;
        }
        if (length == 0) {
            throw text.error(start, "the character class is empty");
        }
        CodePoints set = CodePoints.of(ends, length);
        return new Expression.OneOf(negated ? set.complement() : set);
    }

    private Expression repeated(Expression operand) {
        Expression repeated = operand;
        int operators = 0;
        while (text.is('*') || text.is('+') || text.is('?') || text.is('{')) {
            if (++operators > MOST_OPERATORS) {
                throw text.error("more than %d repetitions of one operand in a row".formatted(MOST_OPERATORS));
            }
            if (text.skip("*")) {
                repeated = new Expression.Repetition(repeated, 0, UNBOUNDED);
            } else if (text.skip("+")) {
                repeated = new Expression.Repetition(repeated, 1, UNBOUNDED);
            } else if (text.skip("?")) {
                repeated = new Expression.Repetition(repeated, 0, 1);
            } else {
                repeated = counted(repeated);
            }
            text.skipSpace(nesting > 0);
        }
        return repeated;
    }

    private Expression counted(Expression operand) {
        int start = text.position();
        text.skip("{");
        text.skipSpace(nesting > 0);
        int least = text.number(MOST_DIGITS);
        int most = least;
        text.skipSpace(nesting > 0);
        if (text.skip(",")) {
            text.skipSpace(nesting > 0);
            most = text.is('}') ? UNBOUNDED : text.number(MOST_DIGITS);
            text.skipSpace(nesting > 0);
        }
        if (!text.skip("}")) {
            throw text.unexpected("'}'");
        }
        if (most < least) {
            throw text.error(start, "the repetition {%d,%d} runs backwards".formatted(least, most));
        }
        return new Expression.Repetition(operand, least, most);
    }
}
