package dev.gufo.template;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names as one block of the template sees them: its own, then those around it. */
final class Scope {
    private final @Nullable Scope parent;
    private @Nullable Map<String, Value> names;

    Scope(@Nullable Scope parent) {
        this.parent = parent;
    }

    /** Null if the name is nowhere. */
    @Nullable
    Value get(String name) {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            Value value = scope.names == null ? null : scope.names.get(name);
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    void set(String name, Value value) {
        if (names == null) {
            names = new HashMap<>();
        }
        names.put(name, value);
    }
}
