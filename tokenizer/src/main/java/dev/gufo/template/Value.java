package dev.gufo.template;

import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;

/**
 * What an expression evaluates to, with Python's types. Everything but {@link Namespace} and iterators is immutable, so
 * only a namespace can contain itself.
 *
 * <p>Equality is Python's and lives in {@link Comparison}; the records' own {@code equals} and {@code hashCode} would
 * recurse without bound and are never called.
 */
sealed interface Value
        permits Value.None,
                Value.Bool,
                Value.Int,
                Value.BigInt,
                Value.Real,
                Value.Str,
                Value.ListValue,
                Value.Tuple,
                Value.Range,
                Value.DictView,
                Value.Iter,
                Value.Function,
                Value.Undefined,
                Dict,
                Namespace,
                LoopContext,
                Cycler {
    record None() implements Value {
        static final None NONE = new None();
    }

    record Bool(boolean value) implements Value {
        static final Bool TRUE = new Bool(true);
        static final Bool FALSE = new Bool(false);
    }

    record Int(long value) implements Value {}

    /** An integer outside long's range. */
    record BigInt(BigInteger value) implements Value {}

    record Real(double value) implements Value {}

    /** A string; {@code markup} if it is marked as safe HTML, which escapes what is joined to it. */
    record Str(Text text, boolean markup) implements Value {
        static final Str EMPTY = new Str(Text.EMPTY, false);

        String chars() {
            return text.chars();
        }

        Str with(Text other) {
            return new Str(other, markup);
        }
    }

    record ListValue(List<Value> items) implements Value {}

    /** A tuple; {@code group} if its two items are also called grouper and list. */
    record Tuple(List<Value> items, boolean group) implements Value {}

    /** Integers from {@code start}, {@code size} of them. */
    record Range(long start, long stop, long step, int size) implements Value {}

    /** What a dictionary's keys(), values() and items() return. */
    record DictView(Dict dict, Part part) implements Value {
        enum Part {
            KEYS,
            VALUES,
            ITEMS
        }

        Iterator<Value> iterator() {
            return switch (part) {
                case KEYS -> dict.keys().iterator();
                case VALUES -> dict.values().iterator();
                case ITEMS -> dict.items().iterator();
            };
        }
    }

    /** Items that can be taken once. */
    record Iter(Iterator<Value> items) implements Value {}

    /** Something callable: a built-in function, a bound method, a macro. */
    record Function(String type, String name, Body body) implements Value {
        @FunctionalInterface
        interface Body {
            Value call(Machine machine, Arguments arguments);
        }
    }

    /** What is not there; {@code message} says so when it is used for anything but asking or printing. */
    record Undefined(String message) implements Value {}

    static Bool of(boolean value) {
        return value ? Value.Bool.TRUE : Value.Bool.FALSE;
    }

    static Int of(long value) {
        return new Int(value);
    }

    static Value of(BigInteger value) {
        return value.bitLength() < 64 ? new Int(value.longValue()) : new BigInt(value);
    }

    static Str of(Text text) {
        return new Str(text, false);
    }

    /** A string of the interpreter's own. */
    static Str trusted(String chars) {
        return new Str(Text.trusted(chars), false);
    }

    static Tuple tuple(Value... items) {
        return new Tuple(List.of(items), false);
    }

    /** Python's name for the type, as its error messages print it. */
    default String type() {
        return switch (this) {
            case None _ -> "NoneType";
            case Bool _ -> "bool";
            case Int _, BigInt _ -> "int";
            case Real _ -> "float";
            case Str str -> str.markup() ? "Markup" : "str";
            case ListValue _ -> "list";
            case Tuple _ -> "tuple";
            case Dict _ -> "dict";
            case Range _ -> "range";
            case DictView view ->
                switch (view.part()) {
                    case KEYS -> "dict_keys";
                    case VALUES -> "dict_values";
                    case ITEMS -> "dict_items";
                };
            case Iter _ -> "generator";
            case Function function -> function.type();
            case Undefined _ -> "Undefined";
            case Namespace _ -> "Namespace";
            case LoopContext _ -> "LoopContext";
            case Cycler _ -> "Cycler";
        };
    }
}
