package dev.gufo.engine.pool;

import java.util.Optional;

/**
 * Why a model has to leave.
 *
 * @param why for the log, one phrase
 * @param heir whose turn it is and who waits for the room; without it the model may stay. Empty if it leaves in any case
 */
record Departure(String why, Optional<Resident> heir) {
    static Departure inAnyCase(String why) {
        return new Departure(why, Optional.empty());
    }

    static Departure toMakeRoomFor(Resident heir) {
        return new Departure("it makes room for " + heir.id(), Optional.of(heir));
    }
}
