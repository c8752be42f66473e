package dev.gufo.grammar.schema;

import static java.util.Objects.requireNonNull;

import dev.gufo.grammar.CodePoints;
import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.strings.Automaton;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Writes an automaton as rules: one for each state that branches or that several lead to, right-recursive, so that no
 * stack grows.
 */
final class AutomatonRules {
    private final Automaton automaton;
    private final RuleSet rules;
    private final Function<CodePoints, Gbnf> characters;
    private final Gbnf end;
    private final List<Map<Integer, BitSet>> arrows = new ArrayList<>();
    private final Map<BitSet, Gbnf> written = new HashMap<>();
    private final int[] users;
    private final Map<Integer, Gbnf.Reference> named = new HashMap<>();
    private final List<Integer> open = new ArrayList<>();

    private AutomatonRules(Automaton automaton, RuleSet rules, Function<CodePoints, Gbnf> characters, Gbnf end) {
        this.automaton = automaton;
        this.rules = rules;
        this.characters = characters;
        this.end = end;
        this.users = new int[automaton.ends().length];
        for (int state = 0; state < users.length; state++) {
            int from = state;
            arrows.add(automaton.arrows(state));
            arrows.get(state).keySet().stream().filter(to -> to != from).forEach(to -> users[to]++);
        }
        users[0]++;
    }

    /**
     * What begins with the automaton's start and ends with {@code end}.
     *
     * @param characters how a code point of a set is written
     */
    static Gbnf of(Automaton automaton, RuleSet rules, Function<CodePoints, Gbnf> characters, Gbnf end) {
        if (automaton.isEmpty()) {
            return Gbnf.Alternation.NEVER;
        }
        AutomatonRules writing = new AutomatonRules(automaton, rules, characters, end);
        Gbnf start = writing.reference(0);
        while (!writing.open.isEmpty()) {
            int state = writing.open.removeLast();
            rules.define(requireNonNull(writing.named.get(state)), writing.from(state));
        }
        return start;
    }

    private Gbnf reference(int state) {
        if (arrows.get(state).isEmpty()) {
            return end;
        }
        Gbnf.Reference known = named.get(state);
        if (known == null) {
            known = rules.declare();
            named.put(state, known);
            open.add(state);
        }
        return known;
    }

    /** Everything from a state on. As long as there is one way only, it is written in place. */
    private Gbnf from(int first) {
        List<Gbnf> parts = new ArrayList<>();
        int state = first;
        while (true) {
            BitSet loop = arrows.get(state).get(state);
            if (loop != null) {
                parts.add(Gbnf.repeated(written(loop), 0, Gbnf.UNBOUNDED));
            }
            int here = state;
            List<Integer> onward =
                    arrows.get(state).keySet().stream().filter(to -> to != here).toList();
            if (onward.size() != 1 || automaton.ends()[state]) {
                parts.add(branches(state, onward));
                return Gbnf.sequence(parts);
            }
            int to = onward.getFirst();
            parts.add(written(requireNonNull(arrows.get(state).get(to))));
            if (users[to] > 1) {
                parts.add(reference(to));
                return Gbnf.sequence(parts);
            }
            state = to;
        }
    }

    private Gbnf written(BitSet letters) {
        return written.computeIfAbsent(letters, some -> characters.apply(automaton.codePoints(some)));
    }

    private Gbnf branches(int state, List<Integer> onward) {
        List<Gbnf> ways = new ArrayList<>();
        for (int to : onward) {
            ways.add(Gbnf.sequence(written(requireNonNull(arrows.get(state).get(to))), reference(to)));
        }
        if (automaton.ends()[state]) {
            ways.add(end);
        }
        return Gbnf.choice(ways);
    }
}
