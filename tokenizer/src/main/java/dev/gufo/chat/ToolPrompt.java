package dev.gufo.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a conversation one that a template can show. Where the template shows no tools, a system message tells of
 * them and of the form of a call; where it shows no calls either, earlier ones and their results become text of the
 * assistant and the user.
 */
final class ToolPrompt {
    /** Keywords of a schema whose values are data. */
    private static final Set<String> VALUE_KEYWORDS = Set.of("default", "const", "enum", "example", "examples");

    private final ChatFormat format;

    ToolPrompt(ChatFormat format) {
        this.format = format;
    }

    /** What {@link ChatFormat#adapt} gives. */
    Conversation adapt(Conversation conversation) {
        boolean showsCalls =
                format.tools() != ToolSyntax.GENERIC && format.rules().calls().shown();
        Map<String, ToolDefinition> tools = definitions(conversation);
        List<ChatMessage> messages = showsCalls
                ? conversation.messages().stream()
                        .map(message -> withFittingCalls(withShownArguments(message, tools)))
                        .toList()
                : withoutCalls(conversation.messages());
        if (format.showsTools() || conversation.tools().isEmpty()) {
            List<Map<String, Object>> complete =
                    conversation.tools().stream().map(ToolPrompt::complete).toList();
            return new Conversation(messages, complete, conversation.templateArguments());
        }
        return new Conversation(
                withInstructions(messages, instructions(conversation.tools())),
                List.of(),
                conversation.templateArguments());
    }

    /**
     * OpenAI lets description and parameters be left out; many templates were never shown a definition without them, or
     * with null in their place.
     */
    private static Map<String, Object> complete(Map<String, Object> tool) {
        if (!(tool.get("function") instanceof Map<?, ?> function)) {
            return tool;
        }
        var whole = new LinkedHashMap<Object, Object>(function);
        whole.putIfAbsent("description", "");
        whole.putIfAbsent("parameters", ToolDefinition.NO_PARAMETERS);
        whole.computeIfPresent("parameters", (_, schema) -> withoutNulls(schema));
        var copy = new LinkedHashMap<>(tool);
        copy.put("function", whole);
        return copy;
    }

    /** A schema without keywords that are null, which say nothing; where null is a value it stays. */
    private static Object withoutNulls(Object schema) {
        return switch (schema) {
            case Map<?, ?> map -> {
                var kept = new LinkedHashMap<Object, Object>();
                map.forEach((key, value) -> {
                    boolean isValue = VALUE_KEYWORDS.contains(key);
                    if (value != null || isValue) {
                        kept.put(key, isValue ? value : withoutNulls(value));
                    }
                });
                yield kept;
            }
            case List<?> list ->
                list.stream()
                        .map(each -> each == null ? null : withoutNulls(each))
                        .toList();
            default -> schema;
        };
    }

    private static Map<String, ToolDefinition> definitions(Conversation conversation) {
        var tools = new LinkedHashMap<String, ToolDefinition>();
        conversation.tools().stream()
                .filter(tool ->
                        tool.get("function") instanceof Map<?, ?> function && function.get("name") instanceof String)
                .map(ToolDefinition::of)
                .forEach(tool -> tools.putIfAbsent(tool.name(), tool));
        return tools;
    }

    /**
     * Arguments as the model would have written them, so that what the template shows is read back as these arguments.
     */
    private ChatMessage withShownArguments(ChatMessage message, Map<String, ToolDefinition> tools) {
        if (message.toolCalls().isEmpty() || format.callArguments() != ChatFormat.CallArguments.OBJECT) {
            return message;
        }
        List<ToolCall> calls = message.toolCalls().stream()
                .map(call -> call.arguments() instanceof Map<?, ?> given
                        ? new ToolCall(call.id(), call.name(), shown(tools.get(call.name()), given))
                        : call)
                .toList();
        return new ChatMessage(message.role(), message.content(), calls, message.more());
    }

    /** @param tool null if it is no longer offered */
    private Map<String, Object> shown(@Nullable ToolDefinition tool, Map<?, ?> given) {
        var arguments = new LinkedHashMap<String, Object>();
        given.forEach((name, value) -> arguments.put((String) name, value));
        ToolDefinition known = tool == null ? new ToolDefinition("", "", true, Map.of()) : tool;
        return format.tools().form().shown(known, arguments);
    }

    private ChatMessage withFittingCalls(ChatMessage message) {
        if (message.toolCalls().isEmpty()) {
            return message;
        }
        List<ToolCall> calls = format.callArguments() == ChatFormat.CallArguments.OBJECT
                ? message.toolCalls()
                : message.toolCalls().stream()
                        .map(call -> new ToolCall(call.id(), call.name(), argumentsText(call)))
                        .toList();
        Optional<String> text = message.content().filter(content -> !content.isBlank());
        boolean wantsText = format.callContent() == ChatFormat.CallContent.EMPTY;
        return new ChatMessage(
                message.role(), wantsText ? text.or(() -> Optional.of("")) : text, calls, message.more());
    }

    /**
     * Results that follow each other, and the user's words behind them, become one message: many templates want the
     * roles to alternate.
     */
    private List<ChatMessage> withoutCalls(List<ChatMessage> messages) {
        var rewritten = new ArrayList<ChatMessage>(messages.size());
        // A template that tells of calls in its own form was made for the role of their results too.
        boolean keepsResults =
                format.tools() != ToolSyntax.GENERIC && format.rules().calls().resultsShown();
        boolean afterResult = false;
        for (ChatMessage message : messages) {
            boolean result = message.role() == Role.TOOL && !keepsResults;
            String text = message.content().orElse("");
            if (result) {
                text = "<tool_response>\n" + text + "\n</tool_response>";
            }
            if (afterResult && (result || message.role() == Role.USER)) {
                String before = rewritten.removeLast().content().orElseThrow();
                rewritten.add(ChatMessage.of(Role.USER, before + "\n" + text));
            } else if (result) {
                rewritten.add(ChatMessage.of(Role.USER, text));
            } else {
                rewritten.add(message.toolCalls().isEmpty() ? message : asText(message));
            }
            afterResult = result;
        }
        return rewritten;
    }

    private ChatMessage asText(ChatMessage message) {
        String calls = message.toolCalls().stream()
                .map(call -> format.tools().form().write(call.name(), argumentsText(call)))
                .collect(Collectors.joining("\n"));
        String text = message.content()
                .filter(content -> !content.isBlank())
                .map(content -> content + "\n" + calls)
                .orElse(calls);
        return new ChatMessage(message.role(), Optional.of(text), List.of(), message.more());
    }

    private String instructions(List<Map<String, Object>> tools) {
        String definitions = tools.stream()
                .map(tool -> PlainJson.text(tool.getOrDefault("function", tool)))
                .collect(Collectors.joining("\n"));
        String example = format.tools().form().write("function_name", "{\"parameter\": \"value\"}");
        return """
                # Tools

                You may call functions. Each line describes one, with the JSON schema of its parameters:
                %s

                To call a function, write its name and its arguments in exactly this form:
                %s
                You may write several calls, one behind the other, and nothing after the last. The results are given to you in \
                <tool_response> marks. If no function helps, answer without a call.""".formatted(definitions, example);
    }

    private List<ChatMessage> withInstructions(List<ChatMessage> messages, String instructions) {
        var all = new ArrayList<>(messages);
        ChatMessage first = all.getFirst();
        boolean isSystem = first.role() == Role.SYSTEM || first.role() == Role.DEVELOPER;
        if (isSystem || (!format.takesSystem() && first.role() == Role.USER)) {
            String own = first.content().orElse("");
            String text = isSystem ? own + "\n\n" + instructions : instructions + "\n\n" + own;
            all.set(0, new ChatMessage(first.role(), Optional.of(text), first.toolCalls(), first.more()));
        } else {
            all.addFirst(ChatMessage.of(format.takesSystem() ? Role.SYSTEM : Role.USER, instructions));
        }
        return all;
    }

    private static String argumentsText(ToolCall call) {
        return call.arguments() instanceof String text ? text : PlainJson.text(call.arguments());
    }
}
