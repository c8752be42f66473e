package dev.gufo.grammar;

import static dev.gufo.grammar.Gbnf.literal;
import static dev.gufo.grammar.Gbnf.optional;
import static dev.gufo.grammar.Gbnf.repeated;
import static dev.gufo.grammar.Gbnf.sequence;

import java.util.List;
import java.util.function.Function;

/** Rules for arrays: first items one by one, then a counted repetition. */
final class ArrayRules {
    private final RuleSet rules;
    private final Layout layout;
    private final SchemaLimits limits;
    private final Function<List<SchemaNode>, Gbnf> values;

    /** Takes items' rules from {@code values}: the rule for what satisfies all of some schemas. */
    ArrayRules(RuleSet rules, Layout layout, SchemaLimits limits, Function<List<SchemaNode>, Gbnf> values) {
        this.rules = rules;
        this.layout = layout;
        this.limits = limits;
        this.values = values;
    }

    Gbnf of(Shape.Array shape) {
        if (shape.least() > shape.most()) {
            return Gbnf.Choice.NEVER;
        }
        if (shape.least() > limits.repetitions()) {
            throw shape.nodes().stream()
                    .filter(node -> node.count("minItems", 0) == shape.least())
                    .findFirst()
                    .orElseThrow()
                    .refuse("minItems", "is more than %d".formatted(limits.repetitions()));
        }
        int prefix = Math.min(shape.prefix().size(), shape.most());
        Gbnf content = further(shape, prefix);
        for (int i = prefix - 1; i >= 0; i--) {
            Gbnf item = values.apply(shape.prefix().get(i));
            Gbnf here = sequence(i == 0 ? Gbnf.Sequence.EMPTY : layout.comma(), item, content);
            content = i < shape.least() ? here : rules.share(optional(here));
        }
        Gbnf end = literal("]");
        if (content.equals(Gbnf.Sequence.EMPTY)) {
            return sequence(literal("["), layout.gap(), end);
        }
        Gbnf some = sequence(layout.gap(), content, layout.gap(), end);
        return sequence(
                literal("["), shape.least() > 0 ? some : Gbnf.choice(List.of(some, sequence(layout.gap(), end))));
    }

    /** The items after the first {@code written}. */
    private Gbnf further(Shape.Array shape, int written) {
        int least = Math.max(0, shape.least() - written);
        int most =
                shape.most() == Gbnf.UNBOUNDED ? shape.most() : Math.min(shape.most() - written, limits.repetitions());
        if (shape.rest() == null || most == 0) {
            return least > 0 ? Gbnf.Choice.NEVER : Gbnf.Sequence.EMPTY;
        }
        Gbnf item = values.apply(shape.rest());
        Gbnf next = rules.share(sequence(layout.comma(), item));
        if (written > 0) {
            return repeated(next, least, most);
        }
        int mostNext = most == Gbnf.UNBOUNDED ? most : most - 1;
        return sequence(item, repeated(next, Math.max(0, least - 1), mostNext));
    }
}
