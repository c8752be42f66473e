package dev.gufo.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A dictionary in insertion order, keyed as Python does: 1, 1.0 and True are one key. */
final class Dict implements Value {
    private record Entry(Value key, Value value) {}

    /** By {@link Comparison#key}. Written while the dictionary is made, read afterwards. */
    private final Map<Object, Entry> entries = new LinkedHashMap<>();

    /** Adds or replaces; a replaced entry keeps its place and its first key. */
    void put(Machine machine, Value key, Value value) {
        Object hashed = Comparison.key(machine, key);
        Entry present = entries.get(hashed);
        entries.put(hashed, new Entry(present == null ? key : present.key(), value));
    }

    void put(String key, Text text, Value value) {
        entries.put(key, new Entry(Value.of(text), value));
    }

    /** Null if there is none. */
    @Nullable
    Value get(Machine machine, Value key) {
        return find(Comparison.key(machine, key));
    }

    /** Null if there is none. */
    @Nullable
    Value get(String key) {
        return find(key);
    }

    /** By {@link Comparison#key}; null if there is none. */
    @Nullable
    Value find(Object hashed) {
        Entry entry = entries.get(hashed);
        return entry == null ? null : entry.value();
    }

    int size() {
        return entries.size();
    }

    List<Value> keys() {
        List<Value> keys = new ArrayList<>(entries.size());
        entries.values().forEach(entry -> keys.add(entry.key()));
        return keys;
    }

    List<Value> values() {
        List<Value> values = new ArrayList<>(entries.size());
        entries.values().forEach(entry -> values.add(entry.value()));
        return values;
    }

    List<Value> items() {
        List<Value> items = new ArrayList<>(entries.size());
        entries.values().forEach(entry -> items.add(Value.tuple(entry.key(), entry.value())));
        return items;
    }

    /** Every entry's {@link Comparison#key} and value, in order. */
    void forEach(Visitor visitor) {
        entries.forEach((hashed, entry) -> visitor.visit(hashed, entry.key(), entry.value()));
    }

    @FunctionalInterface
    interface Visitor {
        void visit(Object hashed, Value key, Value value);
    }

    @Override
    public String toString() {
        return "Dict of " + entries.size();
    }
}
