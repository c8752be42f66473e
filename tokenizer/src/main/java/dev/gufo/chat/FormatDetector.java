package dev.gufo.chat;

import static dev.gufo.chat.TemplateProbe.CALLED;
import static dev.gufo.chat.TemplateProbe.CALL_ID;
import static dev.gufo.chat.TemplateProbe.OFFERED;
import static dev.gufo.chat.TemplateProbe.QUESTION;
import static dev.gufo.chat.TemplateProbe.RESULT;
import static dev.gufo.chat.TemplateProbe.VALUE;

import dev.gufo.chat.ChatFormat.CallArguments;
import dev.gufo.chat.ChatFormat.CallContent;
import dev.gufo.template.ChatTemplate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds a model's format from what its template writes. */
final class FormatDetector {
    private static final String SYSTEM = "Probe system.";
    private static final String THOUGHT = "probe thought";
    private static final String ANSWER = "probe answer";

    private static final Pattern OPENING = Pattern.compile(
            "(<[^<>]*(?:think|thought|reason)[^<>]*>|\\[THINK]|<\\|channel>thought)\\s*$", Pattern.CASE_INSENSITIVE);
    private static final Pattern CLOSING = Pattern.compile("^\\s*(<[^<>]+>|\\[/[^\\[\\]]+])");
    /** The pairs that are taken for granted where a template only mentions one of their marks. */
    private static final List<ReasoningMarks> USUAL = List.of(
            ReasoningMarks.THINK,
            new ReasoningMarks("<thinking>", "</thinking>"),
            new ReasoningMarks("[THINK]", "[/THINK]"),
            new ReasoningMarks("<|START_THINKING|>", "<|END_THINKING|>"),
            new ReasoningMarks("<seed:think>", "</seed:think>"),
            new ReasoningMarks("<|inner_prefix|>", "<|inner_suffix|>"));

    private final TemplateProbe probe;

    FormatDetector(ChatTemplate template, Map<String, ?> trustedVariables) {
        this.probe = new TemplateProbe(template, trustedVariables);
    }

    /** @param shown whether the template shows a call as the model writes it, not only tells how that is */
    private record Called(ToolSyntax syntax, CallArguments arguments, CallContent content, boolean shown) {}

    ChatFormat detect() {
        Optional<String> offering =
                probe.render(List.of(user()), true, Map.of()).filter(text -> text.contains(OFFERED));
        boolean showsTools = offering.isPresent();
        Called called = called(showsTools)
                .or(() -> offering.flatMap(FormatDetector::told))
                .orElse(new Called(ToolSyntax.GENERIC, CallArguments.OBJECT, CallContent.EMPTY, false));
        Optional<ReasoningMarks> reasoning = called.syntax().form().reasoning().or(this::reasoning);
        boolean takesSystem = probe.shows(List.of(TemplateProbe.text("system", SYSTEM), user()), false, SYSTEM);
        return new ChatFormat(
                called.syntax(),
                reasoning,
                showsTools && called.syntax() != ToolSyntax.GENERIC,
                takesSystem,
                called.arguments(),
                called.content(),
                new RuleDetector(probe, takesSystem, called.arguments(), called.content()).detect(called.shown()));
    }

    /**
     * Templates differ in how they take arguments and the missing text; the first rendering that shows a call in a
     * known form counts.
     */
    private Optional<Called> called(boolean withTools) {
        // Kimi's later templates write the id where the name is expected.
        for (String id : List.of(CALL_ID, "functions." + CALLED + ":0")) {
            for (CallArguments arguments : CallArguments.values()) {
                for (CallContent content : CallContent.values()) {
                    Optional<String> turn = probe.render(
                                    List.of(
                                            user(),
                                            TemplateProbe.calls(arguments, content, id),
                                            TemplateProbe.result(id, RESULT)),
                                    withTools,
                                    Map.of())
                            .map(FormatDetector::turn)
                            // A turn in which an object became text by Python's repr is no model's form.
                            .filter(text -> !text.contains("{'"));
                    for (ToolSyntax syntax : ToolSyntax.values()) {
                        if (turn.isPresent() && syntax.form().recognizes(turn.get(), CALLED)) {
                            // What a template shows twice would be read as two calls.
                            boolean shown = occurrences(turn.get(), VALUE) == 1;
                            return Optional.of(new Called(syntax, arguments, content, shown));
                        }
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static int occurrences(String text, String part) {
        return text.split(Pattern.quote(part), -1).length - 1;
    }

    /** The form that a prompt tells of which shows no calls. */
    private static Optional<Called> told(String prompt) {
        return Arrays.stream(ToolSyntax.values())
                .filter(syntax -> syntax.form().toldBy(prompt))
                .findFirst()
                .map(syntax -> new Called(syntax, CallArguments.OBJECT, CallContent.EMPTY, false));
    }

    /** What stands between the last question and the result. */
    private static String turn(String text) {
        int from = text.lastIndexOf(QUESTION);
        int to = text.indexOf(RESULT, Math.max(from, 0));
        return from < 0 ? "" : text.substring(from + QUESTION.length(), to < 0 ? text.length() : to);
    }

    private Optional<ReasoningMarks> reasoning() {
        for (String field : List.of("reasoning_content", "reasoning", "thinking")) {
            for (List<Map<String, Object>> messages : List.of(
                    List.of(user(), thought(field, false)),
                    List.of(user(), thought(field, true), TemplateProbe.result(CALL_ID, RESULT)))) {
                Optional<ReasoningMarks> marks = probe.render(messages, false, Map.of("add_generation_prompt", false))
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
        return probe.render(List.of(user()), false, Map.of("enable_thinking", true, "thinking", true))
                .flatMap(prompt -> USUAL.stream()
                        .filter(marks -> prompt.stripTrailing().endsWith(marks.open()))
                        .findFirst());
    }

    private Optional<ReasoningMarks> mentioned() {
        return USUAL.stream()
                .filter(marks -> probe.template().source().contains(marks.open())
                        || probe.template().source().contains(marks.close()))
                .findFirst();
    }

    private static Map<String, Object> user() {
        return TemplateProbe.user(QUESTION);
    }

    private static Map<String, Object> thought(String field, boolean beforeCall) {
        Map<String, Object> message = TemplateProbe.message("assistant", "content", ANSWER, field, THOUGHT);
        if (beforeCall) {
            message.put("tool_calls", List.of(TemplateProbe.call(CallArguments.OBJECT, CALL_ID, VALUE)));
        }
        return message;
    }
}
