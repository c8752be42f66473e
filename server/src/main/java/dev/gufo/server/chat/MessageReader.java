package dev.gufo.server.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.chat.ChatMessage;
import dev.gufo.chat.Role;
import dev.gufo.chat.ToolCall;
import dev.gufo.server.answer.CallText;
import dev.gufo.server.answer.Turn;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads {@code messages} and {@code tools} of a chat request. */
final class MessageReader {
    private MessageReader() {}

    static List<ChatMessage> messages(Fields request) {
        JsonNode array = request.array("messages", Turn.MAX_MESSAGES).orElseThrow(() -> Fields.missing("messages"));
        if (array.isEmpty()) {
            throw ApiException.invalid("messages", "'messages' must have at least one message.");
        }
        var messages = new ArrayList<ChatMessage>(array.size());
        for (int i = 0; i < array.size(); i++) {
            messages.add(message(Fields.element(array, i, "messages")));
        }
        return messages;
    }

    static List<Map<String, Object>> tools(Fields request) {
        Optional<JsonNode> array = request.array("tools", Turn.MAX_TOOLS);
        var tools = new ArrayList<Map<String, Object>>();
        for (int i = 0; array.isPresent() && i < array.get().size(); i++) {
            Fields tool = Fields.element(array.get(), i, "tools");
            String type = required(tool.text("type"), tool.at("type"));
            if (!type.equals("function")) {
                throw ApiException.unsupported(
                        tool.at("type"), "Only tools of type 'function' are supported, '%s' is not.".formatted(type));
            }
            Fields function = required(tool.object("function"), tool.at("function"));
            required(function.text("name"), function.at("name"));
            function.flag("strict"); // read from the map, where it must be a boolean
            tools.add(map(tool));
        }
        return tools;
    }

    /** The object's fields as plain values, in their order. */
    static Map<String, Object> map(Fields object) {
        var map = new LinkedHashMap<String, Object>();
        object.node().properties().forEach(field -> map.put(field.getKey(), Fields.plainValue(field.getValue())));
        return map;
    }

    private static ChatMessage message(Fields message) {
        String word = required(message.text("role"), message.at("role"));
        Role role = Role.of(word)
                .orElseThrow(() -> ApiException.invalid(
                        message.at("role"), "'%s' must be one of %s.".formatted(message.at("role"), Role.WORDS)));
        List<ToolCall> calls = toolCalls(message);
        if (!calls.isEmpty() && role != Role.ASSISTANT) {
            throw ApiException.invalid(message.at("tool_calls"), "Only an assistant's message can call tools.");
        }
        Optional<String> content = content(message);
        if (content.isEmpty() && role != Role.ASSISTANT) {
            throw Fields.missing(message.at("content"));
        }
        if (role == Role.TOOL) {
            required(message.text("tool_call_id"), message.at("tool_call_id"));
        }
        if (message.any("function_call").isPresent()) {
            throw ApiException.unsupported(
                    message.at("function_call"), "'function_call' is not supported; use 'tool_calls'.");
        }
        Map<String, Object> more = map(message);
        List.of("role", "content", "tool_calls").forEach(more::remove);
        // Without calls an absent text is an empty one: a template would print the word None.
        return new ChatMessage(role, calls.isEmpty() ? content.or(() -> Optional.of("")) : content, calls, more);
    }

    /** A string, or text parts, which are joined by line feeds as templates take one string. */
    private static Optional<String> content(Fields message) {
        Optional<JsonNode> content = message.any("content");
        if (content.isEmpty()) {
            return Optional.empty();
        }
        JsonNode value = content.get();
        if (value.isTextual()) {
            return Optional.of(value.textValue());
        }
        if (!value.isArray() || value.isEmpty()) {
            throw Fields.wrong(message.at("content"), "a string or an array of parts", value);
        }
        Fields.requireAtMost(Turn.MAX_PARTS, value, message.at("content"));
        var texts = new ArrayList<String>(value.size());
        for (int i = 0; i < value.size(); i++) {
            texts.add(part(Fields.element(value, i, message.at("content"))));
        }
        return Optional.of(String.join("\n", texts));
    }

    private static String part(Fields part) {
        String type = required(part.text("type"), part.at("type"));
        return switch (type) {
            case "text" -> required(part.text("text"), part.at("text"));
            case "refusal" -> required(part.text("refusal"), part.at("refusal"));
            case "image_url", "input_audio", "file", "video_url" ->
                throw ApiException.unsupported(
                        part.at("type"),
                        "This model takes text only: content parts of type '%s' are not supported.".formatted(type));
            default -> throw ApiException.invalid(part.at("type"), "'%s' must be 'text'.".formatted(part.at("type")));
        };
    }

    private static List<ToolCall> toolCalls(Fields message) {
        Optional<JsonNode> array = message.array("tool_calls", Turn.MAX_CALLS);
        var calls = new ArrayList<ToolCall>();
        for (int i = 0; array.isPresent() && i < array.get().size(); i++) {
            Fields call = Fields.element(array.get(), i, message.at("tool_calls"));
            Fields function = required(call.object("function"), call.at("function"));
            String name = required(function.text("name"), function.at("name"));
            calls.add(new ToolCall(call.text("id").orElse(""), name, arguments(function)));
        }
        return calls;
    }

    private static Object arguments(Fields function) {
        // Clients leave them out, or send null, for a function that takes none.
        JsonNode value = function.any("arguments").orElse(null);
        if (value == null) {
            return Map.of();
        }
        if (value.isObject()) {
            return Fields.plainValue(value);
        }
        if (!value.isTextual()) {
            throw Fields.wrong(function.at("arguments"), "a string with a JSON object", value);
        }
        return CallText.arguments(value.textValue());
    }

    private static <T> T required(Optional<T> value, String path) {
        return value.orElseThrow(() -> Fields.missing(path));
    }
}
