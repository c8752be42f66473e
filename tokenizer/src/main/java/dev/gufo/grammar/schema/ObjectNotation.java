package dev.gufo.grammar.schema;

import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.strings.StringSet;
import java.util.List;

/** How an object is written: as JSON, or between marks. */
interface ObjectNotation {
    Gbnf open();

    Gbnf close();

    /** Between a bracket and what it holds. */
    Gbnf gap();

    /** Between two members. */
    Gbnf comma();

    /** A member whose value satisfies all of {@code schemas}; {@link Gbnf.Alternation#NEVER} if it can't be written. */
    Gbnf member(String name, List<SchemaNode> schemas);

    /** The same with any name that is in all of {@code names}. */
    Gbnf member(List<StringSet> names, List<SchemaNode> schemas);
}
