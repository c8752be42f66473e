package dev.gufo.template;

import static java.util.Map.entry;

import dev.gufo.template.Expr.Filter;
import dev.gufo.template.Expr.Operator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Filters on sequences as a whole: order, groups, first and last. */
final class SequenceFilters {
    static final Map<String, Filter> FILTERS = Map.ofEntries(
            entry("list", SequenceFilters::list),
            entry("first", SequenceFilters::first),
            entry("last", SequenceFilters::last),
            entry("reverse", SequenceFilters::reverse),
            entry("items", SequenceFilters::items),
            entry("sort", SequenceFilters::sort),
            entry("dictsort", SequenceFilters::sortDict),
            entry("unique", SequenceFilters::unique),
            entry("groupby", SequenceFilters::groupBy),
            entry("min", (machine, value, arguments) -> extreme(machine, value, arguments, "min")),
            entry("max", (machine, value, arguments) -> extreme(machine, value, arguments, "max")),
            entry("sum", SequenceFilters::sum),
            entry("batch", SequenceFilters::batch),
            entry("slice", SequenceFilters::slice));

    private SequenceFilters() {}

    private static Value list(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "list", 0);
        return new Value.ListValue(Sequences.list(machine, value));
    }

    private static Value first(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "first", 0);
        Iterator<Value> items = Sequences.iterate(machine, value);
        return items.hasNext() ? items.next() : new Value.Undefined("No first item, sequence was empty.");
    }

    private static Value last(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "last", 0);
        List<Value> items = reversible(machine, value);
        return items.isEmpty() ? new Value.Undefined("No last item, sequence was empty.") : items.getLast();
    }

    private static List<Value> reversible(Machine machine, Value value) {
        if (value instanceof Value.Iter) {
            throw machine.error("'generator' object is not reversible");
        }
        return Sequences.list(machine, value);
    }

    private static Value reverse(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "reverse", 0);
        if (value instanceof Value.Str) {
            return Slices.slice(machine, value, Value.None.NONE, Value.None.NONE, Value.of(-1));
        }
        List<Value> reversed = Sequences.list(machine, value).reversed();
        return value instanceof Value.Iter ? new Value.ListValue(reversed) : new Value.Iter(reversed.iterator());
    }

    private static Value items(Machine machine, Value value, Arguments arguments) {
        arguments.bind(machine, "items", 0);
        return Sequences.deferred(machine, () -> switch (value) {
            case Dict dict -> dict.items().iterator();
            case Value.Undefined _ -> Collections.emptyIterator();
            default -> throw machine.error("Can only get item pairs from a mapping.");
        });
    }

    /** What to order an item by: itself or an attribute, in lower case unless case matters. */
    private static UnaryOperator<Value> key(
            Machine machine, @Nullable Value attribute, @Nullable Value caseSensitive, @Nullable Value otherwise) {
        Attributes.Path path =
                attribute == null ? new Attributes.Path(List.of()) : Attributes.Path.of(machine, attribute);
        boolean exact = caseSensitive != null && Comparison.truth(caseSensitive);
        return item -> {
            Value key = path.get(machine, item, otherwise);
            return exact ? key : ignoringCase(machine, key);
        };
    }

    private static Value ignoringCase(Machine machine, Value value) {
        if (!(value instanceof Value.Str str)) {
            return value;
        }
        machine.chargeText(str.text().units());
        return str.with(Strings.lower(str.text()));
    }

    private record Keyed(Value key, Value item) {}

    private static List<Keyed> keyed(Machine machine, Value value, UnaryOperator<Value> key) {
        List<Keyed> keyed = new ArrayList<>();
        Sequences.list(machine, value).forEach(item -> keyed.add(new Keyed(key.apply(item), item)));
        return keyed;
    }

    private static List<Keyed> sorted(Machine machine, List<Keyed> items, boolean descending) {
        List<Keyed> ordered = Sequences.sorted(descending ? items.reversed() : items, (a, b) -> {
            machine.charge(1);
            return Comparison.less(machine, a.key(), b.key(), "<");
        });
        return descending ? ordered.reversed() : ordered;
    }

    private static Value values(List<Keyed> keyed) {
        return new Value.ListValue(keyed.stream().map(Keyed::item).toList());
    }

    private static Value sort(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "sort", 0, "reverse", "case_sensitive", "attribute");
        List<Text> attributes =
                bound[2] instanceof Value.Str several ? Strings.split(several.text(), ",", -1) : List.of();
        List<UnaryOperator<Value>> keys = new ArrayList<>();
        attributes.forEach(attribute -> keys.add(key(machine, Value.of(attribute), bound[1], null)));
        if (keys.isEmpty()) {
            keys.add(key(machine, bound[2], bound[1], null));
        }
        // Always a list, even of one: lists ask their items for order only where these are not equal.
        UnaryOperator<Value> key = item -> {
            List<Value> parts = new ArrayList<>(keys.size());
            keys.forEach(part -> parts.add(part.apply(item)));
            return new Value.ListValue(parts);
        };
        return values(sorted(machine, keyed(machine, value, key), Numbers.flag(machine, bound[0])));
    }

    private static Value sortDict(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "dictsort", 0, "case_sensitive", "by", "reverse");
        String by = bound[1] == null
                ? "key"
                : StringMethods.string(machine, bound[1]).chars();
        if (!by.equals("key") && !by.equals("value")) {
            throw machine.error("You can only sort by either \"key\" or \"value\"");
        }
        Comparison.requireDefined(machine, value);
        if (!(value instanceof Dict dict)) {
            throw machine.error("'%s' object has no attribute 'items'".formatted(value.type()));
        }
        UnaryOperator<Value> key = key(machine, Value.of(by.equals("key") ? 0 : 1), bound[0], null);
        Value items = new Value.DictView(dict, Value.DictView.Part.ITEMS);
        return values(sorted(machine, keyed(machine, items, key), Numbers.flag(machine, bound[2])));
    }

    private static Value unique(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "unique", 0, "case_sensitive", "attribute");
        UnaryOperator<Value> key = key(machine, bound[1], bound[0], null);
        Set<Object> seen = new HashSet<>();
        return new Value.Iter(new LazyIterator(machine) {
            private @Nullable Iterator<Value> items;

            @Override
            @Nullable
            Value advance() {
                items = items == null ? Sequences.iterate(machine, value) : items;
                while (items.hasNext()) {
                    machine.charge(1);
                    Value item = items.next();
                    if (seen.add(Comparison.key(machine, key.apply(item)))) {
                        return item;
                    }
                }
                return null;
            }
        });
    }

    private static Value groupBy(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "groupby", 1, "attribute", "default", "case_sensitive");
        Value otherwise = bound[1] instanceof Value.None ? null : bound[1];
        List<Keyed> items = sorted(machine, keyed(machine, value, key(machine, bound[0], bound[2], otherwise)), false);
        UnaryOperator<Value> shown = key(machine, bound[0], Value.Bool.TRUE, otherwise);
        List<Value> groups = new ArrayList<>();
        int from = 0;
        while (from < items.size()) {
            int to = from + 1;
            while (to < items.size()
                    && Comparison.equal(
                            machine, items.get(from).key(), items.get(to).key())) {
                to++;
            }
            Value grouper = shown.apply(items.get(from).item());
            groups.add(new Value.Tuple(List.of(grouper, values(items.subList(from, to))), true));
            from = to;
        }
        return new Value.ListValue(groups);
    }

    private static Value extreme(Machine machine, Value value, Arguments arguments, String name) {
        Value[] bound = arguments.bind(machine, name, 0, "case_sensitive", "attribute");
        List<Keyed> items = keyed(machine, value, key(machine, bound[1], bound[0], null));
        if (items.isEmpty()) {
            return new Value.Undefined("No aggregated item, sequence was empty.");
        }
        boolean smallest = name.equals("min");
        Keyed best = items.getFirst();
        for (Keyed item : items.subList(1, items.size())) {
            boolean better = smallest
                    ? Comparison.less(machine, item.key(), best.key(), "<")
                    : Comparison.less(machine, best.key(), item.key(), ">");
            best = better ? item : best;
        }
        return best.item();
    }

    private static Value sum(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "sum", 0, "attribute", "start");
        Attributes.Path path =
                bound[0] == null ? new Attributes.Path(List.of()) : Attributes.Path.of(machine, bound[0]);
        Value total = bound[1] == null ? Value.of(0) : bound[1];
        if (total instanceof Value.Str) {
            throw machine.error("sum() can't sum strings [use ''.join(seq) instead]");
        }
        for (Value item : Sequences.list(machine, value)) {
            total = Arithmetic.apply(machine, Operator.ADD, total, path.get(machine, item, null));
        }
        return total;
    }

    private static Value batch(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "batch", 1, "linecount", "fill_with");
        return Sequences.deferred(machine, () -> {
            int size = Numbers.argument(machine, bound[0], 0);
            return batches(machine, Sequences.list(machine, value), size, bound[1]);
        });
    }

    private static Iterator<Value> batches(Machine machine, List<Value> items, int size, @Nullable Value filling) {
        List<Value> batches = new ArrayList<>();
        int width = size < 1 ? Math.max(1, items.size()) : size;
        for (int from = 0; from < items.size(); from += width) {
            List<Value> batch = new ArrayList<>(items.subList(from, Math.min(items.size(), from + width)));
            fill(machine, batch, width, size < 1 ? null : filling);
            batches.add(new Value.ListValue(batch));
        }
        return batches.iterator();
    }

    private static void fill(Machine machine, List<Value> batch, int size, @Nullable Value filling) {
        if (filling != null && !(filling instanceof Value.None)) {
            machine.charge(size - batch.size());
            while (batch.size() < size) {
                batch.add(filling);
            }
        }
    }

    private static Value slice(Machine machine, Value value, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "slice", 1, "slices", "fill_with");
        return Sequences.deferred(machine, () -> {
            List<Value> items = Sequences.list(machine, value);
            return slices(machine, items, Numbers.argument(machine, bound[0], 0), bound[1]);
        });
    }

    private static Iterator<Value> slices(Machine machine, List<Value> items, int count, @Nullable Value filling) {
        if (count == 0) {
            throw machine.error("integer division or modulo by zero");
        }
        machine.charge(Math.max(0, count));
        List<Value> slices = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < count; i++) {
            boolean longer = i < items.size() % count;
            int to = from + items.size() / count + (longer ? 1 : 0);
            List<Value> slice = new ArrayList<>(items.subList(from, to));
            fill(machine, slice, slice.size() + (longer ? 0 : 1), filling);
            slices.add(new Value.ListValue(slice));
            from = to;
        }
        return slices.iterator();
    }
}
