package dev.gufo.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code cycler(...)} returns: its items over and over. */
final class Cycler implements Value {
    private final List<Value> items;
    private int position;

    /** @param items at least one */
    Cycler(List<Value> items) {
        this.items = items;
    }

    /** Null if there is no such attribute. */
    @Nullable
    Value attribute(String name) {
        return switch (name) {
            case "current" -> items.get(position);
            case "items" -> new Tuple(items, false);
            case "pos" -> Value.of(position);
            case "next" ->
                new Function("method", name, (machine, arguments) -> {
                    arguments.bind(machine, name, 0);
                    Value current = items.get(position);
                    position = (position + 1) % items.size();
                    return current;
                });
            case "reset" ->
                new Function("method", name, (machine, arguments) -> {
                    arguments.bind(machine, name, 0);
                    position = 0;
                    return Value.None.NONE;
                });
            default -> null;
        };
    }
}
