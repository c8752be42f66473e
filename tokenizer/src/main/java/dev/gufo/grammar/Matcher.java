package dev.gufo.grammar;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * A text so far and what may follow it. For one thread; copies and other matchers of the same grammar may be on others.
 * Pieces are bytes of UTF-8 and may be cut anywhere, within a character too. Once a method threw
 * {@link GrammarTooCostly} all of them do.
 */
public final class Matcher {
    private final StateSpace space;
    private State state;
    private int generation;
    private @Nullable GrammarTooCostly failure;

    Matcher(StateSpace space, State state) {
        this.space = space;
        this.state = state;
        this.generation = space.generation();
    }

    /**
     * Whether the text with {@code piece} behind it is still the beginning of a sentence. The text stays as it is.
     *
     * @return false for an empty piece too, which would be no progress
     */
    public boolean accepts(byte[] piece) {
        return after(piece) != State.DEAD;
    }

    /**
     * Puts {@code piece} behind the text if the result is the beginning of a sentence; otherwise false, and the text
     * stays as it is.
     */
    public boolean advance(byte[] piece) {
        State next = after(piece);
        boolean accepted = next != State.DEAD;
        if (accepted) {
            state = next;
        }
        return accepted;
    }

    /** Whether the text is a sentence, so that it may end here. */
    public boolean isComplete() {
        requireUsable();
        return state.isComplete();
    }

    /** Whether the text can become longer. */
    public boolean canGoOn() {
        requireUsable();
        return state.size() > 0;
    }

    /** Another matcher with the same text. */
    public Matcher copy() {
        requireUsable();
        Matcher copy = new Matcher(space, state);
        copy.generation = generation;
        return copy;
    }

    /** Sets the ids of all tokens that {@link #accepts} would accept, and clears none. */
    public void allowed(TokenTrie trie, BitSet into) {
        requireUsable();
        BitSet mask = space.mask(state, trie);
        if (mask == null) {
            try {
                requireRetainable();
                mask = trie.allowed(
                        space, state, new Budget(space.limits().matching().maskWork()));
            } catch (GrammarTooCostly e) {
                failure = e;
                throw e;
            }
            space.rememberMask(state, trie, mask);
        }
        into.or(mask);
    }

    /** Sets the bytes, 0 to 255, of which one is next if the text becomes longer, and clears none. */
    public void nextBytes(BitSet into) {
        requireUsable();
        Network network = space.network();
        for (int i = 0; i < state.size(); i++) {
            int place = state.place(i);
            for (int t = network.firstTransition(place); t < network.firstTransition(place + 1); t++) {
                int label = network.label(t);
                if (label != Network.EMPTY && !Network.isCall(label)) {
                    into.set(Network.first(label), Network.last(label) + 1);
                }
            }
        }
    }

    private State after(byte[] piece) {
        requireUsable();
        if (piece.length == 0) {
            return State.DEAD;
        }
        try {
            requireRetainable();
            Budget budget = new Budget(space.limits().matching().pieceWork());
            State next = state;
            for (int i = 0; i < piece.length && next != State.DEAD; i++) {
                next = space.next(next, space.network().classOf(piece[i]), budget);
            }
            return next;
        } catch (GrammarTooCostly e) {
            failure = e;
            throw e;
        }
    }

    private void requireUsable() {
        if (failure != null) {
            throw new GrammarTooCostly(failure.getMessage());
        }
    }

    private void requireRetainable() {
        int now = space.generation();
        if (generation != now) {
            space.requireRetainable(state);
            generation = now;
        }
    }
}
