package dev.gufo.chat;

import dev.gufo.template.ChatTemplate;
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
 */
public record ChatFormat(
        ToolSyntax tools,
        Optional<ReasoningMarks> reasoning,
        boolean showsTools,
        boolean takesSystem,
        CallArguments callArguments,
        CallContent callContent) {
    /** That of models without a template. */
    public static final ChatFormat PLAIN =
            new ChatFormat(ToolSyntax.GENERIC, Optional.empty(), false, true, CallArguments.OBJECT, CallContent.EMPTY);

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
     * Finds the format by rendering a conversation with a known tool, call and reasoning and looking at what stands around them. A template
     * that fails on all of them is one without tools. Takes some ten renderings, so it is for the start of a model.
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
     * The conversation as the template of this format can show it: its {@link Conversation#input} is what to render. Where the template shows no
     * tools, a system message tells of them and of the form of a call; where it shows no calls, earlier ones and their results become text of
     * the assistant and the user.
     */
    public Conversation adapt(Conversation conversation) {
        return new ToolPrompt(this).adapt(conversation);
    }
}
