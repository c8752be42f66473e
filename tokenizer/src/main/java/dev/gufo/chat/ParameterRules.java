package dev.gufo.chat;

/** Turns a JSON schema into a grammar. */
@FunctionalInterface
public interface ParameterRules {
    /**
     * GBNF rules for the JSON texts that a schema allows. What it throws for a schema it can't honour reaches whoever asked for the grammar.
     *
     * @param schema as plain values
     * @param rootName name of the first rule; the names of all others begin with it
     * @return whole lines
     */
    String rules(Object schema, String rootName);
}
