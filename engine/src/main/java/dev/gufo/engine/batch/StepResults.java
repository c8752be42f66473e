package dev.gufo.engine.batch;

import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.NotNumbers;
import dev.gufo.engine.llama.Vocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads what a step computed: logits as tokens. Good until the next decode.
 *
 * <p>Belongs to the engine thread.
 */
final class StepResults {
    private final LlamaContext context;
    private final Vocabulary vocabulary;

    StepResults(LlamaContext context, Vocabulary vocabulary) {
        this.context = context;
        this.vocabulary = vocabulary;
    }

    /** The next token of a sequence whose logits are at {@code output}. */
    int choose(Sequence sequence, int output) {
        if (sequence.constraint().isPresent()) {
            return sequence.constraint().get().choose(new Choice(context, sequence.sampler(), output));
        }
        return sequence.sampler().isPresent()
                ? sequence.sampler().get().sample(context, output)
                : context.mostLikely(output);
    }

    /** A token as it is reported, with logprobs of the logits at {@code output} if they are wanted. */
    GenerationEvent.Token token(Sequence sequence, int id, byte[] piece, int output) {
        int top = sequence.request().topLogprobs();
        return new GenerationEvent.Token(
                id,
                piece,
                vocabulary.isControl(id),
                top < 0 ? Optional.empty() : Optional.of(context.logprobs(output, id, top)));
    }

    /** Reports what a share's prompt is worth: the logits at a position score the token that follows it. */
    void reportPrompt(StepBatch.Share share) {
        Sequence sequence = share.sequence();
        if (!sequence.isScored()) {
            return;
        }
        int length = sequence.request().prompt().length;
        int from = sequence.computed();
        List<GenerationEvent.Token> tokens = new ArrayList<>();
        if (from == 0) {
            int first = sequence.token(0);
            tokens.add(new GenerationEvent.Token(
                    first, vocabulary.piece(first), vocabulary.isControl(first), Optional.empty()));
        }
        for (int i = 0; i < share.tokens() && from + i + 1 < length; i++) {
            int id = sequence.token(from + i + 1);
            tokens.add(token(sequence, id, vocabulary.piece(id), share.first() + i));
        }
        sequence.report(tokens, from == 0 ? 0 : from + 1);
    }

    /**
     * The sequences that came out as no numbers, because adapters are too strong. What is no number anywhere in a prompt is none at its end
     * either, so the last token tells. If it is one that was to be thrown away, nobody knows whose fault it is, and they are all.
     *
     * @param shares all with the same adapters; without any there are none to tell
     */
    List<Sequence> overflown(List<StepBatch.Share> shares, List<StepBatch.Fill> fills) {
        if (shares.isEmpty()
                || shares.getFirst().sequence().request().adapters().isEmpty()) {
            return List.of();
        }
        boolean all = !fills.stream().allMatch(fill -> isNumbers(fill.index()));
        return shares.stream()
                .filter(share -> all || !isNumbers(share))
                .map(StepBatch.Share::sequence)
                .toList();
    }

    private boolean isNumbers(StepBatch.Share share) {
        int last = share.first() + share.tokens() - 1;
        boolean numbers = true;
        for (int i = share.sequence().isScored() ? share.first() : last; i <= last && numbers; i++) {
            numbers = isNumbers(i);
        }
        return numbers;
    }

    private boolean isNumbers(int index) {
        try {
            context.requireNumbers(index);
            return true;
        } catch (NotNumbers e) {
            return false;
        }
    }
}
