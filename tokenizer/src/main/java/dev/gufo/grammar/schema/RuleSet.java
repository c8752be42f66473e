package dev.gufo.grammar.schema;

import static java.util.Objects.requireNonNull;

import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.Gbnf.Alternation;
import dev.gufo.grammar.Gbnf.Literal;
import dev.gufo.grammar.Gbnf.OneOf;
import dev.gufo.grammar.Gbnf.Reference;
import dev.gufo.grammar.Gbnf.Repetition;
import dev.gufo.grammar.Gbnf.Sequence;
import dev.gufo.grammar.GbnfWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The rules of a grammar that is being made. Names are the root's name, two dashes and a number; as no root's name
 * contains two dashes or ends with one, rules of different roots never share a name.
 */
final class RuleSet {
    /**
     * The grammar has become too large. The caller, which knows the place in the schema, turns it into
     * {@link UnsupportedSchema}.
     */
    static final class TooLarge extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooLarge(String message) {
            super(message, null, false, false);
        }
    }

    private final String root;
    private final SchemaLimits limits;
    private final Map<String, Gbnf> rules = new LinkedHashMap<>();
    private final Map<Gbnf, Reference> shared = new HashMap<>();
    private int names;
    private long states;

    RuleSet(String root, SchemaLimits limits) {
        this.root = root;
        this.limits = limits;
    }

    /** A rule to be defined later; the first one is the root. */
    Reference declare() {
        if (names == limits.output().rules()) {
            throw new TooLarge(
                    "needs more than %d rules".formatted(limits.output().rules()));
        }
        return new Reference(names++ == 0 ? root : root + "--" + (names - 1));
    }

    void define(Reference rule, Gbnf body) {
        states += body.states();
        if (states > limits.output().states()) {
            throw new TooLarge("needs a grammar of more than %d states"
                    .formatted(limits.output().states()));
        }
        rules.put(rule.rule(), body);
    }

    /** A reference to a rule with this body; short bodies stay as they are. */
    Gbnf share(Gbnf body) {
        if (body instanceof Reference || body.equals(Gbnf.Sequence.EMPTY) || body.equals(Gbnf.Alternation.NEVER)) {
            return body;
        }
        Reference known = shared.get(body);
        if (known == null) {
            known = declare();
            define(known, body);
            shared.put(body, known);
        }
        return known;
    }

    /** The grammar without what can never be completed; empty if that is all of it. */
    Optional<String> text() {
        Set<String> productive = productive();
        if (!productive.contains(root)) {
            return Optional.empty();
        }
        Map<String, Gbnf> pruned = new LinkedHashMap<>();
        Deque<String> open = new ArrayDeque<>(List.of(root));
        while (!open.isEmpty()) {
            String name = open.pop();
            if (!pruned.containsKey(name)) {
                Gbnf body = pruned(requireNonNull(rules.get(name)), productive);
                pruned.put(name, body);
                references(body, open);
            }
        }
        GbnfWriter writer = new GbnfWriter();
        for (Map.Entry<String, Gbnf> rule : pruned.entrySet()) {
            writer.rule(rule.getKey(), rule.getValue());
            if (writer.length() > limits.output().chars()) {
                throw new TooLarge("needs a grammar of more than %d characters"
                        .formatted(limits.output().chars()));
            }
        }
        return Optional.of(writer.toString());
    }

    /**
     * The rules with a finite text: a least fixed point, in which each rule is looked at once more whenever one it
     * names has become so.
     */
    private Set<String> productive() {
        Map<String, List<String>> users = new HashMap<>();
        rules.forEach((name, body) -> {
            Deque<String> named = new ArrayDeque<>();
            references(body, named);
            named.forEach(other ->
                    users.computeIfAbsent(other, _ -> new ArrayList<>()).add(name));
        });
        Set<String> productive = new HashSet<>();
        Deque<String> open = new ArrayDeque<>(rules.keySet());
        while (!open.isEmpty()) {
            String name = open.pop();
            if (!productive.contains(name) && canEnd(requireNonNull(rules.get(name)), productive)) {
                productive.add(name);
                users.getOrDefault(name, List.of()).forEach(open::add);
            }
        }
        return productive;
    }

    private static boolean canEnd(Gbnf body, Set<String> productive) {
        return switch (body) {
            case Literal _, OneOf _ -> true;
            case Reference reference -> productive.contains(reference.rule());
            case Sequence sequence -> sequence.parts().stream().allMatch(part -> canEnd(part, productive));
            case Alternation alternation ->
                alternation.alternatives().stream().anyMatch(one -> canEnd(one, productive));
            case Repetition repetition -> repetition.least() == 0 || canEnd(repetition.operand(), productive);
        };
    }

    private static Gbnf pruned(Gbnf body, Set<String> productive) {
        return switch (body) {
            case Literal _, OneOf _ -> body;
            case Reference reference -> productive.contains(reference.rule()) ? body : Gbnf.Alternation.NEVER;
            case Sequence sequence ->
                Gbnf.sequence(sequence.parts().stream()
                        .map(part -> pruned(part, productive))
                        .toList());
            case Alternation alternation ->
                Gbnf.choice(alternation.alternatives().stream()
                        .map(one -> pruned(one, productive))
                        .filter(one -> !one.equals(Gbnf.Alternation.NEVER))
                        .toList());
            case Repetition repetition ->
                Gbnf.repeated(pruned(repetition.operand(), productive), repetition.least(), repetition.most());
        };
    }

    private static void references(Gbnf body, Deque<String> into) {
        switch (body) {
            case Literal _, OneOf _ -> {}
            case Reference reference -> into.push(reference.rule());
            case Sequence sequence -> sequence.parts().forEach(part -> references(part, into));
            case Alternation alternation -> alternation.alternatives().forEach(one -> references(one, into));
            case Repetition repetition -> references(repetition.operand(), into);
        }
    }
}
