package dev.gufo.chat;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Who wrote a message. */
public enum Role {
    SYSTEM,
    /** OpenAI's newer word for {@link #SYSTEM}. */
    DEVELOPER,
    USER,
    ASSISTANT,
    TOOL;

    /** All words, for messages to people. */
    public static final String WORDS = Arrays.stream(values()).map(Role::word).collect(Collectors.joining(", "));

    private final String word = name().toLowerCase(Locale.ROOT);

    /** As the API and templates spell it. */
    public String word() {
        return word;
    }

    /** The role with this word, or empty if there is none. */
    public static Optional<Role> of(String word) {
        return Arrays.stream(values()).filter(role -> role.word.equals(word)).findFirst();
    }
}
