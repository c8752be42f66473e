package dev.gufo.grammar;

import org.jspecify.annotations.Nullable;

/**
 * All that matters of the text so far: where its next byte may be looked for. Equal states of one {@link StateSpace}
 * are usually one object, and each remembers where bytes led, so that common texts cost one array access per byte.
 *
 * <p>{@link #next} is written by the thread that holds the space's monitor and read by any: its elements are null or
 * right, and everything they need is in final fields.
 */
public final class State {
    /** No byte is possible and none was: nothing matches. */
    static final State DEAD = new State(new int[0], new Stack[0], false);

    private final int[] places;
    private final Stack[] stacks;
    private final boolean complete;
    private @Nullable State @Nullable [] next;

    /**
     * A state.
     *
     * @param places network states with a transition for bytes
     * @param stacks what is below each of them
     */
    State(int[] places, Stack[] stacks, boolean complete) {
        this.places = places;
        this.stacks = stacks;
        this.complete = complete;
    }

    int size() {
        return places.length;
    }

    int place(int i) {
        return places[i];
    }

    Stack stack(int i) {
        return stacks[i];
    }

    /** Whether the text so far is a sentence. */
    boolean isComplete() {
        return complete;
    }

    /** Where a byte of this class leads, {@link #DEAD} if nowhere; null if that has not been found out. */
    @Nullable
    State next(int byteClass) {
        @Nullable State[] known = next;
        return known == null ? null : known[byteClass];
    }

    /**
     * Remembers where bytes of a class lead. Call with the monitor of the space held.
     *
     * @return whether this is the first that the state remembers
     */
    boolean remember(int byteClass, State state, int classes) {
        @Nullable State[] known = next;
        if (known != null) {
            known[byteClass] = state;
            return false;
        }
        State[] first = new State[classes];
        first[byteClass] = state;
        next = first;
        return true;
    }

    /** Forgets where bytes lead. Call with the monitor of the space held. */
    void forget() {
        next = null;
    }
}
