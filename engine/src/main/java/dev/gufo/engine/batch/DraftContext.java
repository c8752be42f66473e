package dev.gufo.engine.batch;

import dev.gufo.engine.llama.DecodeFailed;
import dev.gufo.engine.llama.HiddenRows;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.NonFinite;
import dev.gufo.engine.llama.Threadpool;
import dev.gufo.engine.llama.TokenBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A context of one sequence in which tokens are guessed: what it guessed last, how sure it was, what a guess costs and
 * how far such guesses are to be trusted. Once a decode fails it is of no more use; nothing else suffers from that.
 *
 * <p>Belongs to the engine thread.
 */
final class DraftContext implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DraftContext.class);

    private static final int SEQUENCE = 0;
    private static final double SMOOTHING = 0.2;

    private final String name;
    private final LlamaContext context;
    private final TokenBatch batch;
    private final int vocabulary;
    private final int contextTokens;
    private final DraftTrust trust = new DraftTrust();
    private int output; // index of the logits that the next guess is made from
    private int token; // of the last guess
    private double probability;
    private double nanos; // that a guess takes; 0 until one was made
    private boolean broken;

    /**
     * @param name what messages call it
     * @param context is closed with this
     * @param vocabulary ids below it are ids of the large model too
     */
    DraftContext(String name, LlamaContext context, int vocabulary) {
        this.name = name;
        this.context = context;
        this.batch = context.newBatch();
        this.vocabulary = vocabulary;
        this.contextTokens = context.contextTokens();
    }

    /** Tokens that it holds at most. */
    int contextTokens() {
        return contextTokens;
    }

    /** Tokens that one decode takes at most. */
    int batchTokens() {
        return batch.size() + batch.room();
    }

    /** Whether it is of no more use. */
    boolean isBroken() {
        return broken;
    }

    /** Whether it can compute a token. */
    boolean knows(int id) {
        return id < vocabulary;
    }

    /** Forgets what is at a position and behind it. */
    void forget(int from) {
        if (!context.forget(SEQUENCE, from)) {
            throw new AssertionError("a context that can take tokens back did not");
        }
    }

    /** Adds a token to the next decode. */
    void add(int id, int position, boolean wanted) {
        int index = batch.add(id, position, SEQUENCE, wanted);
        output = wanted ? index : output;
    }

    /** Has the tokens of the next decode enter with these states. */
    void pairWith(HiddenRows rows) {
        batch.pairWith(rows);
    }

    /** Appends the state of the token whose logits were computed last. */
    void keepState(HiddenRows rows) {
        rows.append(context, output, 1);
    }

    /** Computes what was added. False if it can't, and then never again. */
    boolean decode() {
        try {
            if (context.decode(batch)) {
                return true;
            }
            stop("it has no room for %d tokens".formatted(batch.size()));
        } catch (DecodeFailed e) {
            stop(String.valueOf(e.getMessage()));
        } finally {
            batch.clear();
        }
        return false;
    }

    /** The same for one token, which is timed. */
    boolean decodeGuess() {
        long begin = System.nanoTime();
        boolean decoded = decode();
        if (decoded) {
            context.synchronize();
            long time = System.nanoTime() - begin;
            nanos = nanos == 0 ? time : nanos + SMOOTHING * (time - nanos);
        }
        return decoded;
    }

    /** Guesses the token behind the last one that was computed. False if it can't. */
    boolean guess() {
        try {
            token = context.mostLikely(output);
            probability = Math.exp(context.logprobs(output, token, 0).chosen());
        } catch (NonFinite e) {
            stop("its logits are no numbers");
            return false;
        }
        return knows(token);
    }

    private void stop(String why) {
        broken = true;
        LOG.error("{} guesses no more: {}", name, why);
    }

    /** The last guess. */
    int token() {
        return token;
    }

    /** How sure it was of that, 0 to 1. */
    double probability() {
        return probability;
    }

    /** What a guess costs, in steps of one token of the large model; 0 until that is known. */
    double cost(StepCost cost) {
        return cost.steps(nanos);
    }

    /** How far its guesses are to be trusted. */
    DraftTrust trust() {
        return trust;
    }

    Threadpool threads() {
        return context.threads();
    }

    /** Sets what runs while it computes on the CPU. */
    void whileComputing(Runnable action) {
        context.whileComputing(action);
    }

    @Override
    public void close() {
        batch.close();
        context.close();
    }
}
