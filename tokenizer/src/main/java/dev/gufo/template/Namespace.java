package dev.gufo.template;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The one mutable thing of a template: attributes that {@code set} may assign from inside loops. */
final class Namespace implements Value {
    private final Map<String, Text> names = new LinkedHashMap<>();
    private final Map<String, Value> attributes = new LinkedHashMap<>();

    /** Null if there is none. */
    @Nullable
    Value get(String name) {
        return attributes.get(name);
    }

    void set(Text name, Value value) {
        names.putIfAbsent(name.chars(), name);
        attributes.put(name.chars(), value);
    }

    /** The attributes as they are now. */
    Dict snapshot() {
        Dict dict = new Dict();
        attributes.forEach((name, value) -> dict.put(name, requireNonNull(names.get(name)), value));
        return dict;
    }
}
