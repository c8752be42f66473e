package dev.gufo.chat;

import dev.gufo.template.TemplateInput;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a prompt is made of.
 *
 * @param messages at least one, oldest first
 * @param tools definitions in OpenAI's format, as given; empty if none are offered
 * @param templateArguments further variables of the template, for instance {@code enable_thinking}, none of
 *     {@link #RESERVED}; beside plain values a {@link ReasoningEffort}
 */
public record Conversation(
        List<ChatMessage> messages, List<Map<String, Object>> tools, Map<String, Object> templateArguments) {
    /** Variables that a request can't set itself. */
    public static final Set<String> RESERVED = Set.of(
            "messages", "tools", "bos_token", "eos_token", "raise_exception", "strftime_now", "range", "namespace");

    public Conversation {
        messages = List.copyOf(messages);
        tools = List.copyOf(tools);
        templateArguments = Collections.unmodifiableMap(new LinkedHashMap<>(templateArguments));
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("a conversation needs a message");
        }
        for (String name : templateArguments.keySet()) {
            if (RESERVED.contains(name)) {
                throw new IllegalArgumentException(name + " can't be set by a template argument");
            }
        }
    }

    /**
     * The variables of a template that asks for the assistant's next message.
     *
     * @param bosToken text of the beginning-of-sequence token, or {@code ""}
     * @param eosToken text of the end-of-sequence token, or {@code ""}
     * @param noToolsAsNone whether {@code tools} is {@code none} where there are none; if not it is an empty list
     * @param now local time for {@code strftime_now}
     */
    public TemplateInput input(String bosToken, String eosToken, boolean noToolsAsNone, LocalDateTime now) {
        var variables = new LinkedHashMap<String, Object>();
        variables.put("add_generation_prompt", true);
        variables.putAll(templateArguments);
        variables.put("messages", messages.stream().map(ChatMessage::variables).toList());
        // Transformers passes None when there are no tools; most templates were written against that.
        variables.put("tools", tools.isEmpty() && noToolsAsNone ? null : tools);
        return new TemplateInput(variables, Map.of("bos_token", bosToken, "eos_token", eosToken), now);
    }
}
