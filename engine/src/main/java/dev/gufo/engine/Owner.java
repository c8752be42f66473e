package dev.gufo.engine;

/**
 * Whom a request belongs to, for sharing the engine fairly.
 *
 * @param id equal for all requests of one key; {@code ""} for everyone without one
 * @param weight share of the turns in relation to other owners' weights, 1 to {@value #MAX_WEIGHT}
 * @param preemptible whether its requests can wait: they start behind those of all owners who can't, stand aside while
 *     a prompt of these is computed, and are preempted if one of these finds no place. Equal for all requests of an id
 */
public record Owner(String id, int weight, boolean preemptible) {
    public static final int MAX_WEIGHT = 100;

    /** Everyone without a key. */
    public static final Owner ANYONE = new Owner("", 1);

    public Owner {
        Range.require("weight", weight, 1, MAX_WEIGHT);
    }

    /** One who does not wait for others but in turns. */
    public Owner(String id, int weight) {
        this(id, weight, false);
    }
}
