package dev.gufo.template;

import static java.util.Map.entry;

import dev.gufo.template.Expr.Filter;
import dev.gufo.template.Expr.Test;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Filters that change or drop items one by one, when they are asked for. */
final class SelectionFilters {
    static final Map<String, Filter> FILTERS = Map.ofEntries(
            entry("map", SelectionFilters::map),
            entry("select", (machine, value, arguments) -> select(machine, value, arguments, false, true)),
            entry("reject", (machine, value, arguments) -> select(machine, value, arguments, false, false)),
            entry("selectattr", (machine, value, arguments) -> select(machine, value, arguments, true, true)),
            entry("rejectattr", (machine, value, arguments) -> select(machine, value, arguments, true, false)));

    private SelectionFilters() {}

    private static Value map(Machine machine, Value value, Arguments arguments) {
        return deferred(machine, value, items -> {
            UnaryOperator<Value> change = change(machine, arguments);
            return new LazyIterator(machine) {
                @Override
                @Nullable
                Value advance() {
                    return items.hasNext() ? change.apply(items.next()) : null;
                }
            };
        });
    }

    private static UnaryOperator<Value> change(Machine machine, Arguments arguments) {
        if (arguments.positional().isEmpty()) {
            Value[] bound = arguments.bind(machine, "map", 0, "attribute", "default");
            if (bound[0] == null) {
                throw machine.error("map requires a filter argument");
            }
            Attributes.Path path = Attributes.Path.of(machine, bound[0]);
            Value otherwise = bound[1] instanceof Value.None ? null : bound[1];
            return item -> path.get(machine, item, otherwise);
        }
        Value name = arguments.positional().getFirst();
        Filter filter = name instanceof Value.Str str ? FilterTable.find(str.chars()) : null;
        if (filter == null) {
            throw machine.error(
                    "no filter named " + PythonRepr.repr(machine, name).chars());
        }
        Arguments rest = arguments.skip(1);
        return item -> filter.apply(machine, item, rest);
    }

    private static Value select(Machine machine, Value value, Arguments arguments, boolean byAttribute, boolean keep) {
        return deferred(machine, value, items -> {
            Predicate<Value> condition = condition(machine, arguments, byAttribute);
            return new LazyIterator(machine) {
                @Override
                @Nullable
                Value advance() {
                    while (items.hasNext()) {
                        machine.charge(1);
                        Value item = items.next();
                        if (condition.test(item) == keep) {
                            return item;
                        }
                    }
                    return null;
                }
            };
        });
    }

    private static Predicate<Value> condition(Machine machine, Arguments arguments, boolean byAttribute) {
        List<Value> given = arguments.positional();
        if (byAttribute && given.isEmpty()) {
            throw machine.error("Missing parameter for attribute name");
        }
        Attributes.Path path =
                byAttribute ? Attributes.Path.of(machine, given.getFirst()) : new Attributes.Path(List.of());
        int taken = byAttribute ? 1 : 0;
        if (given.size() == taken) {
            return item -> Comparison.truth(path.get(machine, item, null));
        }
        Value name = given.get(taken);
        Test test = name instanceof Value.Str str ? TestTable.find(str.chars()) : null;
        if (test == null) {
            throw machine.error(
                    "no test named " + PythonRepr.repr(machine, name).chars());
        }
        Arguments rest = arguments.skip(taken + 1);
        return item -> test.test(machine, path.get(machine, item, null), rest);
    }

    @FunctionalInterface
    private interface Selection {
        Iterator<Value> over(Iterator<Value> items);
    }

    /**
     * Python's generators do nothing, and so fail at nothing, before the first item is asked for; of nothing they make
     * nothing.
     */
    private static Value deferred(Machine machine, Value value, Selection selection) {
        return Sequences.deferred(
                machine,
                () -> Comparison.truth(value)
                        ? selection.over(Sequences.iterate(machine, value))
                        : Collections.emptyIterator());
    }
}
