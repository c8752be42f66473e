package dev.gufo.engine.batch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Which of the running sequences enter the next step, with how many of their pending tokens: those whose adapters have
 * their turn, generating ones first, then as much of prompts as the streams' gap allows. A deterministic request enters
 * alone. Preemptible ones stand aside while a prompt of another one is computed, and while others are about take
 * prompts in small pieces, so that who comes finds a step that ends soon.
 *
 * <p>Belongs to the engine thread.
 */
final class StepPlanner {
    private static final int SMALL_PIECE = 64;

    /** So long after a request that is not preemptible another one is reckoned with. */
    private static final Duration LATELY = Duration.ofSeconds(30);

    private final AdapterTurns turns;
    private final PrefillBudget prefill;
    private final Limits limits;
    private final Runnable exactly;
    private final StepCost cost = new StepCost();
    private long othersUntil = System.nanoTime(); // so long, one that is not preemptible may come any moment

    /**
     * @param stepTokens tokens of a step
     * @param chunkTokens in which the prompts of deterministic requests are computed, at most {@code stepTokens}
     * @param scoredTokens prompt tokens of a step whose logits are wanted
     * @param padding most slots between two used ones that get a padding token, so that both are computed in one pass
     * @param canRewind whether what was computed can be taken back: padding behind prompts, and wrong guesses
     * @param drafts whether a sequence that is alone may guess tokens ahead, if that can be taken back
     */
    record Limits(int stepTokens, int chunkTokens, int scoredTokens, int padding, boolean canRewind, boolean drafts) {
        /** Whether prompts of a step may be made equally long. */
        boolean equalizes() {
            return padding > 1 && canRewind;
        }
    }

    /** @param exactly called before a step of a deterministic request, which has to be computed as every other time */
    StepPlanner(AdapterTurns turns, PrefillBudget prefill, Limits limits, Runnable exactly) {
        this.turns = turns;
        this.prefill = prefill;
        this.limits = limits;
        this.exactly = exactly;
    }

    /** Prefill and decode are one thing: a sequence has tokens pending, the step has room for some. */
    StepBatch plan(List<Sequence> running) {
        StepBatch plan = new StepBatch(limits.padding());
        boolean others = false; // that are not preemptible
        boolean urgent = false; // whether one of them has a prompt
        int generating = 0; // of them; those whose turn it is not wait for their next token, too
        for (Sequence sequence : running) {
            if (!sequence.isPreemptible()) {
                others = true;
                urgent |= sequence.pending() > 1;
                generating += sequence.pending() == 1 ? 1 : 0;
            }
        }
        long now = System.nanoTime();
        othersUntil = others ? now + LATELY.toNanos() : othersUntil;
        List<Sequence> entering = turns.next(urgent ? notPreemptible(running) : running);
        if (!entering.isEmpty() && entering.getFirst().request().deterministic()) {
            exactly.run();
            Sequence alone = entering.getFirst();
            plan.add(alone, alone.nextOf(limits.chunkTokens(), limits.scoredTokens()));
            return plan;
        }
        if (limits.drafts()
                && limits.canRewind()
                && running.size() == 1
                && running.getFirst().pending() == 1) {
            Sequence alone = running.getFirst(); // among others a step of more tokens is a pass more
            plan.add(alone, 1, alone.draft(Math.min(limits.stepTokens() - 1, limits.scoredTokens()), cost));
            return plan;
        }
        for (Sequence sequence : entering) {
            if (sequence.pending() == 1) {
                plan.add(sequence, 1); // first, so that no stream stalls
            }
        }
        int most = othersUntil - now > 0 && !urgent ? prefill.preemptibleTokens() : prefill.tokens(generating);
        addPrompts(entering, Math.min(limits.stepTokens() - plan.size(), most), plan);
        return plan;
    }

    private static List<Sequence> notPreemptible(List<Sequence> running) {
        return running.stream().filter(sequence -> !sequence.isPreemptible()).toList();
    }

    private void addPrompts(List<Sequence> entering, int room, StepBatch plan) {
        List<Sequence> prompts = new ArrayList<>();
        List<Integer> lengths = new ArrayList<>();
        int left = room;
        int scored = limits.scoredTokens();
        for (Sequence sequence : entering) {
            if (sequence.pending() > 1 && left > 0) {
                int tokens =
                        Math.min(sequence.pendingToCheckpoint(), sequence.isScored() ? Math.min(left, scored) : left);
                scored -= sequence.isScored() ? tokens : 0;
                if (tokens > 0 && isWorthAPass(tokens, sequence, !prompts.isEmpty())) {
                    prompts.add(sequence);
                    lengths.add(tokens);
                    left -= tokens;
                }
            }
        }
        boolean equal = limits.equalizes()
                && prompts.stream()
                        .allMatch(sequence -> !sequence.isScored()
                                && sequence.request().adapters().isEmpty());
        int count = equal
                ? PromptPasses.most(lengths.stream().mapToInt(Integer::intValue).toArray(), room, plan.size())
                : prompts.size();
        for (int i = 0; i < count; i++) {
            plan.add(prompts.get(i), lengths.get(i));
        }
    }

    /**
     * Whether a piece of a prompt should enter a step. Where passes are dear, a small one that is left of a long prompt
     * waits for the next step, behind prompts that are whole in this one.
     */
    private boolean isWorthAPass(int tokens, Sequence sequence, boolean hasPrompts) {
        return limits.padding() <= 1 || tokens == sequence.pending() || tokens >= SMALL_PIECE || !hasPrompts;
    }

    /**
     * Learns from a step.
     *
     * @param nanos from the start of its decode until its results were there
     */
    void observe(List<StepBatch.Share> shares, long nanos) {
        int prefilled = 0;
        int size = 0;
        for (StepBatch.Share share : shares) {
            size += share.tokens();
            prefilled += share.own() > 1 ? share.own() : 0;
        }
        if (shares.size() == 1 && prefilled == 0) {
            cost.observe(size, nanos);
        }
        prefill.observe(prefilled, size, nanos);
        turns.spent(nanos);
    }
}
