package dev.gufo.engine.batch;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.TokenBatch;
import dev.gufo.engine.llama.Vocabulary;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Continuous batching: every step decodes one token of each generating sequence and, with what is left of the batch, chunks of
 * prompts. A new request enters as soon as a slot is free, an ended one leaves at once.
 *
 * <p>Each slot has KV memory for a whole context, so whoever started can always go on to the end of the context.
 *
 * <p>Belongs to the engine thread.
 */
final class Scheduler {
    private static final byte[] NO_TEXT = {};

    private final LlamaContext context;
    private final Vocabulary vocabulary;
    private final TokenBatch batch;
    private final KvSlots slots;
    private final PrefillBudget prefill;
    private final Limits limits;
    private final Deque<Sequence> waiting = new ArrayDeque<>();
    private final List<Sequence> running = new ArrayList<>();
    private final List<Integer> filled = new ArrayList<>();
    private long stepBacks;

    /**
     * @param contextTokens tokens of a slot
     * @param stepTokens tokens of a step
     * @param bridge free slots between two used ones that are worth a token each to compute both in one pass
     */
    record Limits(int contextTokens, int stepTokens, int bridge) {}

    Scheduler(LlamaContext context, Vocabulary vocabulary, KvSlots slots, PrefillBudget prefill, Limits limits) {
        this.context = context;
        this.vocabulary = vocabulary;
        this.batch = context.newBatch();
        this.slots = slots;
        this.prefill = prefill;
        this.limits = limits;
    }

    /** Whether there is nothing to do. */
    boolean isIdle() {
        return waiting.isEmpty() && running.isEmpty();
    }

    int running() {
        return running.size();
    }

    /** Tokens that the running sequences have in KV memory. */
    long kvTokens() {
        return running.stream().mapToLong(Sequence::computed).sum();
    }

    /** How often a sequence had to step back. */
    long stepBacks() {
        return stepBacks;
    }

    /** Puts a request at the end of the queue. */
    void enqueue(Sequence sequence) {
        waiting.addLast(sequence);
    }

    /** Drops a request, wherever it is; without effect if it ended before. */
    void cancel(Sequence sequence) {
        if (running.remove(sequence)) {
            slots.release(sequence.slot());
        } else if (!waiting.remove(sequence)) {
            return;
        }
        sequence.cancel();
    }

    /**
     * One turn: start, plan, decode, hand out.
     *
     * @return whether a sequence started or ended, which its reader should hear of at once
     */
    boolean step() {
        boolean milestone = startWaiting();
        StepBatch plan = plan();
        long begin = System.nanoTime();
        List<StepBatch.Share> shares = write(plan);
        while (!shares.isEmpty() && !context.decode(batch)) { // false: no KV cells left
            undoFills();
            stepBack(plan.removeYoungest());
            shares = write(plan);
        }
        undoFills();
        shares.forEach(share -> share.sequence().advance(share.tokens()));
        observe(shares, System.nanoTime() - begin);
        for (StepBatch.Share share : shares) {
            milestone |= share.hasOutput() && !handOut(share);
        }
        return milestone;
    }

    /** Whether one was started. */
    private boolean startWaiting() {
        boolean started = false;
        while (!waiting.isEmpty()) {
            Sequence next = waiting.peekFirst();
            var place = slots.place(next.request().prompt(), next.request().cacheScope());
            if (place.isEmpty()) {
                break;
            }
            waiting.removeFirst();
            start(next, place.get());
            started = true;
        }
        return started;
    }

    private void start(Sequence sequence, KvSlots.Placement place) {
        int slot = place.slot();
        int cached = place.cached();
        if (place.copyFrom() >= 0) {
            context.forget(slot, 0);
            context.copy(place.copyFrom(), slot);
        }
        if (!context.forget(slot, cached)) {
            context.forget(slot, 0);
            cached = 0;
        }
        slots.clear(slot);
        slots.occupy(slot, sequence);
        running.add(sequence);
        sequence.start(slot, cached);
    }

    /** Prefill and decode are one thing: a sequence has tokens pending, the step has room for some. */
    private StepBatch plan() {
        StepBatch plan = new StepBatch(limits.bridge(), limits.contextTokens());
        for (Sequence sequence : running) {
            if (sequence.pending() == 1) {
                plan.add(sequence, 1); // first, so that no stream stalls
            }
        }
        int room = Math.min(limits.stepTokens() - plan.size(), prefill.tokens(plan.size()));
        for (Sequence sequence : running) {
            if (sequence.pending() > 1 && room > 0) {
                int tokens = Math.min(sequence.pending(), room);
                plan.add(sequence, tokens);
                room -= tokens;
            }
        }
        return plan;
    }

    private List<StepBatch.Share> write(StepBatch plan) {
        return plan.isEmpty() ? List.of() : plan.writeTo(batch, slots, filled);
    }

    /** Frees its cells; it starts again before everyone who waits. */
    private void stepBack(Sequence youngest) {
        running.remove(youngest);
        context.forget(youngest.slot(), 0);
        slots.release(youngest.slot());
        slots.clear(youngest.slot());
        youngest.stepBack();
        stepBacks++;
        waiting.addFirst(youngest);
    }

    private void undoFills() {
        for (int slot : filled) {
            if (!context.forget(slot, slots.length(slot))) {
                context.forget(slot, 0);
                slots.clear(slot);
            }
        }
        filled.clear();
    }

    private void observe(List<StepBatch.Share> shares, long nanos) {
        int prefilled = 0;
        int size = 0;
        for (StepBatch.Share share : shares) {
            size += share.tokens();
            prefilled += share.tokens() > 1 ? share.tokens() : 0;
        }
        prefill.observe(prefilled, size, nanos);
    }

    /** Whether the sequence goes on. */
    private boolean handOut(StepBatch.Share share) {
        Sequence sequence = share.sequence();
        int token = sequence.sampler().isPresent()
                ? sequence.sampler().get().sample(context, share.output())
                : context.mostLikely(share.output());
        boolean end = vocabulary.isEnd(token) && !sequence.request().ignoreEnd();
        boolean goesOn = sequence.accept(token(token, end), end);
        if (!goesOn) {
            running.remove(sequence);
            slots.release(sequence.slot());
            sequence.close();
        }
        return goesOn;
    }

    private GenerationEvent.Token token(int id, boolean end) {
        return new GenerationEvent.Token(
                id, end ? NO_TEXT : vocabulary.piece(id), vocabulary.isControl(id), Optional.empty());
    }

    /** Ends everything that is under way. */
    void failAll(EngineException cause) {
        for (Iterator<Sequence> all = running.iterator(); all.hasNext(); all.remove()) {
            all.next().fail(cause);
        }
        for (Iterator<Sequence> all = waiting.iterator(); all.hasNext(); all.remove()) {
            all.next().fail(cause);
        }
    }

    void close() {
        batch.close();
    }
}
