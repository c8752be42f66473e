package dev.gufo.engine.batch;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.SwaFull;
import dev.gufo.engine.llama.ContextLimits;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.engine.llama.Vocabulary;
import dev.gufo.engine.plan.DraftFile;
import dev.gufo.engine.plan.StepShape;
import java.util.Arrays;

/**
 * A small model that guesses what a large one with the same vocabulary chooses next. It has keys and values of one
 * sequence's tokens; asked about another one, it keeps what both have in common.
 *
 * <p>Belongs to the engine thread.
 */
final class DraftModel implements DraftSource {
    /** Ids below it stand for unknown text, beginnings and ends, which files name differently. */
    private static final int FIRST_TEXT = 5;

    /** By so much may vocabularies differ in size: files are padded at their ends. */
    private static final int PADDING = 128;

    private final LlamaModel model;
    private final DraftContext context;
    private final int[] held; // tokens that it has keys and values of
    private int length;

    private DraftModel(LlamaModel model, DraftContext context) {
        this.model = model;
        this.context = context;
        this.held = new int[context.contextTokens()];
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
                return new DraftModel(model, new DraftContext("the draft model", context, vocabulary));
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

    @Override
    public boolean follow(int[] tokens, int count) {
        if (context.isBroken() || count > held.length) {
            return false;
        }
        int common = Arrays.mismatch(held, 0, length, tokens, 0, count - 1);
        keep(common < 0 ? Math.min(length, count - 1) : common);
        int from = length;
        int to = Math.min(count, from + context.batchTokens());
        for (int i = from; i < to; i++) {
            if (!context.knows(tokens[i])) {
                return false;
            }
        }
        for (int i = from; i < to; i++) {
            context.add(tokens[i], i, i == count - 1);
            held[i] = tokens[i];
        }
        if (!context.decode()) {
            return false;
        }
        length = to;
        return to == count;
    }

    /** Forgets what is behind so many tokens. */
    private void keep(int tokens) {
        if (tokens < length) {
            context.forget(tokens);
        }
        length = tokens;
    }

    @Override
    public boolean take() {
        if (length == held.length) {
            return false;
        }
        context.add(context.token(), length, true);
        held[length] = context.token();
        if (!context.decodeGuess()) {
            return false;
        }
        length++;
        return true;
    }

    /** It computes the text itself. */
    @Override
    public void computed(int[] tokens, int from, int[] entered, int first) {}

    @Override
    public DraftContext context() {
        return context;
    }

    @Override
    public void close() {
        context.close();
        model.close();
    }
}
