package dev.gufo.engine;

import java.util.List;
import java.util.Optional;

/**
 * What the answer's text must look like, from some point on. Every token is then one that the grammar allows, and the
 * generation may only end where the grammar does.
 *
 * @param grammar GBNF with a rule {@code root}, as {@link dev.gufo.grammar.Grammar#parse} takes it; control tokens
 *     match by their names
 * @param start from where on
 */
public record Constraint(String grammar, Start start) {
    /** Where the constrained text begins. */
    public sealed interface Start {
        /** With the first token. */
        record Now() implements Start {}

        /**
         * With the first token, behind a text that the prompt ends with and that the grammar takes as the beginning.
         *
         * @param text not empty
         */
        record Behind(String text) implements Start {}

        /**
         * Right after the first occurrence of a text; what comes before it is free.
         *
         * @param text for instance the end of the model's reasoning
         */
        record After(String text) implements Start {}

        /**
         * At the first trigger, whose text belongs to the constrained text; if none occurs, all is free.
         *
         * @param triggers for instance the beginning of a tool call
         * @param reasoning marks between which no trigger counts
         * @param inReasoning whether the answer begins as if the opening mark had just been written
         */
        record AtTrigger(List<Trigger> triggers, Optional<Marks> reasoning, boolean inReasoning) implements Start {
            public AtTrigger {
                triggers = List.copyOf(triggers);
            }
        }
    }

    /**
     * A text that starts the constraint.
     *
     * @param text not empty
     * @param onlyFirst whether it counts only where nothing but whitespace and reasoning stands before it
     */
    public record Trigger(String text, boolean onlyFirst) {}

    /** What stands around a part of the answer; neither is empty. */
    public record Marks(String open, String close) {}
}
