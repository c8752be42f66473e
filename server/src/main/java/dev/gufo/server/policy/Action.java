package dev.gufo.server.policy;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What is done about content of a category. */
public enum Action {
    /** The request is refused, or the answer ends. */
    BLOCK,
    /** It is told to the operator, and goes on. */
    FLAG,
    /** Nothing. */
    OFF;

    /** As policies write it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Action> named(String word) {
        return Arrays.stream(values()).filter(each -> each.word().equals(word)).findFirst();
    }

    static String words() {
        return Arrays.stream(values()).map(Action::word).collect(Collectors.joining(", "));
    }
}
