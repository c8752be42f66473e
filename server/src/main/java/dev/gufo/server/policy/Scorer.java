package dev.gufo.server.policy;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What says what content is. Safe for any thread.
 *
 * @param guard asked where the rules find nothing that decides
 */
public record Scorer(Rules rules, Optional<Guard> guard) {
    /**
     * What content is.
     *
     * @param scores by category, 0 to 1; a category that was looked for and was not found may have none
     * @param looked categories that were looked for
     */
    public record Verdict(Map<String, Double> scores, Set<String> looked) {
        /** What two ways to look have found: of each category the higher score. */
        public static Verdict both(Verdict one, Verdict other) {
            var looked = new TreeSet<>(one.looked());
            looked.addAll(other.looked());
            return new Verdict(Categories.higher(one.scores(), other.scores()), looked);
        }
    }
}
