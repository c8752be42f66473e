package dev.gufo.engine.batch;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.SwaFull;
import dev.gufo.engine.llama.ContextLimits;
import dev.gufo.engine.llama.DecodeFailed;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.engine.llama.NonFinite;
import dev.gufo.engine.llama.Threadpool;
import dev.gufo.engine.llama.TokenBatch;
import dev.gufo.engine.llama.Vocabulary;
import dev.gufo.engine.plan.DraftFile;
import dev.gufo.engine.plan.StepShape;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small model that guesses what a large one with the same vocabulary chooses next. It has keys and values of one
 * sequence's tokens; asked about another one, it keeps what both have in common.
 *
 * <p>Belongs to the engine thread.
 */
final class DraftModel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DraftModel.class);

    private static final int SEQUENCE = 0;
    private static final double SMOOTHING = 0.2;

    /** Ids below it stand for unknown text, beginnings and ends, which files name differently. */
    private static final int FIRST_TEXT = 5;

    /** By so much may vocabularies differ in size: files are padded at their ends. */
    private static final int PADDING = 128;

    private final LlamaModel model;
    private final LlamaContext context;
    private final TokenBatch batch;
    private final int vocabulary; // ids that both models have
    private final int contextTokens;
    private final DraftTrust trust = new DraftTrust();
    private final int[] held; // tokens that it has keys and values of
    private int length;
    private int output; // index of the logits behind the last of these
    private int token; // of the last guess
    private double probability;
    private double nanos; // that a guess takes; 0 until one was made
    private boolean broken;

    private DraftModel(LlamaModel model, LlamaContext context, int vocabulary) {
        this.model = model;
        this.context = context;
        this.batch = context.newBatch();
        this.vocabulary = vocabulary;
        this.contextTokens = context.contextTokens();
        this.held = new int[contextTokens];
    }

    /**
     * Loads it beside the model that it guesses for.
     *
     * @param large the vocabulary of that one
     * @throws EngineException.Broken if the two do not suit each other
     */
    static DraftModel load(DraftFile file, Sizing sizing, Vocabulary large) {
        int layers = sizing.plan().gpuLayers() == 0 ? 0 : file.allLayers();
        ComputeSettings compute = sizing.settings().compute();
        LlamaModel model = LlamaModel.load(sizing.library(), file.path(), layers, compute, _ -> {});
        try {
            if (!model.isDecoder() || !model.canRewind()) {
                throw new EngineException.Broken(
                        "%s can't guess for another model: it does not generate text, or can't take tokens back"
                                .formatted(file.name()));
            }
            int vocabulary = requireSame(file, model.vocabulary(), large);
            StepShape step = StepShape.of(sizing.settings());
            LlamaContext context = model.newContext(
                    new ContextLimits(
                            1,
                            file.contextTokens(sizing.plan().demand().contextTokens()),
                            step.tokens(),
                            step.computedTokens(),
                            1,
                            LoadedModel.threads(sizing, model)),
                    compute.withKv(SwaFull.ON));
            try {
                if (layers > 0) {
                    WarmUp.run(context, LoadedModel.warmUpTokens(sizing, model));
                }
                return new DraftModel(model, context, vocabulary);
            } catch (RuntimeException | Error e) {
                context.close();
                throw e;
            }
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** @return ids that both have */
    private static int requireSame(DraftFile file, Vocabulary small, Vocabulary large) {
        int both = Math.min(small.size(), large.size());
        if (Math.abs(small.size() - large.size()) > PADDING) {
            throw other(file, "%d tokens instead of %d".formatted(small.size(), large.size()));
        }
        for (int id = FIRST_TEXT; id < both; id++) {
            if (!Arrays.equals(small.piece(id), large.piece(id)) || small.isControl(id) != large.isControl(id)) {
                throw other(file, "token %d is another text".formatted(id));
            }
        }
        return both;
    }

    private static EngineException.Broken other(DraftFile file, String difference) {
        return new EngineException.Broken(
                "%s can't guess for this model, its vocabulary is another one: %s".formatted(file.name(), difference));
    }

    /**
     * Takes a sequence's tokens in, those that it has not yet; of a long text a part.
     *
     * @param count tokens of the sequence
     * @return whether it has them all, and can guess; false for good if a token or the text's length is beyond it
     */
    boolean follow(int[] tokens, int count) {
        if (broken || count > contextTokens) {
            return false;
        }
        int common = Arrays.mismatch(held, 0, length, tokens, 0, count - 1);
        keep(common < 0 ? Math.min(length, count - 1) : common);
        int from = length;
        int to = Math.min(count, from + batch.room());
        for (int i = from; i < to; i++) {
            if (tokens[i] >= vocabulary) {
                return false;
            }
        }
        for (int i = from; i < to; i++) {
            output = batch.add(tokens[i], i, SEQUENCE, i == count - 1);
            held[i] = tokens[i];
        }
        return decode(to) && to == count;
    }

    /** Forgets what is behind so many tokens. */
    private void keep(int tokens) {
        if (tokens < length && !context.forget(SEQUENCE, tokens)) {
            throw new AssertionError("a model that can take tokens back did not");
        }
        length = tokens;
    }

    /** Guesses the token behind those that it has. False if it can't. */
    boolean guess() {
        try {
            token = context.mostLikely(output);
            probability = Math.exp(context.logprobs(output, token, 0).chosen());
        } catch (NonFinite e) {
            stop("its logits are no numbers");
            return false;
        }
        return token < vocabulary;
    }

    /** Takes the token in that it guessed. False if there is no room for more. */
    boolean take() {
        if (length == contextTokens) {
            return false;
        }
        long begin = System.nanoTime();
        output = batch.add(token, length, SEQUENCE, true);
        held[length] = token;
        boolean decoded = decode(length + 1);
        if (decoded) {
            context.synchronize();
            long time = System.nanoTime() - begin;
            nanos = nanos == 0 ? time : nanos + SMOOTHING * (time - nanos);
        }
        return decoded;
    }

    private boolean decode(int newLength) {
        try {
            if (context.decode(batch)) {
                length = newLength;
                return true;
            }
            stop("it has no room for %d tokens".formatted(newLength));
        } catch (DecodeFailed e) {
            stop(String.valueOf(e.getMessage()));
        } finally {
            batch.clear();
        }
        return false;
    }

    private void stop(String why) {
        broken = true;
        LOG.error("the draft model guesses no more: {}", why);
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
        model.close();
    }
}
