package dev.gufo.server.messages;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.gufo.chat.ChatMessage;
import dev.gufo.chat.Role;
import dev.gufo.chat.ToolCall;
import dev.gufo.server.answer.ReasoningSeal;
import dev.gufo.server.answer.Turn;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads {@code system} and {@code messages} into the messages that a template sees, the same as a chat request with the
 * same dialogue. One for each request, for one thread.
 */
final class BlockReader {
    private static final String REASONING = "reasoning_content";

    /** Types of a document's source that are text. */
    private static final Set<String> WITH_TEXT = Set.of("text", "content");

    private final ReasoningSeal seal;
    private final List<ChatMessage> messages = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();
    private boolean marksCache;

    /** @param seal that this server puts on what a model thought */
    BlockReader(ReasoningSeal seal) {
        this.seal = seal;
    }

    /**
     * All messages, in their order; at least one.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    List<ChatMessage> messages(Fields request) {
        request.any("system")
                .map(system -> texts(system, "system"))
                .filter(text -> !text.isEmpty())
                .ifPresent(text -> messages.add(ChatMessage.of(Role.SYSTEM, text)));
        JsonNode array = request.array("messages", Turn.MAX_MESSAGES).orElseThrow(() -> Fields.missing("messages"));
        if (array.isEmpty()) {
            throw ApiException.invalid("messages", "'messages' must have at least one message.");
        }
        for (int i = 0; i < array.size(); i++) {
            read(Fields.element(array, i, "messages"));
        }
        return messages;
    }

    /** Types of blocks of results that can't be shown. */
    List<String> leftOut() {
        return leftOut;
    }

    /** Whether a block asked to be cached. */
    boolean marksCache() {
        return marksCache;
    }

    /** Whether an object asks to be cached. */
    static boolean isMarked(Fields object) {
        return object.any("cache_control").isPresent();
    }

    /** What an assistant's message says that it thought; {@code ""} if nothing. */
    static String thought(ChatMessage message) {
        return message.more().get(REASONING) instanceof String thought ? thought : "";
    }

    /** The message as if nothing had been thought. */
    static ChatMessage withoutThought(ChatMessage message) {
        var more = new LinkedHashMap<>(message.more());
        more.remove(REASONING);
        return new ChatMessage(message.role(), message.content(), message.toolCalls(), more);
    }

    private void read(Fields message) {
        String role = message.text("role").orElseThrow(() -> Fields.missing(message.at("role")));
        JsonNode content = message.any("content").orElseThrow(() -> Fields.missing(message.at("content")));
        if (!content.isTextual() && !content.isArray()) {
            throw Fields.wrong(message.at("content"), "a string or an array of blocks", content);
        }
        Fields.requireAtMost(Turn.MAX_PARTS, content, message.at("content"));
        switch (role) {
            case "system" -> messages.add(ChatMessage.of(Role.SYSTEM, texts(content, message.at("content"))));
            case "user" -> readUser(content, message.at("content"));
            case "assistant" -> readAssistant(content, message.at("content"));
            default ->
                throw ApiException.invalid(
                        message.at("role"),
                        "'%s' must be 'user', 'assistant' or 'system'.".formatted(message.at("role")));
        }
    }

    /** Results come before the text beside them, so that they stand behind their calls. */
    private void readUser(JsonNode content, String path) {
        if (content.isTextual()) {
            messages.add(ChatMessage.of(Role.USER, content.textValue()));
            return;
        }
        var texts = new ArrayList<String>();
        boolean results = false;
        for (int i = 0; i < content.size(); i++) {
            Fields block = block(content, i, path);
            if (type(block).equals("tool_result")) {
                messages.add(result(block));
                results = true;
            } else {
                text(block).ifPresent(texts::add);
            }
        }
        if (!texts.isEmpty() || !results) {
            messages.add(ChatMessage.of(Role.USER, String.join("\n", texts)));
        }
    }

    private ChatMessage result(Fields block) {
        String id = block.text("tool_use_id").orElseThrow(() -> Fields.missing(block.at("tool_use_id")));
        String text = block.any("content")
                .map(content -> texts(shown(content), block.at("content")))
                .orElse("");
        boolean error = block.flag("is_error").orElse(false);
        // Templates have no place for the flag, and the text of an error nearly always says what it is.
        return new ChatMessage(
                Role.TOOL,
                Optional.of(error && text.isBlank() ? "error" : text),
                List.of(),
                Map.of("tool_call_id", id));
    }

    /**
     * What a tool has given, as far as it can be shown. Agents have tools that look at images, and would be refused for
     * good if one of their results was: so the model is told that there was something.
     */
    private JsonNode shown(JsonNode content) {
        if (!content.isArray()) {
            return content;
        }
        ArrayNode blocks = JsonNodeFactory.instance.arrayNode();
        for (JsonNode block : content) {
            String type = block.path("type").asText();
            if (type.equals("image") || (type.equals("document") && !hasText(block.path("source")))) {
                leftOut.add(type);
                marksCache |= block.has("cache_control");
                blocks.addObject().put("type", "text").put("text", "(%s that can't be shown)".formatted(type));
            } else {
                blocks.add(block);
            }
        }
        return blocks;
    }

    private static boolean hasText(JsonNode source) {
        return WITH_TEXT.contains(source.path("type").asText());
    }

    /** The blocks of a turn are the pieces of one message, as they were streamed. */
    private void readAssistant(JsonNode content, String path) {
        if (content.isTextual()) {
            messages.add(ChatMessage.of(Role.ASSISTANT, content.textValue()));
            return;
        }
        var text = new StringBuilder();
        var thought = new StringBuilder();
        var calls = new ArrayList<ToolCall>();
        for (int i = 0; i < content.size(); i++) {
            Fields block = block(content, i, path);
            switch (type(block)) {
                case "thinking" -> thought.append(thinking(block));
                case "redacted_thinking" ->
                    block.text("data").flatMap(seal::open).ifPresent(thought::append);
                case "tool_use" -> calls.add(call(block));
                default -> text(block).ifPresent(text::append);
            }
        }
        if (calls.size() > Turn.MAX_CALLS) {
            throw ApiException.invalid(
                    path, "'%s' must have at most %d calls, has %d.".formatted(path, Turn.MAX_CALLS, calls.size()));
        }
        messages.add(new ChatMessage(
                Role.ASSISTANT,
                text.isEmpty() && !calls.isEmpty() ? Optional.empty() : Optional.of(text.toString()),
                calls,
                thought.isEmpty() ? Map.of() : Map.of(REASONING, thought.toString())));
    }

    /** The text is taken at its word, whoever signed it; where it was not shown, it is in the signature. */
    private String thinking(Fields block) {
        String shown = block.text("thinking").orElse("");
        Optional<String> signature = block.text("signature");
        return shown.isEmpty() ? signature.flatMap(seal::open).orElse("") : shown;
    }

    private static ToolCall call(Fields block) {
        String name = block.text("name").orElseThrow(() -> Fields.missing(block.at("name")));
        Object input = block.object("input")
                .map(fields -> Fields.plainValue(fields.node()))
                .orElse(Map.of());
        return new ToolCall(block.text("id").orElse(""), name, input);
    }

    /** A string, or the texts of blocks, which are joined by line feeds as templates take one string. */
    private String texts(JsonNode value, String path) {
        if (value.isTextual()) {
            return value.textValue();
        }
        if (!value.isArray()) {
            throw Fields.wrong(path, "a string or an array of blocks", value);
        }
        Fields.requireAtMost(Turn.MAX_PARTS, value, path);
        var texts = new ArrayList<String>(value.size());
        for (int i = 0; i < value.size(); i++) {
            text(block(value, i, path)).ifPresent(texts::add);
        }
        return String.join("\n", texts);
    }

    private Fields block(JsonNode array, int index, String path) {
        Fields block = Fields.element(array, index, path);
        marksCache |= isMarked(block);
        return block;
    }

    private static String type(Fields block) {
        return block.text("type").orElseThrow(() -> Fields.missing(block.at("type")));
    }

    /** The text of a block that is one; nothing of what Anthropic's own tools left in a history. */
    private Optional<String> text(Fields block) {
        String type = type(block);
        return switch (type) {
            case "text" -> Optional.of(block.text("text").orElseThrow(() -> Fields.missing(block.at("text"))));
            case "document" -> Optional.of(document(block));
            case "search_result" -> {
                String found = block.any("content")
                        .map(content -> texts(content, block.at("content")))
                        .orElse("");
                yield Optional.of(titled(block, found));
            }
            case "tool_reference" -> block.text("tool_name");
            case "image" ->
                throw ApiException.unsupported(
                        block.at("type"),
                        "This model takes text only: content blocks of type 'image' are not supported.");
            case "server_tool_use", "mcp_tool_use" -> Optional.empty();
            case "tool_use", "tool_result", "thinking", "redacted_thinking" ->
                throw ApiException.invalid(block.at("type"), "A block of type '%s' has no place here.".formatted(type));
            default -> {
                if (type.endsWith("_tool_result")) {
                    yield Optional.empty();
                }
                throw ApiException.unsupported(
                        block.at("type"), "Content blocks of type '%s' are not supported.".formatted(type));
            }
        };
    }

    private String document(Fields block) {
        Fields source = block.object("source").orElseThrow(() -> Fields.missing(block.at("source")));
        String type = type(source);
        String text = switch (type) {
            case "text" -> source.text("data").orElseThrow(() -> Fields.missing(source.at("data")));
            case "content" ->
                source.any("content")
                        .map(content -> texts(content, source.at("content")))
                        .orElse("");
            default ->
                throw ApiException.unsupported(
                        source.at("type"),
                        "This model takes text only: a document must have a source of type 'text' or 'content', not '%s'."
                                .formatted(type));
        };
        return titled(block, text);
    }

    private static String titled(Fields block, String text) {
        return block.text("title").map(title -> title + "\n" + text).orElse(text);
    }
}
