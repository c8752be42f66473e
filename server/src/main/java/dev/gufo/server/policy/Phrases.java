package dev.gufo.server.policy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds words and phrases in texts, whatever their case and whatever stands between the words of a phrase. A tree of
 * words: a text takes time in proportion to its length, however many phrases there are. Built by one thread, then safe
 * for any.
 */
final class Phrases {
    /** Words of one phrase. */
    static final int LONGEST = 32;

    private final Node root = new Node();

    private static final class Node {
        private Map<String, Node> next = Map.of();
        private Map<String, Double> scores = Map.of(); // of the phrase that ends here

        Node then(String word) {
            if (next.isEmpty()) {
                next = new HashMap<>(2);
            }
            return next.computeIfAbsent(word, _ -> new Node());
        }
    }

    /**
     * Has a phrase found from now on.
     *
     * @throws IllegalArgumentException if it has no words, or too many
     */
    void add(String phrase, String category, double score) {
        List<String> words = PlainText.words(PlainText.of(phrase));
        if (words.isEmpty() || words.size() > LONGEST) {
            throw new IllegalArgumentException(
                    "a phrase must have 1 to %d words, one has %d".formatted(LONGEST, words.size()));
        }
        Node node = root;
        for (String word : words) {
            node = node.then(word);
        }
        node.scores = Categories.higher(node.scores, Map.of(category, score));
    }

    /**
     * What is found in a text.
     *
     * @param plain as {@link PlainText} has it
     * @return by category the highest score
     */
    Map<String, Double> scores(String plain) {
        if (root.next.isEmpty()) {
            return Map.of();
        }
        List<String> words = PlainText.words(plain);
        var found = new TreeMap<String, Double>();
        for (int begin = 0; begin < words.size(); begin++) {
            Node node = root.next.get(words.get(begin));
            for (int i = begin + 1; node != null; i++) {
                node.scores.forEach((category, score) -> found.merge(category, score, Math::max));
                node = i < words.size() ? node.next.get(words.get(i)) : null;
            }
        }
        return found;
    }
}
