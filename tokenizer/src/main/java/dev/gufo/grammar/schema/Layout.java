package dev.gufo.grammar.schema;

import static dev.gufo.grammar.Gbnf.literal;
import static dev.gufo.grammar.Gbnf.optional;
import static dev.gufo.grammar.Gbnf.repeated;
import static dev.gufo.grammar.Gbnf.sequence;

import dev.gufo.grammar.Gbnf;
import java.util.List;

/**
 * Where whitespace may stand: nothing, a space, or a new line with some indentation; never more than that, so that none
 * goes on for ever.
 */
final class Layout {
    private static final int MOST_INDENT = 20;
    private static final int MOST_TABS = 8;

    private final RuleSet rules;

    Layout(RuleSet rules) {
        this.rules = rules;
    }

    /** Between a bracket and what it holds. */
    Gbnf gap() {
        Gbnf indent =
                Gbnf.choice(List.of(repeated(literal(" "), 0, MOST_INDENT), repeated(literal("\t"), 1, MOST_TABS)));
        return rules.share(optional(Gbnf.choice(List.of(literal(" "), sequence(literal("\n"), indent)))));
    }

    Gbnf comma() {
        return rules.share(sequence(literal(","), gap()));
    }

    /** The name, as JSON writes it, the colon and the value. */
    Gbnf member(Gbnf name, Gbnf value) {
        return sequence(name, literal(":"), optional(literal(" ")), value);
    }

    Gbnf member(String name, Gbnf value) {
        return sequence(literal(JsonValues.quoted(name) + ":"), optional(literal(" ")), value);
    }
}
