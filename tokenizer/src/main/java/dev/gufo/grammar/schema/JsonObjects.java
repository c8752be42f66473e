package dev.gufo.grammar.schema;

import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.strings.StringSet;
import java.util.List;
import java.util.function.Function;

/** Objects as JSON. */
record JsonObjects(RuleSet rules, Layout layout, StringRules strings, Function<List<SchemaNode>, Gbnf> values)
        implements ObjectNotation {
    @Override
    public Gbnf open() {
        return Gbnf.literal("{");
    }

    @Override
    public Gbnf close() {
        return Gbnf.literal("}");
    }

    @Override
    public Gbnf gap() {
        return layout.gap();
    }

    @Override
    public Gbnf comma() {
        return layout.comma();
    }

    @Override
    public Gbnf member(String name, List<SchemaNode> schemas) {
        return layout.member(name, values.apply(schemas));
    }

    @Override
    public Gbnf member(List<StringSet> names, List<SchemaNode> schemas) {
        return layout.member(rules.share(strings.in(names)), values.apply(schemas));
    }
}
