package dev.gufo.engine;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How strongly a LoRA adapter takes effect.
 *
 * @param id of an adapter that was loaded with the model
 * @param scale 1 as it was trained, less for a weaker effect, negative for the opposite; -{@value #MAX_SCALE} to
 *     {@value #MAX_SCALE}
 */
public record AdapterScale(String id, float scale) {
    /** Beyond it logits become infinite or NaN. */
    public static final int MAX_SCALE = 4;

    /** Most adapters of one request. */
    public static final int MAX_ADAPTERS = 8;

    public AdapterScale {
        Range.require("scale", scale, -MAX_SCALE, MAX_SCALE);
    }

    /** A set in the one order in which equal sets are equal lists: by id, without those that have no effect. */
    static List<AdapterScale> set(List<AdapterScale> adapters) {
        if (adapters.size() > MAX_ADAPTERS) {
            throw new IllegalArgumentException(
                    "there must be at most %d adapters, are %d".formatted(MAX_ADAPTERS, adapters.size()));
        }
        Set<String> ids = new HashSet<>();
        for (AdapterScale adapter : adapters) {
            if (!ids.add(adapter.id())) {
                throw new IllegalArgumentException("adapter '%s' occurs twice".formatted(adapter.id()));
            }
        }
        return adapters.stream()
                .filter(adapter -> adapter.scale() != 0)
                .sorted(Comparator.comparing(AdapterScale::id))
                .toList();
    }
}
