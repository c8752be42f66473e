package dev.gufo.chat;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How much a model is asked to reason, least first. Among the arguments of a template it stands for the word that this
 * template knows: {@link ChatFormat#adapt} puts that in its place.
 */
public enum ReasoningEffort {
    NONE,
    MINIMAL,
    LOW,
    MEDIUM,
    HIGH,
    XHIGH;

    /** All words, for messages to people. */
    public static final String WORDS =
            Arrays.stream(values()).map(ReasoningEffort::word).collect(Collectors.joining(", "));

    private final String word = name().toLowerCase(Locale.ROOT);

    /** As the API spells it. */
    public String word() {
        return word;
    }

    /** The effort with this word, or empty if there is none. */
    public static Optional<ReasoningEffort> of(String word) {
        return Arrays.stream(values())
                .filter(effort -> effort.word.equals(word))
                .findFirst();
    }
}
