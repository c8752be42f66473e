package dev.gufo.grammar;

import java.util.ArrayList;
import java.util.List;

/**
 * The right side of a rule that is being made: knows when it is impossible, and how it is written. Shallow; depth lies
 * in references.
 */
public sealed interface Gbnf {
    int UNBOUNDED = Integer.MAX_VALUE;

    record Literal(String text) implements Gbnf {}

    record OneOf(CodePoints set) implements Gbnf {}

    record Reference(String rule) implements Gbnf {}

    record Sequence(List<Gbnf> parts) implements Gbnf {
        public static final Gbnf EMPTY = new Sequence(List.of());
    }

    /** Any of the alternatives; nothing at all if there are none. */
    record Alternation(List<Gbnf> alternatives) implements Gbnf {
        public static final Gbnf NEVER = new Alternation(List.of());
    }

    record Repetition(Gbnf operand, int least, int most) implements Gbnf {}

    static Gbnf literal(String text) {
        return text.isEmpty() ? Sequence.EMPTY : new Literal(text);
    }

    static Gbnf sequence(Gbnf... parts) {
        return sequence(List.of(parts));
    }

    static Gbnf sequence(List<Gbnf> parts) {
        List<Gbnf> flat = new ArrayList<>();
        for (Gbnf part : parts) {
            if (part.equals(Alternation.NEVER)) {
                return Alternation.NEVER;
            }
            if (part instanceof Sequence inner) {
                flat.addAll(inner.parts);
            } else {
                flat.add(part);
            }
        }
        return flat.size() == 1 ? flat.getFirst() : new Sequence(flat);
    }

    static Gbnf choice(List<Gbnf> alternatives) {
        List<Gbnf> flat = new ArrayList<>();
        for (Gbnf alternative : alternatives) {
            if (alternative instanceof Alternation inner) {
                flat.addAll(inner.alternatives);
            } else {
                flat.add(alternative);
            }
        }
        return flat.size() == 1 ? flat.getFirst() : new Alternation(flat);
    }

    static Gbnf repeated(Gbnf operand, int least, int most) {
        if (most == 0 || operand.equals(Sequence.EMPTY)) {
            return Sequence.EMPTY;
        }
        if (operand.equals(Alternation.NEVER)) {
            return least == 0 ? Sequence.EMPTY : Alternation.NEVER;
        }
        return least == 1 && most == 1 ? operand : new Repetition(operand, least, most);
    }

    static Gbnf optional(Gbnf operand) {
        return repeated(operand, 0, 1);
    }

    /** About how many states a matcher needs for it. */
    default long states() {
        return switch (this) {
            case Literal literal -> literal.text.length();
            case OneOf one -> one.set.isAscii() ? 1 : 8;
            case Reference _ -> 1;
            case Sequence sequence ->
                sequence.parts.stream().mapToLong(Gbnf::states).sum();
            case Alternation alternation ->
                1 + alternation.alternatives.stream().mapToLong(Gbnf::states).sum();
            case Repetition repetition ->
                repetition.operand.states() * (repetition.most == UNBOUNDED ? repetition.least + 1L : repetition.most);
        };
    }
}
