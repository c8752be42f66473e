package dev.gufo.engine;

import java.util.List;

/**
 * What the answer's text must look like, from some point on. Every token is then one that the grammar allows, and the generation
 * may only end where the grammar does.
 *
 * @param grammar GBNF with a rule {@code root}, as {@link dev.gufo.grammar.Grammar#parse} takes it; control tokens match by their names
 * @param start from where on
 */
public record Constraint(String grammar, Start start) {
    /** Where the constrained text begins. */
    public sealed interface Start {
        /** With the first token. */
        record Now() implements Start {}

        /**
         * Right after the first occurrence of a text; what comes before it is free.
         *
         * @param text for instance the end of the model's reasoning
         */
        record After(String text) implements Start {}

        /**
         * At the first occurrence of one of these texts, which belongs to the constrained text; if none occurs, all is free.
         *
         * @param texts for instance the beginning of a tool call
         */
        record AtTrigger(List<String> texts) implements Start {
            public AtTrigger {
                texts = List.copyOf(texts);
            }
        }
    }
}
