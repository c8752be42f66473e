package dev.gufo.server.chat;

import dev.gufo.engine.Constraint;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * The share of the heap that the bodies of all requests may take while they are read and understood, so that a burst of large ones is
 * turned away in part and does not end the process. A request gives back what it took when it ends, or before. Safe for any thread.
 */
public final class BodyRoom {
    private static final String TAKEN = BodyRoom.class.getName();
    private static final int UNIT = 1 << 10;
    private static final int SHARE_OF_HEAP = 6;
    private static final int UNITS =
            (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP / UNIT);
    private static final Semaphore ROOM = new Semaphore(UNITS);

    /** For those who wait for a model, so that they do not keep others out meanwhile. */
    private static final Semaphore PARKING = new Semaphore(UNITS / 2);

    private static final String PARKED = TAKEN + ".parked";

    /** What an element of a JSON tree takes, with its place in an array or object. */
    private static final int ELEMENT_BYTES = 64;

    private static final int NUMBER_BYTES = 24;

    private BodyRoom() {}

    /**
     * Takes room for a request, in addition to what it has. One that wants more than there is at all gets in alone.
     *
     * @throws ApiException with {@link Problem.NoRoom}
     */
    static void take(HttpServletRequest request, long bytes) {
        int taken = taken(request);
        int more = (int) Math.min(UNITS - taken, (bytes + UNIT - 1) / UNIT);
        if (!ROOM.tryAcquire(more)) {
            throw new ApiException(new Problem.NoRoom());
        }
        request.setAttribute(TAKEN, taken + more);
    }

    /** Takes room for the tree that {@code json} will become. */
    static void takeForTree(HttpServletRequest request, byte[] json) {
        long bytes = 0;
        for (int i = 0; i < json.length; i++) {
            switch (json[i]) {
                case '[', '{', ':' -> bytes += ELEMENT_BYTES;
                case ',' -> bytes += i + 1 < json.length && isDigit(json[i + 1]) ? NUMBER_BYTES : ELEMENT_BYTES;
                default -> {}
            }
        }
        take(request, bytes);
    }

    /** Keeps room for a grammar, if there is one, and gives the rest back: the body has been understood. */
    static void keepFor(HttpServletRequest request, Optional<Constraint> constraint) {
        giveBack(request);
        take(request, constraint.map(made -> 2L * made.grammar().length()).orElse(0L));
    }

    /**
     * Moves what a request took to the room for requests that wait for long. One that took more than there is at all gets in alone.
     *
     * @throws ApiException with {@link Problem.NoRoom}
     */
    static void park(HttpServletRequest request) {
        int parked = Math.min(UNITS / 2, taken(request));
        if (!PARKING.tryAcquire(parked)) {
            throw new ApiException(new Problem.NoRoom());
        }
        giveBack(request);
        request.setAttribute(PARKED, parked);
    }

    /** Moves it back, as far as there is room, so that others may wait. */
    static void resume(HttpServletRequest request) {
        if (request.getAttribute(PARKED) instanceof Integer units && ROOM.tryAcquire(units)) {
            request.setAttribute(TAKEN, taken(request) + units);
            PARKING.release(units);
            request.removeAttribute(PARKED);
        }
    }

    private static boolean isDigit(byte character) {
        return character >= '0' && character <= '9';
    }

    /** Gives back all that a request took. */
    public static void giveBack(HttpServletRequest request) {
        ROOM.release(taken(request));
        request.removeAttribute(TAKEN);
        if (request.getAttribute(PARKED) instanceof Integer units) {
            PARKING.release(units);
            request.removeAttribute(PARKED);
        }
    }

    private static int taken(HttpServletRequest request) {
        return request.getAttribute(TAKEN) instanceof Integer units ? units : 0;
    }
}
