package dev.gufo.chat;

import dev.gufo.chat.ChatFormat.CallArguments;
import dev.gufo.chat.ChatFormat.CallContent;
import dev.gufo.template.ChatTemplate;
import dev.gufo.template.TemplateException;
import dev.gufo.template.TemplateInput;
import dev.gufo.template.Trusted;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Renders small conversations of known words with a template, to see what it makes of them and what it refuses. */
final class TemplateProbe {
    static final String OFFERED = "probe_offered";
    static final String CALLED = "probe_called";
    static final String QUESTION = "Probe question?";
    static final String RESULT = "probe result";
    static final String VALUE = "probe value";
    /** Nine letters and digits, as some templates demand. */
    static final String CALL_ID = "probe0001";

    private static final LocalDateTime NOW = LocalDateTime.of(2025, 1, 1, 12, 0);

    private final ChatTemplate template;
    private final Map<String, ?> trusted;
    private final boolean noToolsAsNone;

    TemplateProbe(ChatTemplate template, Map<String, ?> trustedVariables) {
        this.template = template;
        this.trusted = trustedVariables;
        List<Map<String, Object>> question = List.of(user(QUESTION));
        this.noToolsAsNone = rendered(question, null, Map.of()).isPresent()
                || rendered(question, List.of(), Map.of()).isEmpty();
    }

    ChatTemplate template() {
        return template;
    }

    /** Whether the template takes {@code none} where no tools are offered; if not it takes an empty list. */
    boolean noToolsAsNone() {
        return noToolsAsNone;
    }

    /** What the template writes with these variables beside the usual ones; empty if it refuses. */
    Optional<String> render(List<Map<String, Object>> messages, boolean withTools, Map<String, Object> more) {
        return rendered(messages, withTools ? List.of(tool()) : noToolsAsNone ? null : List.of(), more);
    }

    private Optional<String> rendered(
            List<Map<String, Object>> messages, @Nullable Object tools, Map<String, Object> more) {
        var variables = new LinkedHashMap<String, Object>();
        variables.put("add_generation_prompt", true);
        variables.putAll(more);
        variables.put("messages", messages);
        variables.put("tools", tools);
        try {
            return Optional.of(
                    template.render(new TemplateInput(variables, trusted, NOW)).text());
        } catch (TemplateException refused) {
            return Optional.empty();
        }
    }

    /** Whether the template takes these messages and every one of these texts stands in what it writes. */
    boolean shows(List<Map<String, Object>> messages, boolean withTools, String... texts) {
        return render(messages, withTools, Map.of())
                .filter(text -> Arrays.stream(texts).allMatch(text::contains))
                .isPresent();
    }

    static Map<String, Object> user(String text) {
        return text("user", text);
    }

    static Map<String, Object> assistant(String text) {
        return text("assistant", text);
    }

    static Map<String, Object> text(String role, String text) {
        return message(role, "content", text);
    }

    static Map<String, Object> result(String id, String text) {
        return message("tool", "tool_call_id", id, "name", CALLED, "content", text);
    }

    /**
     * An assistant's message with only calls: one for each id, of which each value ends with the id's number from 1.
     */
    static Map<String, Object> calls(CallArguments arguments, CallContent content, String... ids) {
        List<Map<String, Object>> calls = Arrays.stream(ids)
                .map(id -> call(arguments, id, VALUE + (Arrays.asList(ids).indexOf(id) + 1)))
                .toList();
        return message("assistant", "content", content == CallContent.EMPTY ? "" : null, "tool_calls", calls);
    }

    static Map<String, Object> call(CallArguments arguments, String id, String value) {
        Map<String, Object> given = Map.of("probe_key", value);
        Object shown = arguments == CallArguments.OBJECT ? given : PlainJson.text(given);
        return map("id", id, "type", "function", "function", map("name", CALLED, "arguments", shown));
    }

    private static Map<String, Object> tool() {
        Map<String, Object> parameters = map(
                "type", "object",
                "properties", map("probe_key", map("type", "string", "description", "A key.")),
                "required", List.of("probe_key"));
        return map(
                "type",
                "function",
                "function",
                map("name", OFFERED, "description", "Offers.", "parameters", parameters));
    }

    static Map<String, Object> message(String role, @Nullable Object... fields) {
        Map<String, Object> message = map(fields);
        message.put("role", new Trusted(role));
        return message;
    }

    private static Map<String, Object> map(@Nullable Object... entries) {
        var map = new LinkedHashMap<String, Object>();
        List<Object> all = Arrays.asList(entries);
        for (int i = 0; i < all.size(); i += 2) {
            map.put((String) all.get(i), all.get(i + 1));
        }
        return map;
    }
}
