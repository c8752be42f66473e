package dev.gufo.template;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** The functions every template may call. */
final class Globals {
    private Globals() {}

    static void declare(Scope scope) {
        declare(scope, "range", Globals::range);
        declare(scope, "dict", Globals::dict);
        declare(scope, "namespace", Globals::namespace);
        declare(scope, "cycler", Globals::cycler);
        declare(scope, "joiner", Globals::joiner);
        declare(scope, "raise_exception", (machine, arguments) -> {
            Value message = arguments.bind(machine, "raise_exception", 1, "message")[0];
            throw machine.raised(PythonRepr.str(machine, message).chars());
        });
        declare(scope, "strftime_now", (machine, arguments) -> {
            Value format = arguments.bind(machine, "strftime_now", 1, "format")[0];
            return Value.of(Strftime.format(
                    machine, StringMethods.string(machine, format).text()));
        });
    }

    private static void declare(Scope scope, String name, Value.Function.Body body) {
        scope.set(name, new Value.Function("function", name, body));
    }

    private static Value range(Machine machine, Arguments arguments) {
        Value[] bound = arguments.bind(machine, "range", 1, "start", "stop", "step");
        boolean single = bound[1] == null;
        long start = single ? 0 : integer(machine, bound[0]);
        long stop = integer(machine, single ? bound[0] : bound[1]);
        long step = bound[2] == null ? 1 : integer(machine, bound[2]);
        if (step == 0) {
            throw machine.error("range() arg 3 must not be zero");
        }
        long size = Math.max(0, step > 0 ? Math.ceilDiv(stop - start, step) : Math.ceilDiv(start - stop, -step));
        if (size > Sequences.MAX_RANGE) {
            throw machine.limit("range too big: more than %d items".formatted(Sequences.MAX_RANGE));
        }
        return new Value.Range(start, stop, step, (int) size);
    }

    /** So that differences and products cannot overflow. */
    private static long integer(Machine machine, Value value) {
        if (!Numbers.isInteger(value)) {
            Comparison.requireDefined(machine, value);
            throw machine.error("'%s' object cannot be interpreted as an integer".formatted(value.type()));
        }
        if (!Numbers.fitsLong(value) || Math.abs((double) Numbers.small(value)) > 1L << 61) {
            throw machine.limit("range() of numbers beyond 61 bits");
        }
        return Numbers.small(value);
    }

    private static Value dict(Machine machine, Arguments arguments) {
        Dict dict = new Dict();
        if (arguments.positional().size() > 1) {
            throw machine.error("dict expected at most 1 argument, got %d"
                    .formatted(arguments.positional().size()));
        }
        for (Value source : arguments.positional()) {
            fill(machine, dict, source);
        }
        arguments.keywords().forEach((name, value) -> dict.put(name, Text.trusted(name), value));
        return dict;
    }

    private static void fill(Machine machine, Dict dict, Value source) {
        Comparison.requireDefined(machine, source);
        if (source instanceof Dict other) {
            machine.charge(other.size());
            other.forEach((_, key, value) -> dict.put(machine, key, value));
            return;
        }
        Sequences.iterate(machine, source).forEachRemaining(item -> {
            List<Value> pair = Sequences.list(machine, item);
            if (pair.size() != 2) {
                throw machine.error("a dictionary is made of pairs, not of %d items".formatted(pair.size()));
            }
            dict.put(machine, pair.getFirst(), pair.getLast());
        });
    }

    private static Value namespace(Machine machine, Arguments arguments) {
        Namespace namespace = new Namespace();
        Dict attributes = (Dict) dict(machine, arguments);
        attributes.forEach((_, key, value) -> {
            if (key instanceof Value.Str name) {
                namespace.set(name.text(), value);
            }
        });
        return namespace;
    }

    private static Value cycler(Machine machine, Arguments arguments) {
        if (arguments.positional().isEmpty() || !arguments.keywords().isEmpty()) {
            throw machine.error("at least one item has to be provided");
        }
        return new Cycler(arguments.positional());
    }

    private static Value joiner(Machine machine, Arguments arguments) {
        Value given = arguments.bind(machine, "joiner", 0, "sep")[0];
        Value separator = given == null ? Value.trusted(", ") : given;
        AtomicBoolean used = new AtomicBoolean();
        return new Value.Function("Joiner", "joiner", (caller, none) -> {
            none.bind(caller, "joiner", 0);
            return used.getAndSet(true) ? separator : Value.Str.EMPTY;
        });
    }
}
