package dev.gufo.grammar.schema;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A schema without the keywords that no grammar keeps, for those who would rather have less of a schema than none of
 * it.
 *
 * @param schema what is left, as plain values
 * @param leftOut the refusals that were met, in order; empty if the schema is kept as it is
 */
public record RelaxedSchema(Object schema, List<UnsupportedSchema> leftOut) {
    private static final int MOST_KEYWORDS = 20;

    /** Makes a grammar of a schema. */
    @FunctionalInterface
    public interface Grammars {
        /**
         * Makes sure that there is one.
         *
         * @throws UnsupportedSchema naming a keyword of the schema, if there is none
         */
        void requireKept(Object schema);
    }

    public RelaxedSchema {
        leftOut = List.copyOf(leftOut);
    }

    /**
     * Leaves out one keyword after another until a grammar can be made of the rest. Where no single keyword is to blame
     * the schema around it goes, and after 20 keywords the whole schema becomes {@code otherwise}.
     *
     * @param schema as plain values
     * @param otherwise a schema that is kept, for one of which nothing can be saved
     * @param grammars what has to keep the rest
     */
    public static RelaxedSchema of(Object schema, Object otherwise, Grammars grammars) {
        List<UnsupportedSchema> leftOut = new ArrayList<>();
        Object kept = schema;
        while (true) {
            try {
                grammars.requireKept(kept);
                return new RelaxedSchema(kept, leftOut);
            } catch (UnsupportedSchema e) {
                boolean again =
                        !leftOut.isEmpty() && leftOut.getLast().getMessage().equals(e.getMessage());
                if (!again) {
                    leftOut.add(e);
                }
                // What is refused again has its cause around it.
                boolean hopeless = again || leftOut.size() > MOST_KEYWORDS;
                Optional<Object> rest = hopeless ? Optional.empty() : without(kept, e);
                if (rest.isEmpty()) {
                    return new RelaxedSchema(otherwise, leftOut);
                }
                kept = rest.get();
            }
        }
    }

    /**
     * A copy without the refused keyword, or with a schema that allows everything in the place of a refused one; empty
     * if that is the whole.
     */
    private static Optional<Object> without(Object schema, UnsupportedSchema refusal) {
        String[] names = refusal.path().isEmpty()
                ? new String[0]
                : refusal.path().substring(1).split("/", -1);
        return without(schema, names, 0, refusal.keyword());
    }

    private static Optional<Object> without(Object value, String[] names, int at, String keyword) {
        if (at == names.length) {
            if (value instanceof Map<?, ?> map && map.containsKey(keyword)) {
                Map<Object, Object> rest = new LinkedHashMap<>(map);
                rest.remove(keyword);
                return Optional.of(rest);
            }
            return at == 0 ? Optional.empty() : Optional.of(true);
        }
        String name = names[at].replace("~1", "/").replace("~0", "~");
        return switch (value) {
            case Map<?, ?> map
            when map.containsKey(name) ->
                without(map.get(name), names, at + 1, keyword).map(inner -> {
                    Map<Object, Object> copy = new LinkedHashMap<>(map);
                    copy.put(name, inner);
                    return copy;
                });
            case List<?> list
            when name.matches("[0-9]{1,6}") && Integer.parseInt(name) < list.size() -> {
                int index = Integer.parseInt(name);
                yield without(list.get(index), names, at + 1, keyword).map(inner -> {
                    List<Object> copy = new ArrayList<>(list);
                    copy.set(index, inner);
                    return copy;
                });
            }
            case null, default -> Optional.empty();
        };
    }
}
