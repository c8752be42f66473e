package dev.gufo.grammar;

import java.util.List;

/** A regular expression as it was read. */
sealed interface PatternNode {
    record OneOf(CodePoints set) implements PatternNode {}

    record Sequence(List<PatternNode> parts) implements PatternNode {}

    record Choice(List<PatternNode> alternatives) implements PatternNode {}

    /** {@code least} to {@code most} times the operand; {@link Gbnf#UNBOUNDED} for no upper bound. */
    record Repetition(PatternNode operand, int least, int most) implements PatternNode {}

    /** {@code ^}. */
    record Start() implements PatternNode {}

    /** {@code $}. */
    record End() implements PatternNode {}
}
