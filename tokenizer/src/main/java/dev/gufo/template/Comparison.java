package dev.gufo.template;

import static java.util.Objects.requireNonNull;

import dev.gufo.template.Expr.Comparator;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;

/** Python's truth, equality, order, membership and hashing. Recursion into data counts against the machine's depth. */
final class Comparison {
    private enum NoneKey {
        NONE,
        UNDEFINED
    }

    private Comparison() {}

    static boolean truth(Value value) {
        return switch (value) {
            case Value.None _, Value.Undefined _ -> false;
            case Value.Bool(boolean bool) -> bool;
            case Value.Int(long number) -> number != 0;
            case Value.Real(double number) -> number != 0;
            case Value.Str str -> !str.text().isEmpty();
            case Value.ListValue list -> !list.items().isEmpty();
            case Value.Tuple tuple -> !tuple.items().isEmpty();
            case Dict dict -> dict.size() > 0;
            case Value.DictView view -> view.dict().size() > 0;
            case Value.Range range -> range.size() > 0;
            case Value.BigInt _, Value.Iter _, Value.Function _, Namespace _, LoopContext _, Cycler _ -> true;
        };
    }

    static boolean holds(Machine machine, Comparator comparator, Value left, Value right) {
        return switch (comparator) {
            case EQUAL -> equal(machine, left, right);
            case UNEQUAL -> !equal(machine, left, right);
            case LESS -> less(machine, left, right, "<");
            case GREATER -> less(machine, right, left, ">");
            case LESS_OR_EQUAL -> ordered(machine, left, right, "<=");
            case GREATER_OR_EQUAL -> ordered(machine, right, left, ">=");
            case IN -> contains(machine, right, left);
            case NOT_IN -> !contains(machine, right, left);
        };
    }

    @SuppressWarnings("ReferenceEquality") // identity is what is asked for
    static boolean identical(Value left, Value right) {
        return left == right;
    }

    static boolean equal(Machine machine, Value left, Value right) {
        if (identical(left, right)) {
            return !(left instanceof Value.Real(double number)) || !Double.isNaN(number);
        }
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            return !Numbers.isNaN(left) && !Numbers.isNaN(right) && Numbers.compare(left, right) == 0;
        }
        if (left instanceof Value.Str(Text a, boolean _) && right instanceof Value.Str(Text b, boolean _)) {
            machine.charge(1 + a.units() / 64);
            return a.chars().equals(b.chars());
        }
        machine.enter();
        boolean equal = switch (left) {
            case Value.None _ -> right instanceof Value.None;
            case Value.Undefined _ -> right instanceof Value.Undefined;
            case Value.ListValue(List<Value> items) ->
                right instanceof Value.ListValue(List<Value> others) && equalItems(machine, items, others);
            case Value.Tuple(List<Value> items, boolean _) ->
                right instanceof Value.Tuple(List<Value> others, boolean _) && equalItems(machine, items, others);
            case Dict dict -> right instanceof Dict other && equalDicts(machine, dict, other);
            case Value.Range range -> right instanceof Value.Range other && equalRanges(range, other);
            default -> false;
        };
        machine.leave();
        return equal;
    }

    static boolean equalItems(Machine machine, List<Value> left, List<Value> right) {
        if (left.size() != right.size()) {
            return false;
        }
        for (int i = 0; i < left.size(); i++) {
            if (!same(machine, left.get(i), right.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** As containers compare their items: what is identical is equal, even if it is not a number. */
    private static boolean same(Machine machine, Value left, Value right) {
        machine.charge(1);
        return identical(left, right) || equal(machine, left, right);
    }

    private static boolean equalDicts(Machine machine, Dict left, Dict right) {
        if (left.size() != right.size()) {
            return false;
        }
        for (Value key : left.keys()) {
            Value other = right.get(machine, key);
            if (other == null || !same(machine, requireNonNull(left.get(machine, key)), other)) {
                return false;
            }
        }
        return true;
    }

    private static boolean equalRanges(Value.Range left, Value.Range right) {
        return left.size() == right.size()
                && (left.size() == 0 || left.start() == right.start())
                && (left.size() < 2 || left.step() == right.step());
    }

    /** Python's {@code <}; {@code sign} is what the template wrote, for the error message. */
    static boolean less(Machine machine, Value left, Value right, String sign) {
        return Boolean.TRUE.equals(compare(machine, left, right, sign, false));
    }

    private static boolean ordered(Machine machine, Value left, Value right, String sign) {
        return Boolean.TRUE.equals(compare(machine, left, right, sign, true));
    }

    private static boolean compare(Machine machine, Value left, Value right, String sign, boolean orEqual) {
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            if (Numbers.isNaN(left) || Numbers.isNaN(right)) {
                return false;
            }
            int order = Numbers.compare(left, right);
            return orEqual ? order <= 0 : order < 0;
        }
        if (left instanceof Value.Str a && right instanceof Value.Str b) {
            machine.charge(1 + a.chars().length() / 64);
            int order = compareCodePoints(a.chars(), b.chars());
            return orEqual ? order <= 0 : order < 0;
        }
        if (left instanceof Value.ListValue(List<Value> a) && right instanceof Value.ListValue(List<Value> b)) {
            return compareItems(machine, a, b, sign, orEqual);
        }
        if (left instanceof Value.Tuple(List<Value> a, boolean _)
                && right instanceof Value.Tuple(List<Value> b, boolean _)) {
            return compareItems(machine, a, b, sign, orEqual);
        }
        requireDefined(machine, left);
        requireDefined(machine, right);
        boolean swapped = sign.startsWith(">");
        throw machine.error("'%s' not supported between instances of '%s' and '%s'"
                .formatted(sign, (swapped ? right : left).type(), (swapped ? left : right).type()));
    }

    private static boolean compareItems(
            Machine machine, List<Value> left, List<Value> right, String sign, boolean orEqual) {
        machine.enter();
        int common = Math.min(left.size(), right.size());
        for (int i = 0; i < common; i++) {
            if (!same(machine, left.get(i), right.get(i))) {
                boolean result = compare(machine, left.get(i), right.get(i), sign, orEqual);
                machine.leave();
                return result;
            }
        }
        machine.leave();
        return orEqual ? left.size() <= right.size() : left.size() < right.size();
    }

    /** UTF-16 order differs from code point order where surrogates meet U+E000 and above. */
    static int compareCodePoints(String left, String right) {
        int common = Math.min(left.length(), right.length());
        for (int i = 0; i < common; i++) {
            char a = left.charAt(i);
            char b = right.charAt(i);
            if (a != b) {
                boolean bothOrNone = Character.isSurrogate(a) == Character.isSurrogate(b);
                return bothOrNone ? Character.compare(a, b) : Character.isSurrogate(a) ? 1 : -1;
            }
        }
        return Integer.compare(left.length(), right.length());
    }

    static boolean contains(Machine machine, Value container, Value item) {
        return switch (container) {
            case Value.Str str -> {
                if (!(item instanceof Value.Str part)) {
                    throw machine.error("'in <string>' requires string as left operand, not " + item.type());
                }
                machine.chargeSearch(str.chars(), part.chars());
                yield str.chars().contains(part.chars());
            }
            case Dict dict -> dict.get(machine, item) != null;
            case Value.DictView view
            when view.part() == Value.DictView.Part.KEYS -> view.dict().get(machine, item) != null;
            case Value.Undefined _, Value.ListValue _, Value.Tuple _, Value.DictView _, Value.Range _, Value.Iter _ ->
                among(machine, Sequences.iterate(machine, container), item);
            default -> throw machine.error("argument of type '%s' is not iterable".formatted(container.type()));
        };
    }

    private static boolean among(Machine machine, Iterator<Value> items, Value item) {
        while (items.hasNext()) {
            if (same(machine, items.next(), item)) {
                return true;
            }
        }
        return false;
    }

    static void requireDefined(Machine machine, Value value) {
        if (value instanceof Value.Undefined(String message)) {
            throw machine.error(message);
        }
    }

    /** An object whose Java equality is Python's, for values that can be keys. */
    static Object key(Machine machine, Value value) {
        return switch (value) {
            case Value.Str str -> {
                machine.charge(1 + str.chars().length() / 64);
                yield str.chars();
            }
            case Value.Bool(boolean bool) -> bool ? 1L : 0L;
            case Value.Int(long number) -> number;
            case Value.BigInt big -> big.value();
            case Value.Real(double number) -> Numbers.key(number);
            case Value.None _ -> NoneKey.NONE;
            case Value.Undefined _ -> NoneKey.UNDEFINED;
            case Value.Tuple(List<Value> items, boolean _) -> {
                machine.enter();
                List<Object> keys = new ArrayList<>(items.size());
                items.forEach(item -> keys.add(key(machine, item)));
                machine.leave();
                yield new TupleKey(keys, Objects.hash(keys));
            }
            case Value.ListValue _, Dict _ -> throw machine.error("unhashable type: '%s'".formatted(value.type()));
            case Value.Range _,
                    Value.DictView _,
                    Value.Iter _,
                    Value.Function _,
                    Namespace _,
                    LoopContext _,
                    Cycler _ -> new IdentityKey(value);
        };
    }

    /** Remembers its hash, so that looking it up costs no walk through nested tuples. */
    private record TupleKey(List<Object> items, int hash) {
        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof TupleKey key && key.hash == hash && key.items.equals(items);
        }
    }

    private static final class IdentityKey {
        private final Value value;

        IdentityKey(Value value) {
            this.value = value;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(value);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof IdentityKey key && identical(key.value, value);
        }
    }
}
