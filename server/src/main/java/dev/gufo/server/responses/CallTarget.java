package dev.gufo.server.responses;

import java.util.Map;

/**
 * What a client knows a tool as.
 *
 * @param custom whether the client wants free text instead of JSON arguments
 * @param name without the namespace
 * @param namespace that it belongs to, or {@code ""}
 */
record CallTarget(boolean custom, String name, String namespace) {
    /** The argument of the function that stands for a custom tool. */
    static final String INPUT = "input";

    /** The arguments of a call of a custom tool, as the model wrote them. */
    static Map<String, Object> arguments(String input) {
        return Map.of(INPUT, input);
    }
}
