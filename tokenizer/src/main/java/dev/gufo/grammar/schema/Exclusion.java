package dev.gufo.grammar.schema;

import static java.util.Objects.requireNonNull;

import dev.gufo.grammar.schema.Conjunctions.Reading;
import dev.gufo.grammar.strings.Automaton;
import dev.gufo.grammar.strings.DecimalPattern.Bound;
import dev.gufo.grammar.strings.Effort;
import dev.gufo.grammar.strings.PatternException;
import dev.gufo.grammar.strings.StringSet;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Whether values that are written can be ones that another schema admits. Answers "they can't" only if that is sure.
 */
final class Exclusion {
    private static final int MOST_DEPTH = 6;

    private final Conjunctions conjunctions;
    private final StringSets strings;
    private final SchemaLimits limits;
    private final Effort effort;
    private int depth;

    Exclusion(Conjunctions conjunctions, StringSets strings, SchemaLimits limits, Effort effort) {
        this.conjunctions = conjunctions;
        this.strings = strings;
        this.limits = limits;
        this.effort = effort;
    }

    /**
     * Whether no value written for {@code shape} is in any of {@code others}, which are read as
     * {@link Reading#ADMITTED}.
     */
    boolean avoids(Shape shape, List<Shape> others) {
        return others.stream().allMatch(other -> avoids(shape, other));
    }

    private boolean avoids(Shape shape, Shape other) {
        effort.spend(10);
        return switch (shape) {
            case Shape.Values values ->
                values.values().stream()
                        .noneMatch(
                                value -> conjunctions.validation().satisfies(value, other.nodes(), Reading.ADMITTED));
            case Shape.Text text -> avoids(text, other);
            case Shape.Numeric numeric -> avoids(numeric, other);
            case Shape.Array array -> avoids(array, other);
            case Shape.Members members -> avoids(members, other);
        };
    }

    private boolean avoids(Shape.Text text, Shape other) {
        return switch (other) {
            case Shape.Values values -> values.values().stream().noneMatch(value -> writes(text, value));
            case Shape.Text admitted ->
                text.most() < admitted.least() || admitted.most() < text.least() || apart(text, admitted);
            default -> true;
        };
    }

    private boolean writes(Shape.Text text, Object value) {
        return value instanceof String string
                && new StringSet.OfLength(text.least(), text.most()).contains(string)
                && !text.excluded().contains(string)
                && sets(text, false).stream().allMatch(set -> set.contains(string));
    }

    private boolean apart(Shape.Text text, Shape.Text other) {
        List<StringSet> both = new ArrayList<>(sets(text, false));
        List<StringSet> wide = sets(other, true);
        if (both.isEmpty() || wide.isEmpty()) {
            return false;
        }
        both.addAll(wide);
        try {
            return Automaton.of(both, limits.work().patternStates(), effort).isEmpty();
        } catch (PatternException e) {
            return false; // too large to be sure
        }
    }

    private List<StringSet> sets(Shape.Text text, boolean wide) {
        List<StringSet> sets = new ArrayList<>();
        text.patterns()
                .forEach(source -> sets.add(strings.ofPattern(source.node(), "pattern", source.pattern(), wide)));
        if (!wide) {
            text.formats().forEach(format -> sets.addAll(strings.ofFormat(format)));
        }
        return sets;
    }

    private static boolean avoids(Shape.Numeric numeric, Shape other) {
        return switch (other) {
            case Shape.Values values -> values.values().stream().noneMatch(value -> inRange(numeric, value));
            case Shape.Numeric admitted ->
                below(numeric.high(), admitted.low()) || below(admitted.high(), numeric.low());
            default -> true;
        };
    }

    private static boolean inRange(Shape.Numeric numeric, Object value) {
        if (!(value instanceof Number number)) {
            return false;
        }
        Optional<Bound> here = Optional.of(new Bound(JsonValues.decimal(number), false));
        return !below(here, numeric.low()) && !below(numeric.high(), here);
    }

    private static boolean below(Optional<Bound> high, Optional<Bound> low) {
        if (high.isEmpty() || low.isEmpty()) {
            return false;
        }
        int order = high.get().value().compareTo(low.get().value());
        return order < 0 || (order == 0 && (high.get().excluded() || low.get().excluded()));
    }

    private static boolean avoids(Shape.Array array, Shape other) {
        return switch (other) {
            case Shape.Values values -> values.values().stream().noneMatch(List.class::isInstance);
            case Shape.Array admitted -> array.most() < admitted.least() || admitted.most() < array.least();
            default -> true;
        };
    }

    private boolean avoids(Shape.Members members, Shape other) {
        return switch (other) {
            case Shape.Values values -> values.values().stream().noneMatch(Map.class::isInstance);
            case Shape.Members admitted -> differInAProperty(members, admitted);
            default -> true;
        };
    }

    /** Whether a property that is in every object of both has values of which none suits both. */
    private boolean differInAProperty(Shape.Members members, Shape.Members admitted) {
        if (depth == MOST_DEPTH) {
            return false;
        }
        Set<String> sure = new LinkedHashSet<>();
        admitted.properties().forEach((name, property) -> {
            if (property.required()) {
                sure.add(name);
            }
        });
        if (members.extras().isEmpty() && !members.properties().keySet().containsAll(sure)) {
            return true; // it never has what the other must have
        }
        members.properties().forEach((name, property) -> {
            if (property.required()) {
                sure.add(name);
            }
        });
        depth++;
        boolean differ = sure.stream()
                .filter(members.properties()::containsKey)
                .anyMatch(name ->
                        differ(requireNonNull(members.properties().get(name)).schemas(), demands(admitted, name)));
        depth--;
        return differ;
    }

    private List<SchemaNode> demands(Shape.Members admitted, String name) {
        return admitted.nodes().stream()
                .flatMap(node -> PropertyRules.of(node, strings).schemasOf(name).stream())
                .toList();
    }

    /** Whether no value is written for the first schemas that the others admit. */
    boolean differ(List<SchemaNode> written, List<SchemaNode> admitted) {
        effort.spend(50);
        if (admitted.stream().allMatch(SchemaKeywords::allowsEverything)) {
            return false;
        }
        List<Shape> others = conjunctions.alternatives(admitted, Reading.ADMITTED);
        return conjunctions.alternatives(written, Reading.WRITTEN).stream().allMatch(shape -> avoids(shape, others));
    }
}
