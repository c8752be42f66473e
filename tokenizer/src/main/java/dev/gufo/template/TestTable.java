package dev.gufo.template;

import static java.util.Map.entry;

import dev.gufo.template.Expr.Comparator;
import dev.gufo.template.Expr.Operator;
import dev.gufo.template.Expr.Test;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Jinja's tests: what may follow {@code is}. */
final class TestTable {
    private static final Map<String, Test> TESTS = Map.ofEntries(
            entry("defined", plain("defined", value -> !(value instanceof Value.Undefined))),
            entry("undefined", plain("undefined", value -> value instanceof Value.Undefined)),
            entry("none", plain("none", value -> value instanceof Value.None)),
            entry("boolean", plain("boolean", value -> value instanceof Value.Bool)),
            entry("true", plain("true", value -> value instanceof Value.Bool(boolean bool) && bool)),
            entry("false", plain("false", value -> value instanceof Value.Bool(boolean bool) && !bool)),
            entry("integer", plain("integer", value -> value instanceof Value.Int || value instanceof Value.BigInt)),
            entry("float", plain("float", value -> value instanceof Value.Real)),
            entry("number", plain("number", Numbers::isNumber)),
            entry("string", plain("string", value -> value instanceof Value.Str)),
            entry("mapping", plain("mapping", value -> value instanceof Dict)),
            entry("iterable", plain("iterable", Sequences::isIterable)),
            entry("sequence", plain("sequence", TestTable::isSequence)),
            entry("callable", plain("callable", TestTable::isCallable)),
            entry("escaped", plain("escaped", value -> value instanceof Value.Str str && str.markup())),
            entry("lower", (machine, value, arguments) -> {
                arguments.bind(machine, "lower", 0);
                return StringQueries.isLower(PythonRepr.str(machine, value).chars());
            }),
            entry("upper", (machine, value, arguments) -> {
                arguments.bind(machine, "upper", 0);
                return StringQueries.isUpper(PythonRepr.str(machine, value).chars());
            }),
            entry("odd", (machine, value, arguments) -> {
                arguments.bind(machine, "odd", 0);
                return remainderIs(machine, value, Value.of(2), 1);
            }),
            entry("even", (machine, value, arguments) -> {
                arguments.bind(machine, "even", 0);
                return remainderIs(machine, value, Value.of(2), 0);
            }),
            entry(
                    "divisibleby",
                    (machine, value, arguments) ->
                            remainderIs(machine, value, arguments.bind(machine, "divisibleby", 1, "num")[0], 0)),
            entry("in", comparing("in", Comparator.IN)),
            entry(
                    "sameas",
                    (machine, value, arguments) -> same(value, arguments.bind(machine, "sameas", 1, "other")[0])),
            entry("filter", (machine, value, arguments) -> {
                arguments.bind(machine, "filter", 0);
                return value instanceof Value.Str name && FilterTable.find(name.chars()) != null;
            }),
            entry("test", (machine, value, arguments) -> {
                arguments.bind(machine, "test", 0);
                return value instanceof Value.Str name && TestTable.find(name.chars()) != null;
            }),
            entry("==", comparing("eq", Comparator.EQUAL)),
            entry("eq", comparing("eq", Comparator.EQUAL)),
            entry("equalto", comparing("eq", Comparator.EQUAL)),
            entry("!=", comparing("ne", Comparator.UNEQUAL)),
            entry("ne", comparing("ne", Comparator.UNEQUAL)),
            entry("<", comparing("lt", Comparator.LESS)),
            entry("lt", comparing("lt", Comparator.LESS)),
            entry("lessthan", comparing("lt", Comparator.LESS)),
            entry("<=", comparing("le", Comparator.LESS_OR_EQUAL)),
            entry("le", comparing("le", Comparator.LESS_OR_EQUAL)),
            entry(">", comparing("gt", Comparator.GREATER)),
            entry("gt", comparing("gt", Comparator.GREATER)),
            entry("greaterthan", comparing("gt", Comparator.GREATER)),
            entry(">=", comparing("ge", Comparator.GREATER_OR_EQUAL)),
            entry("ge", comparing("ge", Comparator.GREATER_OR_EQUAL)));

    private TestTable() {}

    /** Null if there is none of that name. */
    static @Nullable Test find(String name) {
        return TESTS.get(name);
    }

    @FunctionalInterface
    private interface Question {
        boolean ask(Value value);
    }

    private static Test plain(String name, Question question) {
        return (machine, value, arguments) -> {
            arguments.bind(machine, name, 0);
            return question.ask(value);
        };
    }

    private static Test comparing(String name, Comparator comparator) {
        return (machine, value, arguments) ->
                Comparison.holds(machine, comparator, value, arguments.bind(machine, name, 1, "other")[0]);
    }

    private static boolean isSequence(Value value) {
        return value instanceof Value.Str
                || value instanceof Value.ListValue
                || value instanceof Value.Tuple
                || value instanceof Dict
                || value instanceof Value.Range
                || value instanceof Value.Undefined;
    }

    private static boolean isCallable(Value value) {
        return value instanceof Value.Function || value instanceof LoopContext || value instanceof Value.Undefined;
    }

    private static boolean remainderIs(Machine machine, Value value, Value divisor, int remainder) {
        Value actual = Arithmetic.apply(machine, Operator.MODULO, value, divisor);
        return Comparison.equal(machine, actual, Value.of(remainder));
    }

    /** Identity, of which Python promises little for numbers and strings: equal ones count as the same. */
    private static boolean same(Value left, Value right) {
        return switch (left) {
            case Value.None _ -> right instanceof Value.None;
            case Value.Bool(boolean bool) -> right instanceof Value.Bool(boolean other) && bool == other;
            case Value.Int(long number) -> right instanceof Value.Int(long other) && number == other;
            case Value.Str str ->
                right instanceof Value.Str other && str.chars().equals(other.chars());
            default -> Comparison.identical(left, right);
        };
    }
}
