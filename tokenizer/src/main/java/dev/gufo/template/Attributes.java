package dev.gufo.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code value.name} and {@code value[key]}: what is there, or an undefined value. Nothing that changes its object can
 * be reached.
 */
final class Attributes {
    private static final Set<String> LIST_MUTATORS =
            Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");
    private static final Set<String> DICT_MUTATORS = Set.of("clear", "pop", "popitem", "setdefault", "update");

    private Attributes() {}

    /** {@code target.name}: an attribute first, then an item. */
    static Value attribute(Machine machine, Value target, String name) {
        Comparison.requireDefined(machine, target);
        Value value = own(target, name);
        if (value == null && target instanceof Dict dict) {
            value = dict.get(name);
        }
        return value == null ? missing(target, name) : value;
    }

    /** {@code target[key]}: an item first, then an attribute. */
    static Value item(Machine machine, Value target, Value key) {
        Comparison.requireDefined(machine, target);
        Value value = switch (target) {
            case Dict dict when !(key instanceof Value.ListValue || key instanceof Dict) -> dict.get(machine, key);
            case Value.ListValue list -> at(list.items(), key);
            case Value.Tuple tuple -> at(tuple.items(), key);
            case Value.Str str -> {
                machine.chargeIndexing(str.text());
                yield at(str, key);
            }
            case Value.Range range -> at(range, key);
            default -> null;
        };
        if (value == null && key instanceof Value.Str name) {
            value = own(target, name.chars());
        }
        if (value != null) {
            return value;
        }
        return key instanceof Value.Str name
                ? missing(target, name.chars())
                : new Value.Undefined(describe(target) + " has no element "
                        + PythonRepr.repr(machine, key).chars());
    }

    private static Value.Undefined missing(Value target, String name) {
        boolean mutator = (target instanceof Value.ListValue && LIST_MUTATORS.contains(name))
                || (target instanceof Dict && DICT_MUTATORS.contains(name));
        return new Value.Undefined(
                mutator
                        ? "access to attribute '" + name + "' of '" + target.type() + "' object is unsafe."
                        : "'" + describe(target) + "' has no attribute '" + name + "'");
    }

    private static String describe(Value target) {
        return target instanceof Value.None ? "None" : target.type() + " object";
    }

    /** An attribute of the object itself, null if it has none of that name. */
    private static @Nullable Value own(Value target, String name) {
        return switch (target) {
            case Value.Str str -> StringMethods.find(str, name);
            case Dict dict -> DICT_MUTATORS.contains(name) ? missing(target, name) : dictMethod(dict, name);
            case Value.ListValue(List<Value> items) -> sequenceMethod(items, name);
            case Value.Tuple(List<Value> items, boolean group) ->
                group && name.equals("grouper")
                        ? items.getFirst()
                        : group && name.equals("list") ? items.getLast() : sequenceMethod(items, name);
            case Namespace namespace -> namespace.get(name);
            case LoopContext loop -> loop.attribute(name);
            case Cycler cycler -> cycler.attribute(name);
            case Value.Function function
            when function.type().equals("Macro") && name.equals("name") -> Value.trusted(function.name());
            default -> null;
        };
    }

    private static @Nullable Value dictMethod(Dict dict, String name) {
        return switch (name) {
            case "get" ->
                method(name, (machine, arguments) -> {
                    Value[] bound = arguments.bind(machine, "get", 1, "key", "default");
                    Value value = dict.get(machine, bound[0]);
                    return value != null ? value : bound[1] != null ? bound[1] : Value.None.NONE;
                });
            case "items" -> view(dict, name, Value.DictView.Part.ITEMS);
            case "keys" -> view(dict, name, Value.DictView.Part.KEYS);
            case "values" -> view(dict, name, Value.DictView.Part.VALUES);
            case "copy" ->
                method(name, (machine, arguments) -> {
                    arguments.bind(machine, "copy", 0);
                    return dict;
                });
            default -> null;
        };
    }

    private static Value view(Dict dict, String name, Value.DictView.Part part) {
        return method(name, (machine, arguments) -> {
            arguments.bind(machine, name, 0);
            return new Value.DictView(dict, part);
        });
    }

    private static @Nullable Value sequenceMethod(List<Value> items, String name) {
        return switch (name) {
            case "count" ->
                method(name, (machine, arguments) -> {
                    Value wanted = arguments.bind(machine, "count", 1, "value")[0];
                    machine.charge(items.size());
                    return Value.of(items.stream()
                            .filter(item -> Comparison.equal(machine, item, wanted))
                            .count());
                });
            case "index" ->
                method(name, (machine, arguments) -> {
                    Value wanted = arguments.bind(machine, "index", 1, "value")[0];
                    machine.charge(items.size());
                    for (int i = 0; i < items.size(); i++) {
                        if (Comparison.equal(machine, items.get(i), wanted)) {
                            return Value.of(i);
                        }
                    }
                    throw machine.error("the value is not in the list");
                });
            case "copy" ->
                method(name, (machine, arguments) -> {
                    arguments.bind(machine, "copy", 0);
                    return new Value.ListValue(items);
                });
            default -> null;
        };
    }

    private static Value method(String name, Value.Function.Body body) {
        return new Value.Function("method", name, body);
    }

    /** The index a key stands for, negative if there is nothing there. */
    private static int position(Value key, int length) {
        if (!Numbers.fitsLong(key)) {
            return -1;
        }
        long index = Numbers.small(key);
        long position = index < 0 ? index + length : index;
        return position < length ? (int) Math.max(-1, position) : -1;
    }

    private static @Nullable Value at(List<Value> items, Value key) {
        int position = position(key, items.size());
        return position < 0 ? null : items.get(position);
    }

    private static @Nullable Value at(Value.Str str, Value key) {
        Text text = str.text();
        int position = position(key, text.length());
        return position < 0 ? null : str.with(text.slice(text.offset(position), text.offset(position + 1)));
    }

    private static @Nullable Value at(Value.Range range, Value key) {
        int position = position(key, range.size());
        return position < 0 ? null : Sequences.integer(range, position);
    }

    /** An attribute a filter was told to look at: {@code "a.b.0"} means item 0 of attribute b of attribute a. */
    record Path(List<Value> steps) {

        static Path of(Machine machine, Value attribute) {
            if (attribute instanceof Value.None) {
                return new Path(List.of());
            }
            if (!(attribute instanceof Value.Str str)) {
                return new Path(List.of(attribute));
            }
            machine.charge(1 + str.text().units());
            List<Value> steps = new ArrayList<>();
            for (Text step : Strings.split(str.text(), ".", -1)) {
                boolean number = !step.isEmpty()
                        && step.units() < 10
                        && step.chars().chars().allMatch(Characters::isAsciiDigit);
                steps.add(number ? Value.of(Long.parseLong(step.chars())) : Value.of(step));
            }
            return new Path(steps);
        }

        /** What the path leads to; {@code otherwise}, if not null, stands in for an undefined value. */
        Value get(Machine machine, Value item, @Nullable Value otherwise) {
            Value value = item;
            for (Value step : steps) {
                machine.charge(1);
                value = item(machine, value, step);
                if (otherwise != null && value instanceof Value.Undefined) {
                    value = otherwise;
                }
            }
            return value;
        }
    }
}
