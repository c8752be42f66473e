package dev.gufo.engine.batch;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.llama.Vocabulary;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The end of a step: each sequence whose logits are there has its next token chosen and handed out.
 *
 * <p>Belongs to the engine thread.
 */
final class NextTokens {
    private static final byte[] NO_TEXT = {};

    private final KvMemory memory;
    private final Vocabulary vocabulary;
    private final StepResults results;
    private final Duration mostChoosing;

    /**
     * @param mostChoosing what the choice of constrained tokens may take of a step; those whose turn has not come then
     *     are deferred
     */
    NextTokens(KvMemory memory, Vocabulary vocabulary, StepResults results, Duration mostChoosing) {
        this.memory = memory;
        this.vocabulary = vocabulary;
        this.results = results;
        this.mostChoosing = mostChoosing;
    }

    /**
     * Lets each sequence whose logits are there have its next token. Once constrained choices have taken their time the
     * others are deferred: the last token of each is computed again in the next step, where they come first.
     *
     * @param retire frees the slot of one that has ended, or is about to
     */
    void handOut(List<StepBatch.Share> shares, Consumer<Sequence> retire) {
        long nanos = 0;
        shares.sort(Comparator.comparing(share -> !share.sequence().isDeferred()));
        Map<Sequence, Integer> chosen = results.chooseFree(shares);
        for (StepBatch.Share share : shares) {
            boolean constrained = share.sequence().constraint().isPresent();
            boolean late = constrained && nanos > mostChoosing.toNanos();
            if (!share.hasOutput() || (late && defer(share.sequence()))) {
                continue;
            }
            long begin = constrained ? System.nanoTime() : 0;
            handOut(share, chosen, retire);
            nanos += constrained ? System.nanoTime() - begin : 0;
        }
    }

    /** False if the model can't take a token back; then it must choose now. */
    private boolean defer(Sequence sequence) {
        if (!memory.forget(sequence.slot(), sequence.computed() - 1)) {
            return false;
        }
        sequence.defer();
        return true;
    }

    /**
     * Hands out a token, and more as long as those that were guessed are what is chosen.
     *
     * @param chosen the tokens of those that are not constrained
     */
    private void handOut(StepBatch.Share share, Map<Sequence, Integer> chosen, Consumer<Sequence> retire) {
        Sequence sequence = share.sequence();
        boolean goesOn;
        int accepted = 0;
        try {
            int id = sequence.constraint().isPresent()
                    ? results.choose(sequence, share.output())
                    : requireNonNull(chosen.get(sequence));
            while (true) {
                boolean guessed = accepted < share.drafts() && id == sequence.guessed(accepted);
                goesOn = take(sequence, id, share.output() + accepted);
                if (!goesOn || !guessed) {
                    break;
                }
                accepted++;
                sequence.advance(1); // it is in KV memory already
                id = results.choose(sequence, share.output() + accepted);
            }
        } catch (EngineException.Refused e) {
            takeBack(share);
            retire.accept(sequence);
            sequence.fail(e);
            return;
        }
        takeBack(share);
        if (!goesOn) {
            retire.accept(sequence);
            sequence.close();
        }
    }

    /** Whether the sequence goes on behind a token. */
    private boolean take(Sequence sequence, int id, int output) {
        boolean end = vocabulary.isEnd(id) && !sequence.request().ignoreEnd();
        byte[] piece = end ? NO_TEXT : vocabulary.piece(id);
        boolean over = end || sequence.constraint().map(TextConstraint::isOver).orElse(false);
        return sequence.accept(results.token(sequence, id, piece, output), over);
    }

    /** Removes guesses that were not accepted from KV memory. */
    private void takeBack(StepBatch.Share share) {
        if (share.drafts() == 0) {
            return;
        }
        if (!memory.forget(share.sequence().slot(), share.sequence().computed())) {
            throw new AssertionError("tokens were guessed that can't be taken back");
        }
    }
}
