package dev.gufo.engine.batch;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.SwaFull;
import dev.gufo.engine.llama.ContextLimits;
import dev.gufo.engine.llama.HiddenRows;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.engine.plan.StepShape;
import java.util.Arrays;

/**
 * The layer of a model that predicts tokens further ahead (multi-token prediction, MTP). It goes on from what the model
 * has computed: a token enters with the model's hidden state of the token before it, the guesses behind the text with
 * the states of the layer itself.
 *
 * <p>The states of a step are kept until guesses are asked for, or their room is full; then their tokens are computed
 * in one decode. Of tokens that came from a cache, or were computed beside other sequences, nobody has states: the
 * layer then begins behind them and sees less of the text. Its guesses get worse by that, and nothing else does.
 *
 * <p>Its invariant: {@code rows} are the states of the tokens from position {@code length - 1} on, so that each goes
 * with the token at {@code length} or behind it.
 *
 * <p>Belongs to the engine thread.
 *
 * @see <a href="https://arxiv.org/abs/2412.19437">DeepSeek-V3 Technical Report, section 2.2</a>
 */
final class MtpHead implements DraftSource {
    private final LlamaContext large;
    private final DraftContext context;
    private final HiddenRows rows;
    private final HiddenRows own; // the state of the last guess's token, as the layer left it
    private final int[] text; // tokens that it has keys and values of, or states
    private int begin; // first position with keys and values
    private int length; // positions before this one have them

    private MtpHead(LlamaContext large, DraftContext context, HiddenRows rows, HiddenRows own) {
        this.large = large;
        this.context = context;
        this.rows = rows;
        this.own = own;
        this.text = new int[context.contextTokens()];
    }

    /**
     * Opens a context for the layer.
     *
     * @param model loaded with that layer
     * @param large its context for text, which keeps hidden states
     */
    static MtpHead open(Sizing sizing, LlamaModel model, LlamaContext large) {
        StepShape step = StepShape.of(sizing.settings());
        ComputeSettings compute = sizing.settings().compute().withKv(SwaFull.ON);
        LlamaContext context = model.newMtpContext(
                new ContextLimits(
                        1,
                        sizing.plan().demand().contextTokens(),
                        step.tokens(),
                        step.computedTokens(),
                        1,
                        LoadedModel.threads(sizing, model)),
                compute);
        MtpHead head = new MtpHead(
                large,
                new DraftContext(
                        "the model's MTP layer", context, model.vocabulary().size()),
                context.newRows(step.tokens()),
                context.newRows(1));
        if (model.gpuLayers() > 0) {
            head.warmUp(LoadedModel.warmUpTokens(sizing, model));
        }
        return head;
    }

    /** Computes a text of tokens that mean nothing, and a guess, so that a device has all that it needs. */
    private void warmUp(int tokens) {
        for (int i = 0; i < tokens; i++) {
            rows.appendUnknown();
        }
        boolean decoded = absorb(tokens, true);
        if (decoded) {
            own.appendUnknown();
            context.pairWith(own);
            context.add(0, tokens, true);
            boolean _ = context.decode();
        }
        restart(0);
    }

    @Override
    public void computed(int[] tokens, int from, int[] entered, int first) {
        if (context.isBroken()) {
            return;
        }
        if (from + entered.length > text.length) {
            restart(0); // the text is too long for it
            return;
        }
        comeTo(tokens, from, entered[0]);
        text[from] = entered[0];
        if (rows.room() < entered.length && !absorb(from + 1, false)) {
            return;
        }
        System.arraycopy(entered, 0, text, from, entered.length);
        rows.append(large, first, entered.length);
    }

    /** Brings it to where the states of the token at a position, and of those behind it, can be appended. */
    private void comeTo(int[] tokens, int from, int token) {
        boolean computed = length > from;
        boolean same = computed && text[from] == token;
        if (common(tokens, from) < from || from < begin || (from == begin && from > 0 && computed && !same)) {
            System.arraycopy(tokens, 0, text, 0, from);
            restart(from + 1);
        } else if (same) {
            keep(from + 1); // behind it are guesses
            rows.keep(0);
        } else if (computed || rows.count() == 0) {
            keep(from);
            rows.keep(0);
            rows.appendUnknown();
        } else {
            rows.keep(from - length + 1);
        }
    }

    /** How many of the first {@code count} tokens it knows. */
    private int common(int[] tokens, int count) {
        int known = Math.max(length, length - 1 + rows.count());
        int different = Arrays.mismatch(text, 0, known, tokens, 0, count);
        return different < 0 ? count : different;
    }

    /** Begins again, with the token at a position. */
    private void restart(int position) {
        context.forget(0);
        begin = position;
        length = position;
        rows.keep(0);
    }

    /** Forgets what is behind so many tokens. */
    private void keep(int tokens) {
        if (tokens < length) {
            context.forget(tokens);
        }
        length = tokens;
    }

    /**
     * Computes the tokens up to a position, each with its state, and drops the states.
     *
     * @param wanted whether guesses shall be made behind the last of them
     */
    private boolean absorb(int to, boolean wanted) {
        for (int i = length; i < to; i++) {
            context.add(text[i], i, wanted && i == to - 1);
        }
        context.pairWith(rows);
        boolean decoded = context.decode();
        length = to;
        rows.keep(0);
        return decoded;
    }

    @Override
    public boolean follow(int[] tokens, int count) {
        int last = count - 1;
        if (context.isBroken()
                || count > text.length
                || length > last
                || rows.count() < count - length
                || common(tokens, last) < last) {
            return false;
        }
        text[last] = tokens[last];
        return absorb(count, true);
    }

    @Override
    public boolean take() {
        if (length == text.length) {
            return false;
        }
        own.keep(0);
        context.keepState(own);
        context.pairWith(own);
        context.add(context.token(), length, true);
        if (!context.decodeGuess()) {
            return false;
        }
        text[length++] = context.token();
        return true;
    }

    @Override
    public DraftContext context() {
        return context;
    }

    @Override
    public void close() {
        own.close();
        rows.close();
        context.close();
    }
}
