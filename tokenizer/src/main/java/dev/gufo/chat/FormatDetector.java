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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds a model's format from what its template writes. */
final class FormatDetector {
    private static final LocalDateTime NOW = LocalDateTime.of(2025, 1, 1, 12, 0);
    private static final String OFFERED = "probe_offered";
    private static final String CALLED = "probe_called";
    private static final String QUESTION = "Probe question?";
    private static final String SYSTEM = "Probe system.";
    private static final String RESULT = "probe result";
    private static final String THOUGHT = "probe thought";
    private static final String ANSWER = "probe answer";
    /** Nine letters and digits, as some templates demand. */
    private static final String CALL_ID = "probe0001";

    private static final Pattern OPENING = Pattern.compile(
            "(<[^<>]*(?:think|thought|reason)[^<>]*>|\\[THINK]|<\\|channel>thought)\\s*$", Pattern.CASE_INSENSITIVE);
    private static final Pattern CLOSING = Pattern.compile("^\\s*(<[^<>]+>|\\[/[^\\[\\]]+])");
    /** The pairs that are taken for granted where a template only mentions one of their marks. */
    private static final List<ReasoningMarks> USUAL = List.of(
            ReasoningMarks.THINK,
            new ReasoningMarks("<thinking>", "</thinking>"),
            new ReasoningMarks("[THINK]", "[/THINK]"),
            new ReasoningMarks("<|START_THINKING|>", "<|END_THINKING|>"),
            new ReasoningMarks("<seed:think>", "</seed:think>"));

    private final ChatTemplate template;
    private final Map<String, ?> trusted;

    FormatDetector(ChatTemplate template, Map<String, ?> trustedVariables) {
        this.template = template;
        this.trusted = trustedVariables;
    }

    private record Called(ToolSyntax syntax, CallArguments arguments, CallContent content) {}

    ChatFormat detect() {
        boolean showsTools = render(List.of(user()), true, Map.of())
                .filter(text -> text.contains(OFFERED))
                .isPresent();
        Called called =
                called(showsTools).orElse(new Called(ToolSyntax.GENERIC, CallArguments.OBJECT, CallContent.EMPTY));
        Optional<ReasoningMarks> reasoning =
                called.syntax() == ToolSyntax.HARMONY ? Optional.of(HarmonyForm.ANALYSIS) : reasoning();
        return new ChatFormat(
                called.syntax(),
                reasoning,
                showsTools && called.syntax() != ToolSyntax.GENERIC,
                takesSystem(),
                called.arguments(),
                called.content());
    }

    private boolean takesSystem() {
        return render(List.of(message("system", "content", SYSTEM), user()), false, Map.of())
                .filter(text -> text.contains(SYSTEM))
                .isPresent();
    }

    /** Templates differ in how they take arguments and the missing text; the first rendering that shows a call in a known form counts. */
    private Optional<Called> called(boolean withTools) {
        for (CallArguments arguments : CallArguments.values()) {
            for (CallContent content : CallContent.values()) {
                Optional<String> turn = render(List.of(user(), call(arguments, content), result()), withTools, Map.of())
                        .map(FormatDetector::turn)
                        // A turn in which an object became text by Python's repr is no model's form.
                        .filter(text -> !text.contains("{'"));
                for (ToolSyntax syntax : ToolSyntax.values()) {
                    if (turn.isPresent() && syntax.form().recognizes(turn.get(), CALLED)) {
                        return Optional.of(new Called(syntax, arguments, content));
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** What stands between the last question and the result. */
    private static String turn(String text) {
        int from = text.lastIndexOf(QUESTION);
        int to = text.indexOf(RESULT, Math.max(from, 0));
        return from < 0 ? "" : text.substring(from + QUESTION.length(), to < 0 ? text.length() : to);
    }

    private Optional<ReasoningMarks> reasoning() {
        for (String field : List.of("reasoning_content", "reasoning", "thinking")) {
            for (List<Map<String, Object>> messages :
                    List.of(List.of(user(), thought(field, false)), List.of(user(), thought(field, true), result()))) {
                Optional<ReasoningMarks> marks = render(messages, false, Map.of("add_generation_prompt", false))
                        .flatMap(FormatDetector::around);
                if (marks.isPresent()) {
                    return marks;
                }
            }
        }
        return opened().or(this::mentioned);
    }

    /** The marks around the thought. */
    private static Optional<ReasoningMarks> around(String text) {
        int from = text.indexOf(THOUGHT);
        if (from < 0) {
            return Optional.empty();
        }
        Matcher open = OPENING.matcher(text.substring(0, from));
        Matcher close = CLOSING.matcher(text.substring(from + THOUGHT.length()));
        return open.find() && close.find()
                ? Optional.of(new ReasoningMarks(open.group(1), close.group(1)))
                : Optional.empty();
    }

    /** The mark that a prompt ends with. */
    private Optional<ReasoningMarks> opened() {
        return render(List.of(user()), false, Map.of("enable_thinking", true, "thinking", true))
                .flatMap(prompt -> USUAL.stream()
                        .filter(marks -> prompt.stripTrailing().endsWith(marks.open()))
                        .findFirst());
    }

    private Optional<ReasoningMarks> mentioned() {
        return USUAL.stream()
                .filter(marks -> template.source().contains(marks.open())
                        || template.source().contains(marks.close()))
                .findFirst();
    }

    private Optional<String> render(List<Map<String, Object>> messages, boolean withTools, Map<String, Object> more) {
        var variables = new LinkedHashMap<String, Object>();
        variables.put("add_generation_prompt", true);
        variables.putAll(more);
        variables.put("messages", messages);
        variables.put("tools", withTools ? List.of(tool()) : null);
        try {
            return Optional.of(
                    template.render(new TemplateInput(variables, trusted, NOW)).text());
        } catch (TemplateException refused) {
            return Optional.empty();
        }
    }

    private static Map<String, Object> user() {
        return message("user", "content", QUESTION);
    }

    private static Map<String, Object> result() {
        return message("tool", "tool_call_id", CALL_ID, "name", CALLED, "content", RESULT);
    }

    private static Map<String, Object> thought(String field, boolean beforeCall) {
        Map<String, Object> message = message("assistant", "content", ANSWER, field, THOUGHT);
        if (beforeCall) {
            message.put("tool_calls", List.of(toolCall(CallArguments.OBJECT)));
        }
        return message;
    }

    private static Map<String, Object> call(CallArguments arguments, CallContent content) {
        return message(
                "assistant",
                "content",
                content == CallContent.EMPTY ? "" : null,
                "tool_calls",
                List.of(toolCall(arguments)));
    }

    private static Map<String, Object> toolCall(CallArguments arguments) {
        Map<String, Object> given = Map.of("probe_key", "probe value");
        Object shown = arguments == CallArguments.OBJECT ? given : PlainJson.text(given);
        return map("id", CALL_ID, "type", "function", "function", map("name", CALLED, "arguments", shown));
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

    private static Map<String, Object> message(String role, Object... fields) {
        Map<String, Object> message = map(fields);
        message.put("role", new Trusted(role));
        return message;
    }

    private static Map<String, Object> map(Object... entries) {
        var map = new LinkedHashMap<String, Object>();
        List<Object> all = Arrays.asList(entries);
        for (int i = 0; i < all.size(); i += 2) {
            map.put((String) all.get(i), all.get(i + 1));
        }
        return map;
    }
}
