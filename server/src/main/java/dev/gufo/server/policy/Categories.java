package dev.gufo.server.policy;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Names of what content may be, and scores by such names. */
public final class Categories {
    /** OpenAI's. Others may stand beside them. */
    public static final List<String> OPENAI = List.of(
            "harassment",
            "harassment/threatening",
            "hate",
            "hate/threatening",
            "illicit",
            "illicit/violent",
            "self-harm",
            "self-harm/instructions",
            "self-harm/intent",
            "sexual",
            "sexual/minors",
            "violence",
            "violence/graphic");

    /** From this score on content counts as of a category, where nothing else is said. */
    public static final double THRESHOLD = 0.5;

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,30}(/[a-z0-9_-]{1,31})?");

    private Categories() {}

    /** Whether a category may be called so: lower-case letters, digits and dashes, and a slash in the middle. */
    static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** Of two scores by category the higher ones. */
    static Map<String, Double> higher(Map<String, Double> one, Map<String, Double> other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.isEmpty() ? other : one;
        }
        var scores = new TreeMap<>(one);
        other.forEach((category, score) -> scores.merge(category, score, Math::max));
        return scores;
    }
}
