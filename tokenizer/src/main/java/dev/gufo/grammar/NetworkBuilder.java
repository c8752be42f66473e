package dev.gufo.grammar;

import static dev.gufo.grammar.Expression.UNBOUNDED;

import java.util.Arrays;

/**
 * Turns rules into states. Counted repetitions are written out, since then a count costs nothing while matching and
 * needs no treatment of its own; so that nested counts add up instead of multiplying, an operand that is not tiny
 * becomes a rule without a name, and each copy is one call of it.
 */
final class NetworkBuilder {
    /** Copies of an operand are spelled out if they take no more states than this together. */
    private static final int TINY = 64;

    private final GrammarLimits limits;
    private final GbnfParser.Rules rules;
    private int states = 1; // 0 is Network.ACCEPT
    private int[] froms = new int[256];
    private int[] labels = new int[256];
    private int[] targets = new int[256];
    private int transitions;
    private int[] starts;
    private int[] ends;
    private int ruleCount;
    private String current = "";

    private NetworkBuilder(GbnfParser.Rules rules, GrammarLimits limits) {
        this.rules = rules;
        this.limits = limits;
        this.ruleCount = rules.bodies().size();
        this.starts = new int[ruleCount];
        this.ends = new int[ruleCount];
    }

    /**
     * The network of {@code rules}; throws {@link GrammarException} if it is too large or {@code root} matches no text.
     */
    static Network build(GbnfParser.Rules rules, GrammarLimits limits) {
        NetworkBuilder builder = new NetworkBuilder(rules, limits);
        int named = builder.ruleCount;
        for (int i = 0; i < named; i++) {
            builder.current = rules.names().get(i);
            builder.define(i, rules.bodies().get(i));
        }
        return builder.finish();
    }

    private Network finish() {
        Productive productive = new Productive(states, transitions, froms, labels, targets, starts, ends, ruleCount);
        if (!productive.is(starts[rules.root()])) {
            throw new GrammarException("rule 'root' matches no text at all");
        }
        int[] kept = productive.transitions();
        int[] offsets = new int[states + 1];
        for (int transition : kept) {
            offsets[froms[transition] + 1]++;
        }
        Arrays.parallelPrefix(offsets, Integer::sum);
        int[] fill = offsets.clone();
        int[] sortedLabels = new int[kept.length];
        int[] sortedTargets = new int[kept.length];
        for (int transition : kept) {
            int at = fill[froms[transition]]++;
            sortedLabels[at] = labels[transition];
            sortedTargets[at] = targets[transition];
        }
        return new Network(
                offsets,
                sortedLabels,
                sortedTargets,
                Arrays.copyOf(starts, ruleCount),
                Arrays.copyOf(ends, ruleCount),
                rules.root());
    }

    /** A new state. */
    int state() {
        if (states == limits.parsing().states()) {
            throw tooLarge();
        }
        return states++;
    }

    /** A new transition; see {@link Network} for labels. */
    void connect(int from, int label, int target) {
        if (transitions == limits.parsing().transitions()) {
            throw tooLarge();
        }
        if (transitions == froms.length) {
            froms = Arrays.copyOf(froms, 2 * transitions);
            labels = Arrays.copyOf(labels, 2 * transitions);
            targets = Arrays.copyOf(targets, 2 * transitions);
        }
        froms[transitions] = from;
        labels[transitions] = label;
        targets[transitions++] = target;
    }

    private GrammarException tooLarge() {
        return new GrammarException(
                "rule '%s' makes the grammar too large: more than %d states or %d transitions, repetitions written out"
                        .formatted(
                                current,
                                limits.parsing().states(),
                                limits.parsing().transitions()));
    }

    private void define(int rule, Expression body) {
        int start = state();
        int end = state();
        connect(build(body, start), Network.EMPTY, end);
        starts[rule] = start;
        ends[rule] = end;
    }

    /**
     * Writes {@code expression} down.
     *
     * @param from where it begins; other things may begin there too, so nothing may lead back to it
     * @return where it ends; nothing but what is written here leads there
     */
    private int build(Expression expression, int from) {
        return switch (expression) {
            case Expression.Literal(int[] codePoints) -> literal(codePoints, from);
            case Expression.OneOf(CodePoints set) -> {
                int end = state();
                Utf8Network.connect(this, from, set, end);
                yield end;
            }
            case Expression.Reference(int rule) -> call(rule, from);
            case Expression.Sequence sequence -> {
                int at = from;
                for (Expression part : sequence.parts()) {
                    at = build(part, at);
                }
                yield at;
            }
            case Expression.Alternation alternation -> {
                int end = state();
                for (Expression alternative : alternation.alternatives()) {
                    connect(build(alternative, from), Network.EMPTY, end);
                }
                yield end;
            }
            case Expression.Repetition repetition -> repetition(repetition, from);
        };
    }

    private int literal(int[] codePoints, int from) {
        int at = from;
        for (int codePoint : codePoints) {
            for (int b : Utf8Network.encode(codePoint)) {
                int next = state();
                connect(at, Network.bytes(b, b), next);
                at = next;
            }
        }
        return at;
    }

    private int call(int rule, int from) {
        int end = state();
        connect(from, Network.call(rule), end);
        return end;
    }

    private int repetition(Expression.Repetition repetition, int from) {
        int least = repetition.least();
        boolean bounded = repetition.most() != UNBOUNDED;
        int size = repetition.operand().size(TINY);
        if (size == 0 || repetition.most() == 0) {
            return from;
        }
        long copies = bounded ? repetition.most() : Math.max(1, least);
        if (copies > limits.parsing().states()) {
            throw tooLarge();
        }
        Expression operand =
                size > 1 && copies > 1 && copies * size > TINY ? outlined(repetition.operand()) : repetition.operand();
        return bounded ? bounded(operand, least, repetition.most(), from) : unbounded(operand, least, from);
    }

    private int bounded(Expression operand, int least, int most, int from) {
        int at = from;
        for (int i = 0; i < least; i++) {
            at = build(operand, at);
        }
        if (least == most) {
            return at;
        }
        int end = state();
        connect(at, Network.EMPTY, end);
        for (int i = least; i < most; i++) {
            at = build(operand, at);
            connect(at, Network.EMPTY, end);
        }
        return end;
    }

    private int unbounded(Expression operand, int least, int from) {
        int at = from;
        for (int i = 1; i < least; i++) {
            at = build(operand, at);
        }
        int loop = state();
        connect(at, Network.EMPTY, loop);
        int last = build(operand, loop);
        connect(last, Network.EMPTY, loop);
        if (least == 0) {
            return loop;
        }
        int end = state();
        connect(last, Network.EMPTY, end);
        return end;
    }

    /** A call of a new rule that matches {@code operand}. */
    private Expression outlined(Expression operand) {
        int rule = ruleCount++;
        if (rule == starts.length) {
            starts = Arrays.copyOf(starts, 2 * rule);
            ends = Arrays.copyOf(ends, 2 * rule);
        }
        define(rule, operand);
        return new Expression.Reference(rule);
    }
}
