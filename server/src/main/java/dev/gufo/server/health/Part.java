package dev.gufo.server.health;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How one part of the server does. Everyone may read it, so it names no model, no key and no path.
 *
 * @param name of the part, for instance {@code ledger}
 * @param reason what is wrong, one line; {@code ""} if nothing is
 * @param numbers what there is to count
 */
public record Part(String name, State state, String reason, Map<String, Long> numbers) {
    /** How it does. */
    public enum State {
        OK,
        /** Something is wrong, and requests are answered all the same. */
        DEGRADED,
        /** Requests can't be answered, all or most of them. */
        FAILING,
        /** This server has no such part. */
        OFF;

        /** As it stands in JSON. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    public Part {
        numbers = Map.copyOf(numbers);
    }

    static Part ok(String name) {
        return new Part(name, State.OK, "", Map.of());
    }

    static Part off(String name) {
        return new Part(name, State.OFF, "", Map.of());
    }

    static Part failing(String name, String reason) {
        return new Part(name, State.FAILING, reason, Map.of());
    }

    Part counting(Map<String, Long> counted) {
        return new Part(name, state, reason, counted);
    }

    public boolean isFailing() {
        return state == State.FAILING;
    }

    /** As it stands in JSON. */
    public ObjectNode node() {
        ObjectNode node = JsonNodeFactory.instance.objectNode().put("state", state.word());
        if (!reason.isEmpty()) {
            node.put("reason", reason);
        }
        new java.util.TreeMap<>(numbers).forEach(node::put);
        return node;
    }

    /** As it stands in the answer of {@code /ready}. */
    Map<String, Object> json() {
        var json = new LinkedHashMap<String, Object>();
        json.put("state", state.word());
        if (!reason.isEmpty()) {
            json.put("reason", reason);
        }
        json.putAll(new java.util.TreeMap<>(numbers));
        return json;
    }
}
