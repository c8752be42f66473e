package dev.gufo.server.answer;

import dev.gufo.chat.ToolDefinition;
import java.util.List;
import java.util.Map;

/**
 * What a request says about tools.
 *
 * @param offered shown to the model; none if {@code tool_choice} is {@code none}
 * @param callable those that it may call
 * @param required whether it must call one
 * @param parallel whether it may call several
 */
public record ToolUse(List<ToolDefinition> offered, List<ToolDefinition> callable, boolean required, boolean parallel) {
    /** No tools. */
    public static final ToolUse NONE = new ToolUse(List.of(), List.of(), false, true);

    /** The offered tools as templates take them. */
    public List<Map<String, Object>> forTemplate() {
        return offered.stream().map(ToolDefinition::asTemplateValue).toList();
    }
}
