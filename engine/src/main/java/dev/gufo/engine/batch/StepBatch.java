package dev.gufo.engine.batch;

import dev.gufo.engine.llama.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The plan of one step: which sequences enter it with how many of their pending tokens. Written to llama.cpp's batch in
 * the order of slots, because llama.cpp computes neighbouring slots together and others in a pass of their own. In a
 * pass each slot has equally many tokens, so prompts of different lengths take several; where a pass costs more than
 * what makes them equal, the shorter ones are padded at their ends. All have the same adapters; with any, the logits
 * behind the last token of each are computed always, as they tell whether the adapters are too strong.
 *
 * <p>Belongs to the engine thread.
 */
final class StepBatch {
    /**
     * A sequence's part.
     *
     * @param tokens that enter, guesses included
     * @param drafts of them that are guesses
     * @param first index of its first token in the batch
     * @param output index of the logits that its next token is chosen from, -1 if its prompt goes on in a later step;
     *     those behind each guess follow
     */
    record Share(Sequence sequence, int tokens, int drafts, int first, int output) {
        /** Tokens that are no guesses. */
        int own() {
            return tokens - drafts;
        }

        boolean hasOutput() {
            return output >= 0;
        }

        /** As {@link Sequence#tellComputed}; of a share that has the step for itself. */
        void tellComputed() {
            sequence.tellComputed(tokens, first);
        }
    }

    /**
     * Padding of a slot, of which nothing is kept.
     *
     * @param index of its first token in the batch
     * @param from where in the slot it begins
     */
    record Padding(int slot, int index, int from) {}

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
        add(sequence, tokens, 0);
    }

    /** The same with some that it guesses behind them. */
    void add(Sequence sequence, int own, int drafts) {
        int tokens = own + drafts;
        planned.add(new Share(sequence, tokens, drafts, -1, -1));
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

    /** Takes the sequence that came last out of it; of those that are preemptible, if there is one. */
    Sequence removeYoungest() {
        Share last = planned.reversed().stream()
                .filter(share -> share.sequence().isPreemptible())
                .findFirst()
                .orElseGet(planned::getLast);
        planned.remove(last);
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
        int[] lengths = bySlot.stream().mapToInt(Share::tokens).toArray();
        if (padding > 1) {
            equalize(lengths, bySlot, slots, batch.room() - size);
        }
        int left = IntStream.of(lengths).sum();
        List<Share> shares = new ArrayList<>(planned.size());
        int previous = -1;
        for (Share share : bySlot) {
            Sequence sequence = share.sequence();
            if (previous >= 0 && sequence.slot() - previous - 1 <= padding) {
                pad(previous + 1, sequence.slot(), left, batch, slots, padded);
            }
            previous = sequence.slot();
            boolean complete = share.own() == sequence.pending();
            int first = batch.size();
            int output = -1;
            for (int i = 0; i < share.tokens(); i++) {
                int position = sequence.computed() + i;
                boolean last = i == share.own() - 1;
                boolean wanted = (i >= share.own() - 1 && (complete || adapted)) || sequence.isScored();
                int index = batch.add(sequence.token(position), position, sequence.slot(), wanted);
                output = last && complete ? index : output;
            }
            int length = lengths[shares.size()];
            left -= length;
            if (length > share.tokens()) {
                lengthen(share, length, batch, padded);
            }
            shares.add(new Share(sequence, share.tokens(), share.drafts(), first, output));
        }
        return shares;
    }

    /**
     * Makes neighbours with prompts equally long, so that they are computed in one pass.
     *
     * @param lengths tokens of each share; are changed
     * @param room tokens that may be added
     */
    private void equalize(int[] lengths, List<Share> bySlot, KvSlots slots, int room) {
        int left = room;
        for (int from = 0; from < lengths.length; ) {
            int to = from + 1;
            int most = lengths[from];
            while (to < lengths.length && areNeighbours(bySlot.get(to - 1), bySlot.get(to))) {
                most = Math.max(most, lengths[to++]);
            }
            int added = 0;
            boolean fits = !adapted;
            for (int i = from; i < to; i++) {
                added += most - lengths[i];
                Sequence sequence = bySlot.get(i).sequence();
                fits &= !sequence.isScored() && slots.canBeCut(sequence.computed() + most);
            }
            long passes =
                    IntStream.range(from, to).map(i -> lengths[i]).distinct().count() - 1;
            if (fits && added <= Math.min(left, passes * PromptPasses.TOKENS)) {
                Arrays.fill(lengths, from, to, most);
                left -= added;
            }
            from = to;
        }
    }

    /** Whether both have more tokens than the one that all sequences of a step are computed with at first. */
    private static boolean areNeighbours(Share one, Share next) {
        return one.tokens() > 1
                && next.tokens() > 1
                && next.sequence().slot() == one.sequence().slot() + 1;
    }

    private static void lengthen(Share share, int length, TokenBatch batch, List<Padding> padded) {
        Sequence sequence = share.sequence();
        int from = sequence.computed() + share.tokens();
        int first = batch.size();
        for (int i = share.tokens(); i < length; i++) {
            batch.add(0, sequence.computed() + i, sequence.slot(), false);
        }
        padded.add(new Padding(sequence.slot(), first, from));
    }

    /**
     * All of the gap or nothing: a gap that stays open somewhere costs the second pass anyway.
     *
     * @param after tokens that are still to be written
     */
    private void pad(int from, int to, int after, TokenBatch batch, KvSlots slots, List<Padding> padded) {
        boolean fits = batch.room() >= to - from + after;
        for (int slot = from; slot < to && fits; slot++) {
            fits = slots.canPad(slot);
        }
        for (int slot = from; slot < to && fits; slot++) {
            int start = slots.length(slot);
            padded.add(new Padding(slot, batch.add(0, start, slot, adapted), start));
        }
    }
}
