package dev.gufo.engine.pool;

import java.util.Optional;

/**
 * Why a model is evicted.
 *
 * @param why for the log, one phrase
 * @param beneficiary the model at the head of the line that waits for the room; if it waits no more, the eviction is
 *     taken back. Empty if nothing takes it back
 */
record Eviction(String why, Optional<Resident> beneficiary) {
    static Eviction inAnyCase(String why) {
        return new Eviction(why, Optional.empty());
    }

    static Eviction toMakeRoomFor(Resident beneficiary) {
        return new Eviction("it makes room for " + beneficiary.id(), Optional.of(beneficiary));
    }
}
