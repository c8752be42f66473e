package dev.gufo.engine.batch;

import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.NonFinite;
import dev.gufo.engine.llama.Vocabulary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads what a step computed: logits as tokens. Good until the next decode.
 *
 * <p>Belongs to the engine thread.
 */
final class StepResults implements AutoCloseable {
    private final LlamaContext context;
    private final Vocabulary vocabulary;
    private final Choosers choosers;

    /**
     * @param sequences most that have a token chosen in a step
     * @param cores that may choose tokens
     */
    StepResults(LlamaContext context, Vocabulary vocabulary, int sequences, int cores) {
        this.context = context;
        this.vocabulary = vocabulary;
        this.choosers = new Choosers(vocabulary.size(), sequences, cores);
    }

    /**
     * The next tokens of those that are not constrained: they depend on nothing but their logits, or are given.
     *
     * @param shares with outputs
     */
    Map<Sequence, Integer> chooseFree(List<StepBatch.Share> shares) {
        List<StepBatch.Share> free = shares.stream()
                .filter(share -> share.hasOutput()
                        && share.sequence().constraint().isEmpty()
                        && !share.sequence().isForced())
                .toList();
        List<Choosers.Pick> picks = new ArrayList<>();
        for (StepBatch.Share share : free) {
            picks.add(new Choosers.Pick(
                    context.logits(share.output()), share.sequence().sampler()));
        }
        int[] chosen = choosers.choose(picks);
        Map<Sequence, Integer> tokens = new HashMap<>();
        for (int i = 0; i < chosen.length; i++) {
            tokens.put(free.get(i).sequence(), chosen[i]);
        }
        shares.stream()
                .filter(share -> share.hasOutput() && share.sequence().isForced())
                .forEach(share -> tokens.put(share.sequence(), given(share)));
        return tokens;
    }

    private int given(StepBatch.Share share) {
        return share.sequence()
                .forced()
                .orElseGet(() -> choosers.own().mostLikely(context.logits(share.output()), vocabulary.ends()));
    }

    /** A token of one sequence, which its sampler and its constraint remember. */
    int choose(Sequence sequence, int output) {
        var choice = new TokenChoice(choosers.own(), sequence.sampler(), context.logits(output));
        if (sequence.constraint().isPresent()) {
            return sequence.constraint().get().choose(choice);
        }
        int token = choice.free();
        choice.remember(token);
        return token;
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
     * The sequences with non-finite logits, because adapters are too strong. A NaN anywhere in a prompt makes the
     * logits at its end non-finite too, so the last token tells. If those of a padding token are, it is not known which
     * sequence caused that, and all are returned.
     *
     * @param shares all with the same adapters; without any there are none to tell
     */
    List<Sequence> nonFinite(List<StepBatch.Share> shares, List<StepBatch.Padding> paddings) {
        if (shares.isEmpty()
                || shares.getFirst().sequence().request().adapters().isEmpty()) {
            return List.of();
        }
        boolean all = !paddings.stream().allMatch(padding -> isFinite(padding.index()));
        return shares.stream()
                .filter(share -> all || !isFinite(share))
                .map(StepBatch.Share::sequence)
                .toList();
    }

    private boolean isFinite(StepBatch.Share share) {
        int last = share.first() + share.tokens() - 1;
        boolean finite = true;
        for (int i = share.sequence().isScored() ? share.first() : last; i <= last && finite; i++) {
            finite = isFinite(i);
        }
        return finite;
    }

    private boolean isFinite(int index) {
        try {
            context.requireFinite(index);
            return true;
        } catch (NonFinite e) {
            return false;
        }
    }

    @Override
    public void close() {
        choosers.close();
    }
}
