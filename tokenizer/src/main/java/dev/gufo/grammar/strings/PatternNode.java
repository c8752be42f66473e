package dev.gufo.grammar.strings;

import dev.gufo.grammar.CodePoints;
import dev.gufo.grammar.Gbnf;
import java.util.List;

/** A regular expression as it was read. */
public sealed interface PatternNode {
    record OneOf(CodePoints set) implements PatternNode {}

    record Sequence(List<PatternNode> parts) implements PatternNode {}

    record Alternation(List<PatternNode> alternatives) implements PatternNode {}

    /** {@code least} to {@code most} times the operand; {@link Gbnf#UNBOUNDED} for no upper bound. */
    record Repetition(PatternNode operand, int least, int most) implements PatternNode {}

    /** {@code ^}. */
    record Start() implements PatternNode {}

    /** {@code $}. */
    record End() implements PatternNode {}

    /** The least number of code points that match. */
    default int least() {
        return switch (this) {
            case OneOf _ -> 1;
            case Sequence sequence ->
                sequence.parts.stream().mapToInt(PatternNode::least).sum();
            case Alternation alternation ->
                alternation.alternatives.stream()
                        .mapToInt(PatternNode::least)
                        .min()
                        .orElse(0);
            case Repetition repetition -> repetition.least * repetition.operand.least();
            case Start _, End _ -> 0;
        };
    }
}
