package dev.gufo.engine.batch;

import dev.gufo.engine.llama.TokenBatch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The plan of one step: which sequences enter it with how many of their pending tokens. Written to llama.cpp's batch in the
 * order of slots, because llama.cpp computes neighbouring slots together and others in a pass of their own. All have the same adapters;
 * with any, the logits behind the last token of each are computed always, as they tell whether the adapters are too strong.
 *
 * <p>Belongs to the engine thread.
 */
final class StepBatch {
    /**
     * A sequence's part.
     *
     * @param first index of its first token in the batch
     * @param output index of the logits that its next token is chosen from, -1 if its prompt goes on in a later step
     */
    record Share(Sequence sequence, int tokens, int first, int output) {
        boolean hasOutput() {
            return output >= 0;
        }
    }

    /**
     * A token to be thrown away.
     *
     * @param index of it in the batch
     */
    record Fill(int slot, int index) {}

    private final List<Share> planned = new ArrayList<>();
    private final int bridge;
    private boolean adapted;
    private int size;

    /**
     * @param bridge most slots between two used ones that are filled with a token that is thrown away, so that both sides
     *     are computed in one pass
     */
    StepBatch(int bridge) {
        this.bridge = bridge;
    }

    /** Lets a sequence enter with its next {@code tokens} pending ones. */
    void add(Sequence sequence, int tokens) {
        planned.add(new Share(sequence, tokens, -1, -1));
        adapted = !sequence.request().adapters().isEmpty();
        size += tokens;
    }

    boolean isEmpty() {
        return planned.isEmpty();
    }

    /** Tokens in it, without those that fill gaps. */
    int size() {
        return size;
    }

    /** Takes the sequence that came last out of it. */
    Sequence removeYoungest() {
        Share last = planned.removeLast();
        size -= last.tokens();
        return last.sequence();
    }

    /**
     * Writes the plan.
     *
     * @param filled is told each slot that got a token to throw away
     * @return the shares with their outputs
     */
    List<Share> writeTo(TokenBatch batch, KvSlots slots, List<Fill> filled) {
        batch.clear();
        List<Share> bySlot = new ArrayList<>(planned); // the plan keeps its order: the youngest is last
        bySlot.sort(Comparator.comparingInt(share -> share.sequence().slot()));
        List<Share> shares = new ArrayList<>(planned.size());
        int previous = -1;
        for (Share share : bySlot) {
            Sequence sequence = share.sequence();
            if (previous >= 0 && sequence.slot() - previous - 1 <= bridge) {
                fill(previous + 1, sequence.slot(), batch, slots, filled);
            }
            previous = sequence.slot();
            boolean complete = share.tokens() == sequence.pending();
            int first = batch.size();
            int output = -1;
            for (int i = 0; i < share.tokens(); i++) {
                int position = sequence.computed() + i;
                boolean last = i == share.tokens() - 1;
                boolean wanted = (last && (complete || adapted)) || sequence.isScored();
                int index = batch.add(sequence.token(position), position, sequence.slot(), wanted);
                output = last && complete ? index : output;
            }
            shares.add(new Share(sequence, share.tokens(), first, output));
        }
        return shares;
    }

    /** All of the gap or nothing: a gap that stays open somewhere costs the second pass anyway. */
    private void fill(int from, int to, TokenBatch batch, KvSlots slots, List<Fill> filled) {
        int tokensAfter = 0;
        for (Share share : planned) {
            tokensAfter += share.sequence().slot() >= to ? share.tokens() : 0;
        }
        boolean fits = batch.room() >= to - from + tokensAfter;
        for (int slot = from; slot < to && fits; slot++) {
            fits = slots.canFill(slot);
        }
        for (int slot = from; slot < to && fits; slot++) {
            filled.add(new Fill(slot, batch.add(0, slots.length(slot), slot, adapted)));
        }
    }
}
