package dev.gufo.grammar.schema;

import static dev.gufo.grammar.Gbnf.optional;
import static dev.gufo.grammar.Gbnf.repeated;
import static dev.gufo.grammar.Gbnf.sequence;

import dev.gufo.grammar.Gbnf;
import dev.gufo.grammar.strings.PatternException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Rules for objects: properties in their order, each with what may follow it, so that a property costs a fixed number
 * of rules however many others are optional.
 */
final class ObjectRules {
    private static final int MOST_COUNTED = 4_000;

    private final RuleSet rules;
    private final ObjectNotation notation;

    ObjectRules(RuleSet rules, ObjectNotation notation) {
        this.rules = rules;
        this.notation = notation;
    }

    Gbnf of(Shape.Members shape) {
        List<Map.Entry<String, Shape.Property>> properties =
                List.copyOf(shape.properties().entrySet());
        int least = leastToCount(shape);
        boolean countsMost = shape.most() < properties.size()
                || (shape.most() < Gbnf.UNBOUNDED && !shape.extras().isEmpty());
        int counted = Math.max(1, Math.max(least, countsMost ? shape.most() : 0));
        if ((long) counted * properties.size() > MOST_COUNTED && counted > 1) {
            throw refusal(shape, least > 0 ? "minProperties" : "maxProperties", "is too large to be counted");
        }
        Gbnf extra = extra(shape);
        // onward[n]: all that may follow once n properties stand there; the last n also means more than that, unless
        // most is counted
        Gbnf[] onward = new Gbnf[counted + 1];
        for (int n = 0; n <= counted; n++) {
            int missing = least - n;
            int room = countsMost ? shape.most() - n : Gbnf.UNBOUNDED;
            onward[n] = missing > 1 || (countsMost && n > shape.most())
                    ? Gbnf.Alternation.NEVER
                    : missing == 1 ? closingWithExtras(n, extra, room) : closing(n, extra, room);
        }
        for (int i = properties.size() - 1; i >= 0; i--) {
            onward = before(properties.get(i), onward, countsMost);
        }
        return sequence(notation.open(), onward[0]);
    }

    /** What may follow before a property, from what may follow after it. */
    private Gbnf[] before(Map.Entry<String, Shape.Property> property, Gbnf[] after, boolean countsMost) {
        Gbnf member = notation.member(property.getKey(), property.getValue().schemas());
        boolean required = property.getValue().required();
        Gbnf[] onward = new Gbnf[after.length];
        int last = after.length - 1;
        Gbnf[] shared = after.clone();
        if (!required || last > 1) {
            for (int n = 0; n <= last; n++) {
                shared[n] = rules.share(after[n]);
            }
        }
        for (int n = 0; n <= last; n++) {
            Gbnf then = n < last ? shared[n + 1] : countsMost ? Gbnf.Alternation.NEVER : shared[last];
            Gbnf here = sequence(n == 0 ? notation.gap() : notation.comma(), member);
            if (required) {
                onward[n] = sequence(here, then);
            } else if (then.equals(shared[n])) {
                onward[n] = sequence(optional(here), then);
            } else {
                onward[n] = Gbnf.choice(List.of(sequence(here, then), shared[n]));
            }
        }
        return onward;
    }

    private Gbnf closing(int written, Gbnf extra, int room) {
        Gbnf end = written == 0 ? notation.close() : sequence(notation.gap(), notation.close());
        if (room == 0 || extra.equals(Gbnf.Alternation.NEVER)) {
            return written == 0 ? sequence(notation.gap(), notation.close()) : end;
        }
        Gbnf further = sequence(notation.comma(), extra);
        if (written > 0) {
            return sequence(repeated(further, 0, room), end);
        }
        int rest = room == Gbnf.UNBOUNDED ? room : room - 1;
        Gbnf some = sequence(extra, repeated(further, 0, rest), notation.gap());
        return sequence(notation.gap(), optional(some), notation.close());
    }

    /** The end behind one further property at least. */
    private Gbnf closingWithExtras(int written, Gbnf extra, int room) {
        int rest = room == Gbnf.UNBOUNDED ? room : room - 1;
        if (rest < 0) {
            return Gbnf.Alternation.NEVER;
        }
        Gbnf further = repeated(sequence(notation.comma(), extra), 0, rest);
        Gbnf before = written == 0 ? notation.gap() : notation.comma();
        return sequence(before, extra, further, notation.gap(), notation.close());
    }

    private Gbnf extra(Shape.Members shape) {
        List<Gbnf> ways = new ArrayList<>();
        for (Shape.Extra extra : shape.extras()) {
            try {
                ways.add(notation.member(extra.names(), extra.schemas()));
            } catch (PatternException e) {
                throw shape.nodes()
                        .getFirst()
                        .refuse("additionalProperties", "needs names whose automaton " + e.getMessage());
            }
        }
        return ways.isEmpty() ? Gbnf.Alternation.NEVER : rules.share(Gbnf.choice(ways));
    }

    /**
     * The least number of properties that must be counted; 0 if required ones reach it. Of names that are not listed
     * only one can be counted, as it may come twice.
     */
    private static int leastToCount(Shape.Members shape) {
        long required = shape.properties().values().stream()
                .filter(Shape.Property::required)
                .count();
        if (shape.least() <= required) {
            return 0;
        }
        int listed = shape.properties().size();
        if (shape.least() > listed + (shape.extras().isEmpty() ? 0 : 1)) {
            throw refusal(
                    shape,
                    "minProperties",
                    shape.extras().isEmpty()
                            ? "is more than the properties that are listed"
                            : "is supported up to one more than the properties that are listed");
        }
        return shape.least();
    }

    private static UnsupportedSchema refusal(Shape.Members shape, String keyword, String why) {
        return shape.nodes().stream()
                .filter(node -> node.has(keyword))
                .findFirst()
                .orElseThrow()
                .refuse(keyword, why);
    }
}
