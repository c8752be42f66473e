package dev.gufo.chat;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where parsers put the calls they find. */
final class Calls {
    private final Deltas deltas;
    private final IdSource ids;
    private final Map<String, ToolDefinition> offered = new LinkedHashMap<>();

    Calls(Deltas deltas, List<ToolDefinition> tools, IdSource ids) {
        this.deltas = deltas;
        this.ids = ids;
        tools.forEach(tool -> offered.putIfAbsent(tool.name(), tool));
    }

    boolean offers(String name) {
        return offered.containsKey(name);
    }

    /** @param name one that is offered */
    ToolDefinition tool(String name) {
        return requireNonNull(offered.get(name));
    }

    void begin(String name) {
        deltas.beginCall(ids.next(), name);
    }

    void arguments(String json) {
        deltas.arguments(json);
    }

    void end() {
        deltas.endCall();
    }
}
