package dev.gufo.server.answer;

import dev.gufo.chat.Conversation;
import dev.gufo.chat.ReasoningEffort;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What a request tells the chat template beside messages and tools. */
public final class TemplateArguments {
    private TemplateArguments() {}

    /**
     * The template's further variables.
     *
     * @param effort how much to reason; empty leaves it to the template
     * @param own variables that the request sets itself, which win
     * @throws ApiException if it sets one that is not its own to set
     */
    public static Map<String, Object> of(Optional<ReasoningEffort> effort, Optional<Fields> own) {
        var arguments = new LinkedHashMap<String, Object>();
        effort.ifPresent(much -> {
            // Templates know one or the other.
            arguments.put("enable_thinking", much != ReasoningEffort.NONE);
            arguments.put("thinking", much != ReasoningEffort.NONE);
            arguments.put("reasoning_effort", much);
        });
        own.ifPresent(fields -> fields.node().properties().forEach(field -> {
            if (Conversation.RESERVED.contains(field.getKey())) {
                throw ApiException.invalid(
                        fields.at(field.getKey()), "'%s' can't be set this way.".formatted(field.getKey()));
            }
            arguments.put(field.getKey(), Fields.plainValue(field.getValue()));
        }));
        return arguments;
    }
}
