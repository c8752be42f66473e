package dev.gufo.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.gufo.chat.ChatMessage;
import dev.gufo.chat.Role;
import dev.gufo.chat.ToolCall;
import dev.gufo.server.answer.CallText;
import dev.gufo.server.answer.ReasoningSeal;
import dev.gufo.server.answer.ToolUse;
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
 * Reads {@code instructions} and {@code input} as messages. Items of the assistant that follow each other, its
 * reasoning, its text and its calls, are one message.
 */
final class InputReader {
    /** What hosted tools did; nobody here can make anything of it. */
    private static final Set<String> HOSTED = Set.of(
            "web_search_call",
            "file_search_call",
            "computer_call",
            "computer_call_output",
            "image_generation_call",
            "code_interpreter_call",
            "local_shell_call",
            "local_shell_call_output",
            "shell_call",
            "shell_call_output",
            "apply_patch_call",
            "apply_patch_call_output",
            "tool_search_call",
            "tool_search_output",
            "additional_tools",
            "mcp_list_tools",
            "mcp_approval_request",
            "mcp_approval_response",
            "mcp_call");

    private static final Set<String> NO_TEXT =
            Set.of("input_image", "input_file", "input_audio", "computer_screenshot");

    private final ResponseTools tools;
    private final ReasoningSeal seal;
    private final Kept kept;
    private final List<String> leftOut;
    private final List<JsonNode> own = new ArrayList<>();
    private final List<JsonNode> asked = new ArrayList<>();
    private final List<ChatMessage> messages = new ArrayList<>();

    // The assistant's message that is being put together; nothing of it yet where open is false.
    private boolean open;
    private String reasoning = "";
    private Optional<String> content = Optional.empty();
    private List<ToolCall> calls = new ArrayList<>();

    private InputReader(ResponseTools tools, ReasoningSeal seal, Kept kept, List<String> leftOut) {
        this.tools = tools;
        this.seal = seal;
        this.kept = kept;
        this.leftOut = leftOut;
    }

    /**
     * What a request says.
     *
     * @param items its own, those that it refers to among them
     * @param asked of all, those that are messages but not the assistant's
     * @param leftOut types of items that are left out
     */
    record Input(List<ChatMessage> messages, List<JsonNode> items, List<JsonNode> asked, List<String> leftOut) {}

    /**
     * Reads both fields, and what the request goes on with.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    static Input read(Fields request, ResponseTools tools, ReasoningSeal seal, Kept kept) throws InterruptedException {
        var reader = new InputReader(tools, seal, kept, new ArrayList<>());
        request.text("instructions")
                .filter(text -> !text.isEmpty())
                .ifPresent(text -> reader.messages.add(ChatMessage.of(Role.SYSTEM, text)));
        Optional<String> conversation = conversation(request);
        Optional<String> previous = request.text("previous_response_id");
        if (previous.isPresent()) {
            for (JsonNode item : kept.history(previous.get())) {
                reader.item(new Fields(item, "previous_response_id"));
            }
        }
        if (conversation.isPresent()) {
            for (JsonNode item : kept.conversation(conversation.get())) {
                reader.item(new Fields(item, "conversation"));
            }
        }
        Optional<JsonNode> input = request.any("input");
        if (input.isPresent()) {
            reader.input(input.get());
        }
        reader.close();
        if (reader.messages.isEmpty()) {
            throw input.isPresent()
                    ? ApiException.invalid("input", "'input' must have at least one item.")
                    : Fields.missing("input");
        }
        return new Input(reader.messages, reader.own, reader.asked, reader.leftOut);
    }

    /**
     * The conversation that a request goes on with.
     *
     * @throws ApiException if it goes on with a response as well
     */
    static Optional<String> conversation(Fields request) {
        Optional<JsonNode> field = request.any("conversation");
        Optional<String> id = field.isPresent() && field.get().isObject()
                ? Optional.of(required(new Fields(field.get(), "conversation").text("id"), "conversation.id"))
                : request.text("conversation");
        if (id.isPresent() && request.text("previous_response_id").isPresent()) {
            throw ApiException.invalid(
                    "conversation",
                    "'conversation' must not come with 'previous_response_id': it goes on with what it has.");
        }
        return id;
    }

    /**
     * The items of a conversation's {@code items}, checked.
     *
     * @param items an array; empty if there is none
     * @throws ApiException with the path of the first field that is wrong
     */
    static List<JsonNode> items(Optional<JsonNode> items, ReasoningSeal seal, Kept kept) throws InterruptedException {
        ResponseTools none = new ResponseTools(
                new ToolUse(List.of(), List.of(), false, true),
                Map.of(),
                JsonNodeFactory.instance.arrayNode(),
                List.of());
        var reader = new InputReader(none, seal, kept, new ArrayList<>());
        if (items.isPresent()) {
            reader.items(items.get(), "items");
        }
        return reader.own;
    }

    private void input(JsonNode input) throws InterruptedException {
        if (input.isTextual()) {
            close();
            messages.add(ChatMessage.of(Role.USER, input.textValue()));
            own.add(InputItems.of(input.textValue()));
            asked.add(own.getLast());
            return;
        }
        if (!input.isArray()) {
            throw Fields.wrong("input", "a string or an array of items", input);
        }
        Fields.requireAtMost(Turn.MAX_MESSAGES, input, "input");
        items(input, "input");
    }

    private void items(JsonNode items, String field) throws InterruptedException {
        for (int i = 0; i < items.size(); i++) {
            Fields item = referred(Fields.element(items, i, field));
            item(item);
            own.add(item.node());
        }
    }

    /** The item itself, or the one that it stands for. */
    private Fields referred(Fields item) throws InterruptedException {
        Optional<String> id = item.text("id");
        boolean reference = item.text("type").filter("item_reference"::equals).isPresent();
        if (!reference) {
            return item;
        }
        JsonNode known = kept.item(required(id, item.at("id")))
                .orElseThrow(() -> ApiException.invalid(
                        item.at("id"),
                        "This server has not kept the item '%s': send the item itself.".formatted(id.orElse(""))));
        return new Fields(known, item.path());
    }

    private void item(Fields item) {
        String type = item.text("type").orElse("message");
        switch (type) {
            case "message" -> message(item);
            case "reasoning" -> reasoning(item);
            case "compaction" -> summary(item);
            case "function_call" ->
                call(item, CallText.arguments(item.text("arguments").orElse("")));
            case "custom_tool_call" -> call(item, CallTarget.arguments(required(item.text("input"), item.at("input"))));
            case "function_call_output", "custom_tool_call_output" -> output(item);
            default -> {
                if (!HOSTED.contains(type)) {
                    throw ApiException.invalid(
                            item.at("type"),
                            "'%s' must be message, reasoning, function_call, function_call_output, custom_tool_call, custom_tool_call_output, compaction or item_reference."
                                    .formatted(item.at("type")));
                }
                leftOut.add(type);
            }
        }
    }

    private void message(Fields item) {
        String word = required(item.text("role"), item.at("role"));
        Role role = Role.of(word)
                .filter(known -> known != Role.TOOL)
                .orElseThrow(() -> ApiException.invalid(
                        item.at("role"),
                        "'%s' must be system, developer, user or assistant.".formatted(item.at("role"))));
        String text = text(item.any("content"), item.at("content"));
        if (role != Role.ASSISTANT) {
            close();
            messages.add(ChatMessage.of(role, text));
            asked.add(item.node());
            return;
        }
        if (content.isPresent()) {
            close();
        }
        open = true;
        content = Optional.of(text);
    }

    private void reasoning(Fields item) {
        if (content.isPresent() && calls.isEmpty()) {
            close();
        }
        open = true;
        String text = thought(item);
        reasoning = reasoning.isEmpty() || text.isEmpty() ? reasoning + text : reasoning + "\n\n" + text;
    }

    private String thought(Fields item) {
        if (item.any("content").filter(parts -> !parts.isEmpty()).isPresent()) {
            return text(item.any("content"), item.at("content"));
        }
        Optional<String> sealed = item.text("encrypted_content").filter(text -> !text.isEmpty());
        if (sealed.isPresent()) {
            return opened(item, sealed.get());
        }
        return item.any("summary").filter(parts -> !parts.isEmpty()).isPresent()
                ? text(item.any("summary"), item.at("summary"))
                : "";
    }

    private String opened(Fields item, String sealed) {
        return seal.open(sealed)
                .orElseThrow(() -> ApiException.invalid(
                        item.at("encrypted_content"),
                        "'%s' is not what this server has given out.".formatted(item.at("encrypted_content"))));
    }

    /** What has come in the place of a dialogue. */
    private void summary(Fields item) {
        String sealed = required(item.text("encrypted_content"), item.at("encrypted_content"));
        close();
        messages.add(Compaction.summary(opened(item, sealed)));
    }

    private void call(Fields item, Object arguments) {
        String name = required(item.text("name"), item.at("name"));
        String id = required(item.text("call_id"), item.at("call_id"));
        open = true;
        if (calls.size() == Turn.MAX_CALLS) {
            throw ApiException.invalid(
                    item.path(), "At most %d calls may follow each other.".formatted(Turn.MAX_CALLS));
        }
        // Clients leave arguments empty for a function that takes none.
        calls.add(new ToolCall(
                id, tools.modelName(name, item.text("namespace")), arguments.equals("") ? Map.of() : arguments));
    }

    private void output(Fields item) {
        String id = required(item.text("call_id"), item.at("call_id"));
        String text = output(item.any("output"), item.at("output"));
        close();
        messages.add(new ChatMessage(Role.TOOL, Optional.of(text), List.of(), Map.of("tool_call_id", id)));
    }

    /**
     * What a tool has given. Agents have tools that look at images, and would be refused for good if one of their
     * outputs was: so the model is told that there was something.
     */
    private String output(Optional<JsonNode> field, String path) {
        if (field.isEmpty() || !field.get().isArray()) {
            return text(field, path);
        }
        ArrayNode parts = JsonNodeFactory.instance.arrayNode();
        for (JsonNode part : field.get()) {
            String type = part.path("type").asText();
            if (NO_TEXT.contains(type)) {
                leftOut.add(type);
                parts.addObject().put("type", "input_text").put("text", "(%s that can't be shown)".formatted(type));
            } else {
                parts.add(part);
            }
        }
        return text(Optional.of(parts), path);
    }

    /** Ends the assistant's message. */
    private void close() {
        if (!open) {
            return;
        }
        var more = new LinkedHashMap<String, Object>();
        if (!reasoning.isEmpty()) {
            more.put("reasoning_content", reasoning);
        }
        // Without calls an absent text is an empty one: a template would print the word None.
        messages.add(new ChatMessage(
                Role.ASSISTANT, calls.isEmpty() ? content.or(() -> Optional.of("")) : content, calls, more));
        open = false;
        reasoning = "";
        content = Optional.empty();
        calls = new ArrayList<>();
    }

    /** A string, or parts of text, which are joined by line feeds as templates take one string. */
    private static String text(Optional<JsonNode> field, String path) {
        JsonNode value = field.orElseThrow(() -> Fields.missing(path));
        if (value.isTextual()) {
            return value.textValue();
        }
        if (!value.isArray()) {
            throw Fields.wrong(path, "a string or an array of parts", value);
        }
        Fields.requireAtMost(Turn.MAX_PARTS, value, path);
        var texts = new ArrayList<String>(value.size());
        for (int i = 0; i < value.size(); i++) {
            texts.add(part(Fields.element(value, i, path)));
        }
        return String.join("\n", texts);
    }

    private static String part(Fields part) {
        String type = required(part.text("type"), part.at("type"));
        return switch (type) {
            case "input_text", "output_text", "text", "reasoning_text", "summary_text" ->
                required(part.text("text"), part.at("text"));
            case "refusal" -> required(part.text("refusal"), part.at("refusal"));
            case String other
            when NO_TEXT.contains(other) ->
                throw ApiException.unsupported(
                        part.at("type"),
                        "This model takes text only: content parts of type '%s' are not supported.".formatted(type));
            default ->
                throw ApiException.invalid(
                        part.at("type"), "'%s' must be 'input_text' or 'output_text'.".formatted(part.at("type")));
        };
    }

    private static <T> T required(Optional<T> value, String path) {
        return value.orElseThrow(() -> Fields.missing(path));
    }
}
