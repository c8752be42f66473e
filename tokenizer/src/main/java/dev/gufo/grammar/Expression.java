package dev.gufo.grammar;

import java.util.List;

/** What stands on the right of {@code ::=}. */
sealed interface Expression {
    /** {@link Repetition#most} of a repetition without an upper bound. */
    int UNBOUNDED = Integer.MAX_VALUE;

    /** These code points, one after another; none match the empty text. */
    record Literal(int[] codePoints) implements Expression {}

    /** One code point of a set. */
    record OneOf(CodePoints set) implements Expression {}

    /** What another rule matches. */
    record Reference(int rule) implements Expression {}

    /** All parts, in order. */
    record Sequence(List<Expression> parts) implements Expression {}

    /** Any of the alternatives. */
    record Alternation(List<Expression> alternatives) implements Expression {}

    /** {@code least} to {@code most} times the operand. */
    record Repetition(Expression operand, int least, int most) implements Expression {}

    /**
     * About how many states the expression needs, 0 only if it matches nothing but the empty text. Counts no further
     * than just above {@code enough}.
     */
    default int size(int enough) {
        return switch (this) {
            case Literal literal -> literal.codePoints().length;
            case OneOf oneOf -> oneOf.set().isAscii() ? 1 : 8;
            case Reference _ -> 1;
            case Sequence sequence -> sum(sequence.parts(), enough);
            case Alternation alternation -> Math.max(1, sum(alternation.alternatives(), enough));
            case Repetition repetition -> {
                int once = repetition.operand().size(enough);
                long copies = repetition.most() == UNBOUNDED ? repetition.least() + 1L : repetition.most();
                yield (int) Math.min(once * copies, enough + 1L);
            }
        };
    }

    private static int sum(List<Expression> parts, int enough) {
        int size = 0;
        for (Expression part : parts) {
            size += part.size(enough);
            if (size > enough) {
                return enough + 1;
            }
        }
        return size;
    }
}
