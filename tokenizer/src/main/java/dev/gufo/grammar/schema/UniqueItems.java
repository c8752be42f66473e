package dev.gufo.grammar.schema;

import static dev.gufo.grammar.Gbnf.literal;
import static dev.gufo.grammar.Gbnf.sequence;
import static java.util.Objects.requireNonNull;

import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.strings.PatternException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Rules for arrays of which each item is another one of a few values: in any order as long as the rules for that are
 * not too many, and in the order in which the values are listed.
 */
final class UniqueItems {
    private static final int MOST_RULES = 3_000;

    private final RuleSet rules;
    private final Layout layout;
    private final List<Gbnf> values;
    private final int least;
    private final int most;
    private final Map<BitSet, Gbnf.Reference> known = new HashMap<>();
    private final List<BitSet> open = new ArrayList<>();

    private UniqueItems(RuleSet rules, Layout layout, List<Gbnf> values, int least, int most) {
        this.rules = rules;
        this.layout = layout;
        this.values = values;
        this.least = least;
        this.most = Math.min(most, values.size());
    }

    /** An array of {@code least} to {@code most} of the values, without their brackets' gaps being counted. */
    static Gbnf of(RuleSet rules, Layout layout, List<Gbnf> values, int least, int most) {
        return new UniqueItems(rules, layout, values, least, most).array();
    }

    private Gbnf array() {
        if (least > most) {
            return Gbnf.Alternation.NEVER;
        }
        List<Gbnf> ways = new ArrayList<>();
        int free = freeItems();
        if (free >= least) {
            ways.add(behind(new BitSet(), free));
            while (!open.isEmpty()) {
                BitSet used = open.removeLast();
                rules.define(requireNonNull(known.get(used)), behind(used, free));
            }
        }
        if (free < most) {
            if ((long) values.size() * most > MOST_RULES) {
                throw new PatternException("has too many values to be told apart");
            }
            ways.add(ordered());
        }
        return sequence(literal("["), layout.gap(), Gbnf.choice(ways));
    }

    /** How many items may come in any order. */
    private int freeItems() {
        long sets = 1;
        long size = 1;
        for (int items = 1; items < most; items++) {
            size = size * (values.size() - items + 1) / items;
            sets += size;
            if (sets * values.size() > MOST_RULES) {
                return items;
            }
        }
        return most;
    }

    /** All that may follow once these values stand there. */
    private Gbnf behind(BitSet used, int free) {
        int written = used.cardinality();
        List<Gbnf> ways = new ArrayList<>();
        if (written >= least) {
            ways.add(end(written));
        }
        for (int i = used.nextClearBit(0); i < values.size() && written < free; i = used.nextClearBit(i + 1)) {
            BitSet with = (BitSet) used.clone();
            with.set(i);
            ways.add(sequence(written == 0 ? Gbnf.Sequence.EMPTY : layout.comma(), values.get(i), rule(with)));
        }
        return Gbnf.choice(ways);
    }

    private Gbnf rule(BitSet used) {
        Gbnf.Reference rule = known.get(used);
        if (rule == null) {
            rule = rules.declare();
            known.put(used, rule);
            open.add(used);
        }
        return rule;
    }

    private Gbnf end(int written) {
        return written == 0 ? literal("]") : sequence(layout.gap(), literal("]"));
    }

    /** From the last value to the first: what may follow once some of those before it stand there. */
    private Gbnf ordered() {
        Gbnf[] onward = new Gbnf[most + 1];
        for (int written = 0; written <= most; written++) {
            onward[written] = written >= least ? end(written) : Gbnf.Alternation.NEVER;
        }
        for (int i = values.size() - 1; i >= 0; i--) {
            for (int written = 0; written < most; written++) {
                Gbnf here = sequence(
                        written == 0 ? Gbnf.Sequence.EMPTY : layout.comma(),
                        values.get(i),
                        rules.share(onward[written + 1]));
                onward[written] = rules.share(
                        onward[written].equals(Gbnf.Alternation.NEVER)
                                ? here
                                : Gbnf.choice(List.of(here, onward[written])));
            }
        }
        return onward[0];
    }
}
