package dev.gufo.grammar.schema;

import static dev.gufo.grammar.Gbnf.literal;
import static dev.gufo.grammar.Gbnf.optional;
import static dev.gufo.grammar.Gbnf.repeated;
import static dev.gufo.grammar.Gbnf.sequence;
import static java.util.Objects.requireNonNull;

import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.strings.PatternException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Rules for arrays: first items one by one, then a counted repetition. */
final class ArrayRules {
    private final RuleSet rules;
    private final Layout layout;
    private final SchemaLimits limits;
    private final Function<List<SchemaNode>, Gbnf> values;
    private final Items items;

    /** What is asked about items that must not be equal. */
    interface Items {
        /** The texts of the values that satisfy all of some schemas, if these are a few; empty if they are not. */
        Optional<List<Gbnf>> all(List<SchemaNode> schemas);

        /** Whether no value satisfies both, for sure. */
        boolean differ(List<SchemaNode> one, List<SchemaNode> other);
    }

    /** Takes items' rules from {@code values}: the rule for what satisfies all of some schemas. */
    ArrayRules(
            RuleSet rules, Layout layout, SchemaLimits limits, Function<List<SchemaNode>, Gbnf> values, Items items) {
        this.rules = rules;
        this.layout = layout;
        this.limits = limits;
        this.values = values;
        this.items = items;
    }

    Gbnf of(Shape.Array shape) {
        if (shape.least() > shape.most()) {
            return Gbnf.Alternation.NEVER;
        }
        if (shape.least() > limits.written().repetitions()) {
            throw shape.nodes().stream()
                    .filter(node -> node.count("minItems", 0) == shape.least())
                    .findFirst()
                    .orElseThrow()
                    .refuse(
                            "minItems",
                            "is more than %d".formatted(limits.written().repetitions()));
        }
        if (shape.unique() && shape.most() > 1) {
            Optional<Gbnf> rule = unique(shape);
            if (rule.isPresent()) {
                return rule.get();
            }
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

    /** The rule where items must differ; empty if they do in any case. */
    private Optional<Gbnf> unique(Shape.Array shape) {
        List<List<SchemaNode>> prefix = shape.prefix();
        SchemaNode node = shape.nodes().stream()
                .filter(one -> one.isTrue("uniqueItems"))
                .findFirst()
                .orElseThrow();
        if (prefix.isEmpty()) {
            Optional<List<Gbnf>> all = items.all(requireNonNull(shape.rest()));
            if (all.isPresent()) {
                try {
                    return Optional.of(UniqueItems.of(rules, layout, all.get(), shape.least(), shape.most()));
                } catch (PatternException e) {
                    throw node.refuse("uniqueItems", e.getMessage());
                }
            }
        }
        boolean apart = shape.rest() == null || shape.most() <= prefix.size();
        for (int i = 0; apart && i < Math.min(prefix.size(), shape.most()); i++) {
            for (int j = 0; apart && j < i; j++) {
                apart = items.differ(prefix.get(i), prefix.get(j));
            }
        }
        if (!apart) {
            throw node.refuse(
                    "uniqueItems",
                    "is supported for items of a few values, for tuples whose items differ, and for one item");
        }
        return Optional.empty();
    }

    /** The items after the first {@code written}. */
    private Gbnf further(Shape.Array shape, int written) {
        int least = Math.max(0, shape.least() - written);
        int most = shape.most() == Gbnf.UNBOUNDED
                ? shape.most()
                : Math.min(shape.most() - written, limits.written().repetitions());
        if (shape.rest() == null || most == 0) {
            return least > 0 ? Gbnf.Alternation.NEVER : Gbnf.Sequence.EMPTY;
        }
        Gbnf item = values.apply(requireNonNull(shape.rest()));
        Gbnf next = rules.share(sequence(layout.comma(), item));
        if (written > 0) {
            return repeated(next, least, most);
        }
        int mostNext = most == Gbnf.UNBOUNDED ? most : most - 1;
        return sequence(item, repeated(next, Math.max(0, least - 1), mostNext));
    }
}
