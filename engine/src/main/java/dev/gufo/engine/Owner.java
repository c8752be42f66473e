package dev.gufo.engine;

/**
 * Whom a request belongs to, for sharing the engine fairly.
 *
 * @param id equal for all requests of one key; {@code ""} for everyone without one
 * @param weight share of the turns in relation to other owners' weights, 1 to {@value #MAX_WEIGHT}
 */
public record Owner(String id, int weight) {
    public static final int MAX_WEIGHT = 100;

    /** Everyone without a key. */
    public static final Owner ANYONE = new Owner("", 1);

    public Owner {
        Range.require("weight", weight, 1, MAX_WEIGHT);
    }
}
