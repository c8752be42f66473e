package dev.gufo.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The variable {@code loop}: where a for-loop stands. Looks ahead only when asked to, because taking an item may have
 * effects.
 */
final class LoopContext implements Value {
    private Iterator<Value> items;
    private final int depth;
    private final Function.@Nullable Body recursion;

    /** Negative until it is known. */
    private int length;

    private int index0 = -1;
    private @Nullable Value previous;
    private @Nullable Value current;
    private @Nullable Value following;
    private @Nullable List<Value> lastChanged;

    /**
     * @param length negative if unknown
     * @param recursion what calling the loop does; null unless the loop is recursive
     */
    LoopContext(Iterator<Value> items, int length, int depth, Function.@Nullable Body recursion) {
        this.items = items;
        this.length = length;
        this.depth = depth;
        this.recursion = recursion;
    }

    boolean hasNext() {
        return following != null || items.hasNext();
    }

    Value advance() {
        previous = current;
        Value next = following == null ? items.next() : following;
        current = next;
        following = null;
        index0++;
        return next;
    }

    private boolean last() {
        if (following == null && items.hasNext()) {
            following = items.next();
        }
        return following == null;
    }

    /** All items, taken and to come. */
    int size() {
        if (length < 0) {
            List<Value> rest = new ArrayList<>();
            items.forEachRemaining(rest::add);
            items = rest.iterator();
            length = index0 + 1 + rest.size() + (following == null ? 0 : 1);
        }
        return length;
    }

    /** Null if there is no such attribute. */
    @Nullable
    Value attribute(String name) {
        return switch (name) {
            case "index" -> Value.of(index0 + 1);
            case "index0" -> Value.of(index0);
            case "revindex" -> Value.of(size() - index0);
            case "revindex0" -> Value.of(size() - index0 - 1);
            case "first" -> Value.of(index0 == 0);
            case "last" -> Value.of(last());
            case "length" -> Value.of(size());
            case "depth" -> Value.of(depth + 1);
            case "depth0" -> Value.of(depth);
            case "previtem" -> previous == null ? new Undefined("there is no previous item") : previous;
            case "nextitem" -> last() ? new Undefined("there is no next item") : following;
            case "cycle" -> new Function("method", name, this::cycle);
            case "changed" -> new Function("method", name, this::changed);
            default -> null;
        };
    }

    private Value cycle(Machine machine, Arguments arguments) {
        List<Value> choices = arguments.positional();
        if (choices.isEmpty()) {
            throw machine.error("no items for cycling given");
        }
        return choices.get(index0 % choices.size());
    }

    private Value changed(Machine machine, Arguments arguments) {
        List<Value> values = arguments.positional();
        boolean changed = lastChanged == null || !Comparison.equalItems(machine, lastChanged, values);
        lastChanged = values;
        return Value.of(changed);
    }

    Value call(Machine machine, Arguments arguments) {
        if (recursion == null) {
            throw machine.error("the loop must have the 'recursive' marker to be called recursively");
        }
        return recursion.call(machine, arguments);
    }

    @Override
    public String toString() {
        return "<LoopContext %d/%d>".formatted(index0 + 1, size());
    }
}
