package dev.gufo.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Going through values that hold others. */
final class Sequences {
    /** A bound of the reference's sandbox. */
    static final int MAX_RANGE = 100_000;

    private Sequences() {}

    /** Python's {@code iter}: fails if the value holds nothing one could go through. */
    static Iterator<Value> iterate(Machine machine, Value value) {
        return switch (value) {
            case Value.ListValue list -> list.items().iterator();
            case Value.Tuple tuple -> tuple.items().iterator();
            case Dict dict -> dict.keys().iterator();
            case Value.DictView view -> view.iterator();
            case Value.Iter iter -> iter.items();
            case Value.Str str -> characters(str.text());
            case Value.Range range -> integers(range);
            case Value.Undefined _ -> Collections.emptyIterator();
            case Value.None _,
                    Value.Bool _,
                    Value.Int _,
                    Value.BigInt _,
                    Value.Real _,
                    Value.Function _,
                    Namespace _,
                    LoopContext _,
                    Cycler _ -> throw machine.error("'%s' object is not iterable".formatted(value.type()));
        };
    }

    static boolean isIterable(Value value) {
        return switch (value) {
            case Value.ListValue _,
                    Value.Tuple _,
                    Dict _,
                    Value.DictView _,
                    Value.Iter _,
                    Value.Str _,
                    Value.Range _,
                    Value.Undefined _,
                    LoopContext _ -> true;
            case Value.None _,
                    Value.Bool _,
                    Value.Int _,
                    Value.BigInt _,
                    Value.Real _,
                    Value.Function _,
                    Namespace _,
                    Cycler _ -> false;
        };
    }

    /** All items in a list of its own. */
    static List<Value> list(Machine machine, Value value) {
        int length = lengthOrUnknown(value);
        machine.charge(Math.max(length, 0));
        List<Value> items = new ArrayList<>(Math.max(length, 8));
        Iterator<Value> iterator = iterate(machine, value);
        while (iterator.hasNext()) {
            if (length < 0) {
                machine.charge(1);
            }
            items.add(iterator.next());
        }
        return items;
    }

    /** Python's {@code len}. */
    static int length(Machine machine, Value value) {
        int length = lengthOrUnknown(value);
        if (length < 0) {
            throw machine.error("object of type '%s' has no len()".formatted(value.type()));
        }
        return length;
    }

    /** Negative if the value has no length. */
    static int lengthOrUnknown(Value value) {
        return switch (value) {
            case Value.ListValue list -> list.items().size();
            case Value.Tuple tuple -> tuple.items().size();
            case Dict dict -> dict.size();
            case Value.DictView view -> view.dict().size();
            case Value.Str str -> str.text().length();
            case Value.Range range -> range.size();
            case Value.Undefined _ -> 0;
            case LoopContext loop -> loop.size();
            case Value.None _,
                    Value.Bool _,
                    Value.Int _,
                    Value.BigInt _,
                    Value.Real _,
                    Value.Function _,
                    Value.Iter _,
                    Namespace _,
                    Cycler _ -> -1;
        };
    }

    /** Items whose source is not even looked at before the first of them is asked for. */
    static Value.Iter deferred(Machine machine, Supplier<Iterator<Value>> items) {
        return new Value.Iter(new LazyIterator(machine) {
            private @Nullable Iterator<Value> begun;

            @Override
            @Nullable
            Value advance() {
                if (begun == null) {
                    begun = items.get();
                }
                return begun.hasNext() ? begun.next() : null;
            }
        });
    }

    private static Iterator<Value> characters(Text text) {
        return new Iterator<>() {
            private int position;

            @Override
            public boolean hasNext() {
                return position < text.units();
            }

            @Override
            public Value next() {
                int from = position;
                position += Character.charCount(text.chars().codePointAt(from));
                return Value.of(text.slice(from, position));
            }
        };
    }

    static Value integer(Value.Range range, int index) {
        return Value.of(range.start() + index * range.step());
    }

    private static Iterator<Value> integers(Value.Range range) {
        return new Iterator<>() {
            private int position;

            @Override
            public boolean hasNext() {
                return position < range.size();
            }

            @Override
            public Value next() {
                return integer(range, position++);
            }
        };
    }

    /**
     * A stable merge sort that asks for nothing but "less than", as Python's does; a comparison that is not an order
     * cannot break it.
     */
    static <T> List<T> sorted(List<T> items, Less<T> less) {
        if (items.size() < 2) {
            return items;
        }
        List<T> left = sorted(items.subList(0, items.size() / 2), less);
        List<T> right = sorted(items.subList(items.size() / 2, items.size()), less);
        List<T> merged = new ArrayList<>(items.size());
        int l = 0;
        int r = 0;
        while (l < left.size() && r < right.size()) {
            merged.add(less.than(right.get(r), left.get(l)) ? right.get(r++) : left.get(l++));
        }
        merged.addAll(left.subList(l, left.size()));
        merged.addAll(right.subList(r, right.size()));
        return merged;
    }

    @FunctionalInterface
    interface Less<T> {
        boolean than(T left, T right);
    }
}
