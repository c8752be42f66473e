package dev.gufo.server.access;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How much may be used.
 *
 * @param values by limit, each 1 or more, {@link #UNLIMITED} included; a limit that is not there is the default's
 *     business
 */
public record Limits(Map<Limit, Long> values) {
    /** Stands for no limit, also where the default has one. */
    public static final long UNLIMITED = Long.MAX_VALUE;

    /** Nothing is said. */
    public static final Limits NONE = new Limits(Map.of());

    /** The largest number that is a limit; ten times it still is a number. */
    public static final long MOST = 1_000_000_000_000_000L;

    public Limits {
        var copy = new EnumMap<Limit, Long>(Limit.class);
        values.forEach((limit, value) -> {
            if (value != UNLIMITED && (value < 1 || value > MOST)) {
                throw new IllegalArgumentException("%s must be 1 to %d, is %d".formatted(limit.word(), MOST, value));
            }
            copy.put(limit, value);
        });
        values = Collections.unmodifiableMap(copy);
    }

    /** These limits, and the others' where these say nothing. */
    public Limits over(Limits defaults) {
        var merged = new EnumMap<Limit, Long>(Limit.class);
        merged.putAll(defaults.values);
        merged.putAll(values);
        return new Limits(merged);
    }

    /** With some limits set; one that is set to nothing is the default's business again. */
    public Limits with(Map<Limit, Optional<Long>> changes) {
        var changed = new EnumMap<Limit, Long>(Limit.class);
        changed.putAll(values);
        changes.forEach((limit, value) ->
                value.ifPresentOrElse(number -> changed.put(limit, number), () -> changed.remove(limit)));
        return new Limits(changed);
    }

    /** One of these limits alone. */
    public Limits only(Limit limit) {
        Long value = values.get(limit);
        return value == null ? NONE : new Limits(Map.of(limit, value));
    }

    /** The number of a limit; empty if there is none. */
    public OptionalLong of(Limit limit) {
        long value = values.getOrDefault(limit, UNLIMITED);
        return value == UNLIMITED ? OptionalLong.empty() : OptionalLong.of(value);
    }
}
