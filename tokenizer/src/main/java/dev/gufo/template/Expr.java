package dev.gufo.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An expression as it was written. Immutable and shared between renderings; nested only as deep as
 * {@link TemplateLimits} lets the parser go.
 */
sealed interface Expr {
    /** Where it was written, from 1. */
    int line();

    record Literal(int line, Value value) implements Expr {}

    record Name(int line, String name) implements Expr {}

    record ListLiteral(int line, List<Expr> items) implements Expr {}

    record TupleLiteral(int line, List<Expr> items) implements Expr {}

    record DictLiteral(int line, List<Pair> pairs) implements Expr {}

    record Pair(Expr key, Expr value) {}

    record Attribute(int line, Expr target, String name) implements Expr {}

    record Subscript(int line, Expr target, Expr index) implements Expr {}

    /** {@code target[start:stop:step]} */
    record Slice(
            int line,
            Expr target,
            @Nullable Expr start,
            @Nullable Expr stop,
            @Nullable Expr step) implements Expr {}

    record Call(int line, Expr target, CallArguments arguments) implements Expr {}

    /** {@code filter} is null if there is none of that name, which fails when it runs. */
    record FilterCall(
            int line, Expr input, String name, @Nullable Filter filter, CallArguments arguments) implements Expr {}

    /** {@code test} is null if there is none of that name, which fails when it runs. */
    record TestCall(
            int line, Expr input, String name, @Nullable Test test, CallArguments arguments) implements Expr {}

    record Not(int line, Expr operand) implements Expr {}

    record Sign(int line, boolean negative, Expr operand) implements Expr {}

    record Binary(int line, Operator operator, Expr left, Expr right) implements Expr {}

    record Both(int line, Expr left, Expr right) implements Expr {}

    record Either(int line, Expr left, Expr right) implements Expr {}

    record Compare(int line, Expr first, List<Operand> rest) implements Expr {}

    record Operand(Comparator comparator, Expr value) {}

    record Concat(int line, List<Expr> parts) implements Expr {}

    /** {@code otherwise} is null if it was not written. */
    record Conditional(
            int line, Expr test, Expr then, @Nullable Expr otherwise) implements Expr {}

    /** What a filter block hands to its filter. */
    record BlockText(int line) implements Expr {}

    /** {@code list} and {@code keywordMap} are what {@code *} and {@code **} spread. */
    record CallArguments(
            List<Expr> positional,
            List<Keyword> keywords,
            @Nullable Expr list,
            @Nullable Expr keywordMap) {
        static final CallArguments NONE = new CallArguments(List.of(), List.of(), null, null);
    }

    record Keyword(String name, Expr value) {}

    enum Operator {
        ADD("+"),
        SUBTRACT("-"),
        MULTIPLY("*"),
        DIVIDE("/"),
        FLOOR_DIVIDE("//"),
        MODULO("%"),
        POWER("** or pow()");

        private final String sign;

        Operator(String sign) {
            this.sign = sign;
        }

        String sign() {
            return sign;
        }
    }

    enum Comparator {
        EQUAL,
        UNEQUAL,
        LESS,
        LESS_OR_EQUAL,
        GREATER,
        GREATER_OR_EQUAL,
        IN,
        NOT_IN
    }

    /** A filter: {@code value | name(arguments)}. */
    @FunctionalInterface
    interface Filter {
        Value apply(Machine machine, Value value, Arguments arguments);
    }

    /** A test: {@code value is name(arguments)}. */
    @FunctionalInterface
    interface Test {
        boolean test(Machine machine, Value value, Arguments arguments);
    }
}
