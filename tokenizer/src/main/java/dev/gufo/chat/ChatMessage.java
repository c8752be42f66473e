package dev.gufo.chat;

import dev.gufo.template.Trusted;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One message.
 *
 * @param role who wrote it
 * @param content its text; empty if the assistant only called tools
 * @param toolCalls what the assistant called
 * @param more every other field as the client gave it, for instance {@code name}, {@code tool_call_id} or
 *     {@code reasoning_content}: null, {@link Boolean}, {@link Number}, {@link String}, {@link List} and {@link Map}
 */
public record ChatMessage(Role role, Optional<String> content, List<ToolCall> toolCalls, Map<String, Object> more) {
    public ChatMessage {
        toolCalls = List.copyOf(toolCalls);
        more = Collections.unmodifiableMap(new LinkedHashMap<>(more));
    }

    /** A message that is only text. */
    public static ChatMessage of(Role role, String content) {
        return new ChatMessage(role, Optional.of(content), List.of(), Map.of());
    }

    /**
     * The dictionary that a template gets; missing content is {@code none}, and the role is trusted because it is one
     * of our own words.
     */
    Map<String, Object> variables() {
        var message = new LinkedHashMap<String, Object>();
        message.put("role", new Trusted(role.word()));
        message.put("content", content.orElse(null));
        more.forEach(message::putIfAbsent);
        if (!toolCalls.isEmpty()) {
            message.put(
                    "tool_calls", toolCalls.stream().map(ToolCall::variables).toList());
        }
        return message;
    }
}
