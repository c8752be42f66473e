package dev.gufo.chat;

import java.util.Map;

/**
 * A function that the model may call.
 *
 * @param name as the model writes it
 * @param description what it does; {@code ""} if the request does not say
 * @param parameters JSON schema of the arguments, as plain values: {@link Map} or {@link Boolean}; an object without
 *     properties if none was given
 * @param asTemplateValue the whole definition in OpenAI's format, as the request gave it
 */
public record ToolDefinition(String name, String description, Object parameters, Map<String, Object> asTemplateValue) {
    /** The schema of a function that takes nothing. */
    static final Map<String, Object> NO_PARAMETERS = Map.of("type", "object", "properties", Map.of());

    /**
     * Takes a definition apart.
     *
     * @param definition {@code {"type": "function", "function": {"name": …, "description": …, "parameters": …}}}
     * @throws IllegalArgumentException if it has no function with a name
     */
    public static ToolDefinition of(Map<String, Object> definition) {
        if (!(definition.get("function") instanceof Map<?, ?> function)
                || !(function.get("name") instanceof String name)) {
            throw new IllegalArgumentException("a tool needs a function with a name");
        }
        Object parameters = function.get("parameters");
        return new ToolDefinition(
                name,
                function.get("description") instanceof String description ? description : "",
                parameters == null ? NO_PARAMETERS : parameters,
                definition);
    }

    /** Whether the request wants the arguments kept to every keyword of {@link #parameters}, or not to be answered. */
    public boolean strict() {
        return asTemplateValue.get("function") instanceof Map<?, ?> function
                && Boolean.TRUE.equals(function.get("strict"));
    }

    /** The same function with another schema for its arguments; templates are shown what the request gave. */
    public ToolDefinition withParameters(Object schema) {
        return new ToolDefinition(name, description, schema, asTemplateValue);
    }
}
