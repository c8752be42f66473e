package dev.gufo.chat;

import dev.gufo.template.ChatTemplate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a model writes its replies, and what its template needs to show earlier ones.
 *
 * @param tools how it writes calls
 * @param reasoning what it writes around its reasoning; empty if nothing says that it reasons
 * @param showsTools whether the template shows the definitions of tools; if not, a system message does
 * @param takesSystem whether the template shows system messages
 * @param callArguments how the template takes the arguments of earlier calls
 * @param callContent what the template takes as the text of a message that has none, only calls
 * @param rules what else the template takes
 */
public record ChatFormat(
        ToolSyntax tools,
        Optional<ReasoningMarks> reasoning,
        boolean showsTools,
        boolean takesSystem,
        CallArguments callArguments,
        CallContent callContent,
        TemplateRules rules) {
    /** That of models without a template. */
    public static final ChatFormat PLAIN =
            new ChatFormat(ToolSyntax.GENERIC, Optional.empty(), false, true, CallArguments.OBJECT, CallContent.EMPTY);

    /** The format of a template that takes every conversation. */
    public ChatFormat(
            ToolSyntax tools,
            Optional<ReasoningMarks> reasoning,
            boolean showsTools,
            boolean takesSystem,
            CallArguments callArguments,
            CallContent callContent) {
        this(tools, reasoning, showsTools, takesSystem, callArguments, callContent, TemplateRules.LENIENT);
    }

    /** How a template takes the arguments of earlier calls. */
    public enum CallArguments {
        OBJECT,
        /** As JSON text. */
        TEXT
    }

    /** What a template takes as the text of a message that has only calls. */
    public enum CallContent {
        EMPTY,
        NONE
    }

    /**
     * Finds the format by rendering a conversation with a known tool, call and reasoning and looking at what stands
     * around them. A template that fails on all of them is one without tools. Takes some thirty renderings of a few
     * messages, so it is for the start of a model.
     *
     * @param trustedVariables as for a rendering: {@code bos_token}, {@code eos_token}
     */
    public static ChatFormat detect(ChatTemplate template, Map<String, ?> trustedVariables) {
        return new FormatDetector(template, trustedVariables).detect();
    }

    /** Whether a reply to this prompt begins within reasoning, because the prompt ends with its opening mark. */
    public boolean startsInReasoning(String prompt) {
        return tools != ToolSyntax.HARMONY
                && reasoning.isPresent()
                && prompt.stripTrailing().endsWith(reasoning.get().open().stripTrailing());
    }

    /**
     * The conversation as the template of this format can show it: its {@link Conversation#input} is what to render.
     * Where the template shows no tools, a system message tells of them and of the form of a call; where it shows no
     * calls, earlier ones and their results become text of the assistant and the user. What {@link #rules} says that
     * the template refuses is rewritten.
     */
    public Conversation adapt(Conversation conversation) {
        List<ChatMessage> history = new CallHistory(this).adapt(conversation.messages());
        Conversation shown = new ToolPrompt(this)
                .adapt(new Conversation(history, conversation.tools(), conversation.templateArguments()));
        var arguments = new LinkedHashMap<>(shown.templateArguments());
        arguments.replaceAll((_, value) ->
                value instanceof ReasoningEffort effort ? rules.efforts().get(effort) : value);
        return new Conversation(new RoleOrder(this).adapt(shown.messages()), shown.tools(), arguments);
    }
}
