package dev.gufo.server.policy;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is done about content, by direction and category.
 *
 * @param name which the operator has given it
 */
public record Policy(String name, Measures input, Measures output) {
    /** Stands for all categories that are not named. */
    static final String OTHERS = "*";

    /**
     * What is done from which score on.
     *
     * @param threshold above 0, up to 1
     */
    record Measure(Action action, double threshold) {}

    /**
     * By category.
     *
     * @param byCategory {@link #OTHERS} may stand for those that are missing
     */
    record Measures(Map<String, Measure> byCategory) {
        static final Measures NONE = new Measures(Map.of());

        Measures {
            byCategory = Map.copyOf(byCategory);
        }

        /** Whether no score changes anything. */
        boolean isOff() {
            return byCategory.values().stream().allMatch(measure -> measure.action() == Action.OFF);
        }

        /** The scores that are high enough for this action. */
        Map<String, Double> reached(Map<String, Double> scores, Action action) {
            var reached = new TreeMap<String, Double>();
            scores.forEach((category, score) -> of(category)
                    .filter(measure -> measure.action() == action && score >= measure.threshold())
                    .ifPresent(_ -> reached.put(category, score)));
            return reached;
        }

        private Optional<Measure> of(String category) {
            return Optional.ofNullable(byCategory.getOrDefault(category, byCategory.get(OTHERS)));
        }
    }

    Measures of(Direction direction) {
        return switch (direction) {
            case INPUT -> input;
            case OUTPUT -> output;
        };
    }
}
