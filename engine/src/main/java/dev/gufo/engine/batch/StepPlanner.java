package dev.gufo.engine.batch;

import java.util.List;

/**
 * Which of the running sequences enter the next step, with how many of their pending tokens: those whose adapters have
 * their turn, generating ones first, then as much of prompts as the streams' gap allows. A deterministic request enters
 * alone.
 *
 * <p>Belongs to the engine thread.
 */
final class StepPlanner {
    private static final int SMALL_PIECE = 64;

    private final AdapterTurns turns;
    private final PrefillBudget prefill;
    private final Limits limits;
    private final Runnable exactly;
    private final StepCost cost = new StepCost();

    /**
     * @param stepTokens tokens of a step
     * @param chunkTokens in which the prompts of deterministic requests are computed, at most {@code stepTokens}
     * @param scoredTokens prompt tokens of a step whose logits are wanted
     * @param padding most slots between two used ones that get a padding token, so that both are computed in one pass
     * @param drafts whether a sequence that is alone may guess tokens ahead
     */
    record Limits(int stepTokens, int chunkTokens, int scoredTokens, int padding, boolean drafts) {}

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
        List<Sequence> entering = turns.next(running);
        if (!entering.isEmpty() && entering.getFirst().request().deterministic()) {
            exactly.run();
            Sequence alone = entering.getFirst();
            plan.add(alone, alone.nextOf(limits.chunkTokens(), limits.scoredTokens()));
            return plan;
        }
        if (limits.drafts() && running.size() == 1 && running.getFirst().pending() == 1) {
            Sequence alone = running.getFirst(); // among others a step of more tokens is a pass more
            plan.add(alone, 1, alone.draft(Math.min(limits.stepTokens() - 1, limits.scoredTokens()), cost));
            return plan;
        }
        for (Sequence sequence : entering) {
            if (sequence.pending() == 1) {
                plan.add(sequence, 1); // first, so that no stream stalls
            }
        }
        // Those whose turn it is not wait for their next token, too.
        int generating =
                (int) running.stream().filter(each -> each.pending() == 1).count();
        int room = Math.min(limits.stepTokens() - plan.size(), prefill.tokens(generating));
        int scored = limits.scoredTokens();
        for (Sequence sequence : entering) {
            if (sequence.pending() > 1 && room > 0) {
                int tokens =
                        Math.min(sequence.pendingToCheckpoint(), sequence.isScored() ? Math.min(room, scored) : room);
                scored -= sequence.isScored() ? tokens : 0;
                if (tokens > 0 && isWorthAPass(tokens, sequence, plan)) {
                    plan.add(sequence, tokens);
                    room -= tokens;
                }
            }
        }
        return plan;
    }

    /**
     * Whether a piece of a prompt should enter a step. Where passes are dear, a small one that is left of a long prompt
     * waits for the next step, behind prompts that are whole in this one.
     */
    private boolean isWorthAPass(int tokens, Sequence sequence, StepBatch plan) {
        return limits.padding() <= 1 || tokens == sequence.pending() || tokens >= SMALL_PIECE || !plan.hasPrompts();
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
