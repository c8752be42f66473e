package dev.gufo.chat;

import dev.gufo.chat.MarkedReading.Opening;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A grammar for the calls of a reply, and where it begins to hold.
 *
 * @param gbnf in llama.cpp's notation, from rule {@code root}; control tokens stand in it by their names
 * @param triggers texts at which it begins to hold, the trigger's text included; before the first one the reply is free. Empty if it holds
 *     from the first character
 * @param freeReasoning marks between which triggers don't count; empty if the model does not reason or if the grammar holds from the start
 * @param startsInReasoning whether the reply begins as if the opening mark had just been written
 */
public record ToolGrammar(
        String gbnf, List<Trigger> triggers, Optional<ReasoningMarks> freeReasoning, boolean startsInReasoning) {
    /** What a reply in Harmony writes in front of its content. */
    public static final String HARMONY_CONTENT = "<|channel|>final<|message|>";

    private static final Pattern ROOT = Pattern.compile("(?m)^root ::=");

    /**
     * Where a grammar begins to hold.
     *
     * @param text which
     * @param onlyFirst whether it counts only where nothing but whitespace and reasoning stands before it
     */
    public record Trigger(String text, boolean onlyFirst) {}

    public ToolGrammar {
        triggers = List.copyOf(triggers);
    }

    /** How free a model is to call. */
    public enum Choice {
        /** It calls or doesn't: the grammar waits for a trigger. */
        AUTO,
        /** It must call: the grammar holds from the start, where it allows reasoning. */
        REQUIRED
    }

    /**
     * The grammar for these tools.
     *
     * @param tools at least one: those that may be called, so only one if its name is required
     * @param parallel whether several calls may come
     * @param startsInReasoning whether the prompt ended within reasoning
     * @param rules for the arguments; what it throws leaves this method
     */
    public static ToolGrammar of(
            ChatFormat format,
            List<ToolDefinition> tools,
            Choice choice,
            boolean parallel,
            boolean startsInReasoning,
            ParameterRules rules) {
        if (tools.isEmpty()) {
            throw new IllegalArgumentException("a grammar for calls needs a tool");
        }
        // A second call that the template can't show afterwards would spoil the conversation.
        CallGrammar grammar = new CallGrammar(tools, parallel && format.rules().severalCalls(), rules);
        CallForm form = format.tools().form();
        String calls = form.grammar(grammar);
        if (choice == Choice.AUTO) {
            grammar.rule("root", calls);
            return new ToolGrammar(grammar.rules(), form.triggers(tools), format.reasoning(), startsInReasoning);
        }
        grammar.rule("root", reasoning(format, grammar, startsInReasoning) + "ws " + calls);
        return new ToolGrammar(grammar.rules(), List.of(), Optional.empty(), startsInReasoning);
    }

    /**
     * A grammar for content of some form: what {@code rule} allows, behind the reasoning if the model reasons.
     *
     * @param startsInReasoning whether the prompt ended within reasoning
     * @param rules GBNF without a rule {@code root}
     * @param rule one of them
     */
    public static String afterReasoning(ChatFormat format, boolean startsInReasoning, String rules, String rule) {
        CallGrammar grammar = new CallGrammar(List.of(), false, (_, _) -> "");
        String head = CallGrammar.literalAndSpace(format.tools().form().contentHead());
        grammar.rule("root", reasoning(format, grammar, startsInReasoning) + head + "ws " + rule);
        return grammar.rules() + rules;
    }

    /**
     * A grammar for calls or content of some form, whichever the reply begins with.
     *
     * @param calls GBNF with a rule {@code root}
     * @param rules further GBNF, without one
     * @param rule one of these rules
     */
    public static String orContent(String calls, String rules, String rule) {
        return ROOT.matcher(calls).replaceFirst("calls ::=") + "root ::= calls | ws " + rule + "\n" + rules;
    }

    private static String reasoning(ChatFormat format, CallGrammar grammar, boolean startsInReasoning) {
        if (format.reasoning().isEmpty()) {
            return "";
        }
        ReasoningMarks marks = format.reasoning().get();
        String rest = grammar.until(marks.close());
        return startsInReasoning ? rest + " " : "( ws " + CallGrammar.literal(marks.open()) + " " + rest + " )? ";
    }

    /** The triggers of forms whose calls begin with a mark. */
    static List<Trigger> at(List<Opening> openings) {
        return openings.stream()
                .map(opening -> new Trigger(opening.mark(), opening.onlyFirst()))
                .toList();
    }
}
