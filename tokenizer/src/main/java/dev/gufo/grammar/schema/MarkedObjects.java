package dev.gufo.grammar.schema;

import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.schema.Conjunctions.Reading;
import dev.gufo.grammar.strings.Automaton;
import dev.gufo.grammar.strings.CharacterClasses;
import dev.gufo.grammar.strings.Effort;
import dev.gufo.grammar.strings.StringSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Objects whose members stand one by one between marks, without brackets or commas. */
final class MarkedObjects implements ObjectNotation {
    /**
     * Names that the schema does not list: words, perhaps with single spaces between, so that none is mistaken for a
     * mark.
     */
    private static final String NAME = "^[^<>\"\\s]+( [^<>\"\\s]+)*$";

    private static final int MOST_NAME = 64;
    private static final int MOST_SPACE = 16;

    private final MarkedMembers marks;
    private final RuleSet rules;
    private final StringSets sets;
    private final BareStrings strings;
    private final Conjunctions conjunctions;
    private final Function<Shape, Gbnf> json;
    private final int mostStates;
    private final Effort effort;

    /** @param json the rule for a value's JSON */
    MarkedObjects(
            MarkedMembers marks,
            RuleSet rules,
            StringSets sets,
            Conjunctions conjunctions,
            Function<Shape, Gbnf> json,
            BareStrings strings,
            SchemaLimits limits,
            Effort effort) {
        this.marks = marks;
        this.rules = rules;
        this.sets = sets;
        this.conjunctions = conjunctions;
        this.json = json;
        this.strings = strings;
        this.mostStates = limits.work().patternStates();
        this.effort = effort;
    }

    @Override
    public Gbnf open() {
        return Gbnf.Sequence.EMPTY;
    }

    @Override
    public Gbnf close() {
        return Gbnf.Sequence.EMPTY;
    }

    @Override
    public Gbnf gap() {
        return Gbnf.Sequence.EMPTY;
    }

    @Override
    public Gbnf comma() {
        return Gbnf.Sequence.EMPTY;
    }

    @Override
    public Gbnf member(String name, List<SchemaNode> schemas) {
        if (!marks.canName(name)) {
            conjunctions.contradicted(
                    schemas.isEmpty() ? SchemaNode.OBJECT : schemas.getFirst(),
                    "properties",
                    "has a name that can't be written in the model's calls");
            return Gbnf.Alternation.NEVER;
        }
        return Gbnf.sequence(
                Gbnf.literal(marks.before() + name + marks.nameEnd()),
                line(),
                value(Optional.of(name), schemas),
                space());
    }

    @Override
    public Gbnf member(List<StringSet> names, List<SchemaNode> schemas) {
        List<StringSet> all = new ArrayList<>(names);
        all.add(sets.matching(NAME));
        all.add(new StringSet.OfLength(1, MOST_NAME));
        Gbnf name = AutomatonRules.of(
                Automaton.of(all, mostStates, effort), rules, Gbnf.OneOf::new, Gbnf.literal(marks.nameEnd()));
        return Gbnf.sequence(
                Gbnf.literal(marks.before()), rules.share(name), line(), value(Optional.empty(), schemas), space());
    }

    private Gbnf line() {
        return Gbnf.literal(marks.lines() ? "\n" : "");
    }

    private Gbnf space() {
        Gbnf blank = new Gbnf.OneOf(CharacterClasses.ranges('\t', '\n', '\r', '\r', ' ', ' '));
        return rules.share(Gbnf.repeated(blank, 0, MOST_SPACE));
    }

    /** A value and its closing mark. */
    private Gbnf value(Optional<String> name, List<SchemaNode> schemas) {
        List<SchemaNode> asserting = schemas.stream()
                .filter(node -> !SchemaKeywords.allowsEverything(node))
                .toList();
        Set<ValueType> types = marks.types().of(name);
        BareText text = marks.text(name);
        Gbnf end = Gbnf.sequence(line(), Gbnf.literal(marks.valueEnd()));
        List<Gbnf> ways = new ArrayList<>();
        for (Shape shape :
                conjunctions.alternatives(asserting.isEmpty() ? List.of(SchemaNode.ANY) : asserting, Reading.WRITTEN)) {
            switch (shape) {
                case Shape.Text strings
                when types.contains(ValueType.STRING) ->
                    ways.add(Gbnf.sequence(before(marks.values().string()), this.strings.of(strings, text, end)));
                case Shape.Values values -> ways.add(constants(values, types, text, end));
                case Shape.Numeric _ when types.contains(ValueType.NUMBER) -> ways.add(asJson(shape));
                case Shape.Array _ when types.contains(ValueType.ARRAY) -> ways.add(asJson(shape));
                case Shape.Members _ when types.contains(ValueType.OBJECT) -> ways.add(asJson(shape));
                default -> {} // the text would be read as something else
            }
        }
        return rules.share(Gbnf.choice(ways));
    }

    private Gbnf asJson(Shape shape) {
        String mark = marks.values().other();
        Gbnf value = Gbnf.sequence(json.apply(shape), space(), Gbnf.literal(marks.valueEnd()));
        return mark.isEmpty() ? value : Gbnf.sequence(before(mark), space(), value);
    }

    private Gbnf before(String mark) {
        return mark.isEmpty() ? Gbnf.Sequence.EMPTY : Gbnf.sequence(space(), Gbnf.literal(mark));
    }

    private Gbnf constants(Shape.Values values, Set<ValueType> types, BareText text, Gbnf end) {
        List<Gbnf> ways = new ArrayList<>();
        List<Object> others = new ArrayList<>();
        for (Object value : values.values()) {
            if (!types.contains(ValueType.of(value))) {
                continue;
            }
            if (value instanceof String string) {
                ways.add(string(text.written(string), end));
                if (text.isInSections() && !text.needsQuotes(string)) {
                    ways.add(string(string, end));
                    ways.add(string(text.quoted(string), end));
                }
            } else {
                others.add(value);
            }
        }
        if (!others.isEmpty()) {
            ways.add(asJson(new Shape.Values(values.nodes(), others)));
        }
        return Gbnf.choice(ways);
    }

    private Gbnf string(String text, Gbnf end) {
        return Gbnf.sequence(before(marks.values().string()), Gbnf.literal(text), end);
    }
}
