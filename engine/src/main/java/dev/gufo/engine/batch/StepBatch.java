package dev.gufo.engine.batch;

import dev.gufo.engine.llama.TokenBatch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The plan of one step: which sequences enter it with how many of their pending tokens. Written to llama.cpp's batch in
 * the order of slots, because llama.cpp computes neighbouring slots together and others in a pass of their own. All
 * have the same adapters; with any, the logits behind the last token of each are computed always, as they tell whether
 * the adapters are too strong.
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
     * A padding token: nothing of it is kept.
     *
     * @param index of it in the batch
     */
    record Padding(int slot, int index) {}

    private final List<Share> planned = new ArrayList<>();
    private final int padding;
    private boolean adapted;
    private int size;

    /**
     * @param padding most slots between two used ones that get a padding token, so that both sides are computed in one
     *     pass
     */
    StepBatch(int padding) {
        this.padding = padding;
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

    /** Tokens in it, without padding. */
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
     * @param padded is told each slot that got a padding token
     * @return the shares with their outputs
     */
    List<Share> writeTo(TokenBatch batch, KvSlots slots, List<Padding> padded) {
        batch.clear();
        List<Share> bySlot = new ArrayList<>(planned); // the plan keeps its order: the youngest is last
        bySlot.sort(Comparator.comparingInt(share -> share.sequence().slot()));
        List<Share> shares = new ArrayList<>(planned.size());
        int previous = -1;
        for (Share share : bySlot) {
            Sequence sequence = share.sequence();
            if (previous >= 0 && sequence.slot() - previous - 1 <= padding) {
                pad(previous + 1, sequence.slot(), batch, slots, padded);
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
    private void pad(int from, int to, TokenBatch batch, KvSlots slots, List<Padding> padded) {
        int tokensAfter = 0;
        for (Share share : planned) {
            tokensAfter += share.sequence().slot() >= to ? share.tokens() : 0;
        }
        boolean fits = batch.room() >= to - from + tokensAfter;
        for (int slot = from; slot < to && fits; slot++) {
            fits = slots.canPad(slot);
        }
        for (int slot = from; slot < to && fits; slot++) {
            padded.add(new Padding(slot, batch.add(0, slots.length(slot), slot, adapted)));
        }
    }
}
