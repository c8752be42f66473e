package dev.gufo.chat;

import dev.gufo.chat.MarkedReading.Opening;
import dev.gufo.grammar.schema.JsonSchemaGrammar;
import java.util.List;
import java.util.Optional;

/**
 * A grammar for the calls of a reply, and where it begins to hold.
 *
 * @param gbnf in llama.cpp's notation, from rule {@code root}; control tokens stand in it by their names
 * @param triggers texts at which it begins to hold, the trigger's text included; before the first one the reply is
 *     free. Empty if it holds from the first character
 * @param freeReasoning marks between which triggers don't count; empty if the model does not reason or if the grammar
 *     holds from the start
 * @param startsInReasoning whether the reply begins as if the opening mark had just been written
 */
public record ToolGrammar(
        String gbnf, List<Trigger> triggers, Optional<ReasoningMarks> freeReasoning, boolean startsInReasoning) {
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
        CallGrammar grammar =
                new CallGrammar(tools, parallel && format.rules().calls().several(), rules);
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
     * Makes sure that the arguments of a tool can be kept to its parameters as the model writes them.
     *
     * @throws dev.gufo.grammar.schema.UnsupportedSchema naming a keyword, if they can't
     */
    public static void requireKept(ChatFormat format, ToolDefinition tool) {
        JsonSchemaGrammar.of(tool.parameters()); // names every keyword by its place in the whole schema
        format.tools().form().grammar(new CallGrammar(List.of(tool), false, JsonSchemaGrammar::arguments));
    }

    /**
     * A grammar for content of some form, or calls of tools: reasoning if the model reasons, then either.
     *
     * @param tools those that may be called instead; none if content is all that may come
     * @param parallel whether several calls may come
     * @param startsInReasoning whether the prompt ended within reasoning
     * @param parameters for the arguments; what it throws leaves this method
     * @param rules GBNF without a rule {@code root}
     * @param rule the one of them that content matches
     */
    public static String ofContent(
            ChatFormat format,
            List<ToolDefinition> tools,
            boolean parallel,
            boolean startsInReasoning,
            ParameterRules parameters,
            String rules,
            String rule) {
        CallGrammar grammar = new CallGrammar(tools, parallel, parameters);
        CallForm form = format.tools().form();
        String content = CallGrammar.literalAndSpace(form.contentHead()) + "ws " + form.content(rule);
        grammar.rule("content", content);
        String either = "content";
        if (!tools.isEmpty()) {
            grammar.rule("calls", "ws " + form.grammar(grammar));
            either = "( calls | content )";
        }
        grammar.rule("root", reasoning(format, grammar, startsInReasoning) + either);
        return grammar.rules() + rules;
    }

    /** A grammar for content of some form that has been begun already, so that nothing stands before it. */
    public static String ofBegunContent(String rules, String rule) {
        CallGrammar grammar = new CallGrammar(List.of(), false, (_, _, _) -> "");
        grammar.rule("root", "ws " + rule);
        return grammar.rules() + rules;
    }

    private static String reasoning(ChatFormat format, CallGrammar grammar, boolean startsInReasoning) {
        if (format.reasoning().isEmpty()) {
            return "";
        }
        ReasoningMarks marks = format.reasoning().get();
        String rest = grammar.until(marks.close());
        if (format.tools() == ToolSyntax.HARMONY) {
            return "( ( ws " + CallGrammar.literal(HarmonyForm.START + "assistant") + " )? ws "
                    + CallGrammar.literal(marks.open()) + " " + rest + " )* ";
        }
        return startsInReasoning ? rest + " " : "( ws " + CallGrammar.literal(marks.open()) + " " + rest + " )? ";
    }

    /** The triggers of forms whose calls begin with a mark. */
    static List<Trigger> at(List<Opening> openings) {
        return openings.stream()
                .map(opening -> new Trigger(opening.mark(), opening.onlyFirst()))
                .toList();
    }
}
