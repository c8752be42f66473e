package dev.gufo.template;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Python's {@code value[start:stop:step]}. */
final class Slices {
    private Slices() {}

    /** Any bound may be None. */
    static Value slice(Machine machine, Value target, Value start, Value stop, Value step) {
        int length = switch (target) {
            case Value.Str _, Value.ListValue _, Value.Tuple _, Value.Range _ -> Sequences.length(machine, target);
            case Value.Undefined(String message) -> throw machine.error(message);
            default -> throw machine.error("'%s' object cannot be sliced".formatted(target.type()));
        };
        long stride = step instanceof Value.None ? 1 : bound(machine, step);
        if (stride == 0) {
            throw machine.error("slice step cannot be zero");
        }
        boolean forward = stride > 0;
        long from = clamp(machine, start, length, forward, forward ? 0 : length - 1);
        long to = clamp(machine, stop, length, forward, forward ? length : -1);
        List<Integer> indices = null;
        int first = (int) from;
        int last = (int) Math.max(from, to);
        if (stride != 1) {
            indices = new ArrayList<>();
            for (long i = from; forward ? i < to : i > to; i += stride) {
                machine.charge(1);
                indices.add((int) i);
            }
        }
        return switch (target) {
            case Value.Str str -> {
                machine.chargeIndexing(str.text());
                yield str.with(indices == null ? units(str.text(), first, last) : pick(str.text(), indices));
            }
            case Value.ListValue list -> new Value.ListValue(pick(machine, list.items(), first, last, indices));
            case Value.Tuple tuple -> new Value.Tuple(pick(machine, tuple.items(), first, last, indices), false);
            case Value.Range range -> {
                int size = indices == null ? last - first : indices.size();
                yield new Value.Range(at(range, from), at(range, to), range.step() * stride, size);
            }
            default -> throw new AssertionError("no length, but not refused: " + target.type());
        };
    }

    private static long at(Value.Range range, long index) {
        return range.start() + index * range.step();
    }

    private static long bound(Machine machine, Value bound) {
        return switch (bound) {
            case Value.Int(long value) -> Math.clamp(value, -Integer.MAX_VALUE, Integer.MAX_VALUE);
            case Value.Bool(boolean value) -> value ? 1 : 0;
            case Value.BigInt big -> big.value().signum() * (long) Integer.MAX_VALUE;
            default -> throw machine.error("slice indices must be integers or None or have an __index__ method");
        };
    }

    private static long clamp(Machine machine, Value bound, int length, boolean forward, long otherwise) {
        if (bound instanceof Value.None) {
            return otherwise;
        }
        long index = bound(machine, bound);
        if (index < 0) {
            index += length;
        }
        return forward ? Math.clamp(index, 0, length) : Math.clamp(index, -1, length - 1);
    }

    private static Text units(Text text, int from, int to) {
        return text.slice(text.offset(from), text.offset(to));
    }

    private static Text pick(Text text, List<Integer> indices) {
        boolean plain = text.length() == text.units();
        int[] offsets = plain ? new int[0] : offsets(text);
        Text.Builder picked = new Text.Builder();
        for (int index : indices) {
            int offset = plain ? index : offsets[index];
            picked.appendCodePoint(text.chars().codePointAt(offset), text.trustedAt(offset));
        }
        return picked.build();
    }

    private static int[] offsets(Text text) {
        int[] offsets = new int[text.length()];
        int offset = 0;
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = offset;
            offset += Character.charCount(text.chars().codePointAt(offset));
        }
        return offsets;
    }

    private static List<Value> pick(
            Machine machine, List<Value> items, int from, int to, @Nullable List<Integer> indices) {
        if (indices != null) {
            return indices.stream().map(items::get).toList();
        }
        machine.charge(to - from);
        return List.copyOf(items.subList(from, to));
    }
}
