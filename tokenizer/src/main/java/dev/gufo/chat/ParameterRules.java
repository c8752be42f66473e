package dev.gufo.chat;

import dev.gufo.grammar.schema.MarkedMembers;
import java.util.Optional;

/** Turns the schema of a function's arguments into a grammar. */
@FunctionalInterface
public interface ParameterRules {
    /**
     * GBNF rules for the objects that a schema allows. What it throws for a schema it can't honour reaches whoever
     * asked for the grammar.
     *
     * @param schema as plain values
     * @param rootName name of the first rule; the names of all others begin with it
     * @param marks between which the arguments stand one by one; empty if they are written as JSON
     * @return whole lines
     */
    String rules(Object schema, String rootName, Optional<MarkedMembers> marks);
}
