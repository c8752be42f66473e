package dev.gufo.chat;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a template takes of the conversations that the API allows. What it refuses, or leaves out of its prompt, is
 * rewritten before it is rendered; everything else stays as it is.
 *
 * @param calls how it shows earlier calls and their results
 * @param system which messages of the system it shows
 * @param neighbours whether two messages of the user, or two of the assistant, may follow each other
 * @param assistantFirst whether the assistant may speak before the user
 * @param noToolsAsNone whether it takes {@code none} where no tools are offered; if not it takes an empty list
 * @param efforts its word for each effort
 */
public record TemplateRules(
        Calls calls,
        SystemMessages system,
        boolean neighbours,
        boolean assistantFirst,
        boolean noToolsAsNone,
        Map<ReasoningEffort, String> efforts) {
    /** Of a template that takes everything as it comes. */
    public static final TemplateRules LENIENT = new TemplateRules(
            new Calls(true, true, true, Optional.empty(), CallIds.ANY),
            new SystemMessages(false, true, true, true),
            true,
            true,
            true,
            anyEffort());

    /**
     * What it takes of calls.
     *
     * @param shown whether it shows earlier calls
     * @param resultsShown whether it shows messages with results where the call before them is text
     * @param several whether it shows several calls in one turn
     * @param betweenResultAndUser text of the assistant that has to stand between a result and the user's next message;
     *     empty if none has to
     * @param ids the form of ids that it takes
     */
    public record Calls(
            boolean shown, boolean resultsShown, boolean several, Optional<String> betweenResultAndUser, CallIds ids) {}

    /**
     * What it takes of the system's messages.
     *
     * @param developer whether it knows the role {@code developer}; else that is shown as {@code system}
     * @param several whether it shows several of them at the beginning
     * @param later whether it shows some behind others
     * @param alone whether it takes a conversation of nothing else
     */
    public record SystemMessages(boolean developer, boolean several, boolean later, boolean alone) {}

    public TemplateRules {
        efforts = Collections.unmodifiableMap(new EnumMap<>(efforts));
    }

    /** Which ids of calls a template takes. */
    public enum CallIds {
        ANY,
        /** Nine letters and digits: Mistral. */
        NINE_CHARACTERS,
        /** {@code functions.name:0}, numbered through the conversation: Kimi. */
        NUMBERED,
        /** The same, numbered in each turn, because the template numbers the calls so itself. */
        NUMBERED_IN_TURN
    }

    /**
     * The words where none is refused. Most templates show {@code none} as any other word, and switch reasoning off
     * otherwise.
     */
    static Map<ReasoningEffort, String> anyEffort() {
        Map<ReasoningEffort, String> words = Arrays.stream(ReasoningEffort.values())
                .collect(Collectors.toMap(Function.identity(), ReasoningEffort::word));
        words.put(ReasoningEffort.NONE, ReasoningEffort.LOW.word());
        return words;
    }
}
