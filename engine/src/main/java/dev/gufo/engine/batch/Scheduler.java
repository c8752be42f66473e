package dev.gufo.engine.batch;

import dev.gufo.engine.CacheUse;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.TokenBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Continuous batching: every step decodes one token of each generating sequence and, with what is left of the batch,
 * chunks of prompts. A new request enters as soon as a slot is free, an ended one leaves at once. Requests with
 * different adapters take turns. What enters a step is planned by {@link StepPlanner}, what is computed already comes
 * from {@link StateTiers}, and {@link NextTokens} hands out what a step gave.
 *
 * <p>A sequence that has started can go on to the end of its answer: its slot has KV memory for a whole context, or,
 * where all share one pool of cells, {@link KvBudget} has promised them.
 *
 * <p>Belongs to the engine thread.
 */
final class Scheduler {
    /** How long a step waits for the disk, if there is nothing else to do. */
    private static final Duration READING_LOOK = Duration.ofMillis(5);

    private final LlamaContext context;
    private final KvMemory memory;
    private final Optional<KvBudget> budget;
    private final TokenBatch batch;
    private final KvSlots slots;
    private final StateTiers states;
    private final StepPlanner planner;
    private final StepResults results;
    private final NextTokens nextTokens;
    private final NonFiniteAdapters tooStrong = new NonFiniteAdapters();
    private final WaitingLine waiting = new WaitingLine();
    private final List<Sequence> running = new ArrayList<>();
    private final List<StepBatch.Padding> padded = new ArrayList<>();
    private long preemptions;

    Scheduler(
            LlamaContext context,
            KvMemory memory,
            KvSlots slots,
            StateTiers states,
            StepPlanner planner,
            StepResults results,
            NextTokens nextTokens) {
        this.context = context;
        this.memory = memory;
        this.budget = memory.pool().map(cells -> new KvBudget(cells, slots));
        this.batch = context.newBatch();
        this.slots = slots;
        this.states = states;
        this.planner = planner;
        this.results = results;
        this.nextTokens = nextTokens;
    }

    /** Whether there is nothing to do. */
    boolean isIdle() {
        return waiting.isEmpty() && running.isEmpty();
    }

    int running() {
        return running.size();
    }

    /** The part of KV memory that running sequences have, 0 to 1. */
    double kvUsage() {
        long used = running.stream().mapToLong(Sequence::computed).sum();
        long own = (long) slots.count() * slots.traits().contextTokens();
        return memory.pool()
                .map(cells -> (double) cells.usedBy(id -> !slots.get(id).isFree()) / cells.capacity())
                .orElse((double) used / own);
    }

    /** As {@link StateTiers#use}. */
    CacheUse caches(long kvBytes) {
        return states.use(kvBytes);
    }

    /** How often a sequence was preempted. */
    long preemptions() {
        return preemptions;
    }

    /**
     * Puts a request into the queue, or refuses it at once if its adapters are known to be too strong. One whose client
     * has a part of the answer goes on before everyone who waits.
     */
    void enqueue(Sequence sequence) {
        if (tooStrong.isHopeless(sequence)) {
            NonFiniteAdapters.refuse(sequence);
        } else if (sequence.hadBegun()) {
            waiting.addFirst(sequence);
        } else {
            waiting.add(sequence);
        }
    }

    /** Drops a request, wherever it is; without effect if it ended before. */
    void cancel(Sequence sequence) {
        if (running.remove(sequence)) {
            slots.release(sequence.slot());
        } else if (waiting.remove(sequence)) {
            budget.ifPresent(promises -> promises.forget(sequence));
        } else {
            return;
        }
        sequence.cancel();
    }

    /** One turn: start, plan, decode, hand out. */
    void step() {
        StepTrace trace = new StepTrace(states.movedOut());
        int started = startWaiting();
        if (running.isEmpty()) {
            states.awaitDisk(READING_LOOK); // what is waiting waits for it
            return;
        }
        trace.started(started, states.movedOut());
        keepPromises();
        StepBatch plan = planner.plan(running);
        boolean _ = states.makeCells(plan.size(), true); // if there are too few all the same, decode tells
        long begin = System.nanoTime();
        List<StepBatch.Share> shares = write(plan);
        trace.planned(shares, batch.size());
        while (!shares.isEmpty() && !context.decode(batch)) { // false: no KV cells left
            undoPadding();
            preempt(plan.removeYoungest());
            shares = write(plan);
        }
        trace.submitted();
        if (endNonFinite(shares)) {
            return;
        }
        undoPadding();
        shares.forEach(results::reportPrompt);
        if (shares.size() == 1) {
            shares.getFirst().tellComputed();
        }
        shares.forEach(share -> {
            memory.advance(share.sequence().slot(), share.tokens());
            share.sequence().advance(share.own());
        });
        context.synchronize(); // the time of a step is the device's, not that of queueing it; logits come next anyway
        trace.computed();
        planner.observe(shares, System.nanoTime() - begin);
        states.endStep();
        states.makeCheckpoints(shares);
        nextTokens.handOut(shares, this::end);
        trace.handedOut();
    }

    /**
     * Starts requests while slots are free. One whose prompt a running sequence is computing waits for that, with a
     * slot kept for it, and starts from that sequence's state, so that equal prompts that come together are computed
     * once.
     *
     * @return how many were started
     */
    private int startWaiting() {
        int started = 0;
        Set<Sequence> heldBack = new HashSet<>();
        Optional<Sequence> next = takeWaiting(heldBack);
        while (next.isPresent()) {
            start(next.get());
            started++;
            next = takeWaiting(heldBack);
        }
        return started;
    }

    /**
     * Takes out the request that starts next. For one that is not preemptible, and finds no place, those that are give
     * theirs up, the youngest first; none of them starts while such a one waits.
     */
    private Optional<Sequence> takeWaiting(Set<Sequence> heldBack) {
        if (waiting.isEmpty()) {
            return Optional.empty();
        }
        Predicate<Sequence> wantsPlace = sequence -> !heldBack.contains(sequence);
        Optional<Sequence> next = Optional.empty();
        if (slots.free() > 0) {
            next = waiting.takeUrgent(sequence -> canStart(sequence, heldBack));
        }
        while (next.isEmpty() && youngestPreemptible().isPresent() && waiting.hasUrgent(wantsPlace)) {
            suspend(youngestPreemptible().get());
            next = waiting.takeUrgent(sequence -> canStart(sequence, heldBack));
        }
        return next.isEmpty() && slots.free() > 0 && !waiting.hasUrgent(_ -> true)
                ? waiting.takePreemptible(sequence -> canStart(sequence, heldBack))
                : next;
    }

    private Optional<Sequence> youngestPreemptible() {
        return running.reversed().stream().filter(Sequence::isPreemptible).findFirst();
    }

    /** @param heldBack requests that came before; those of the same owner keep a slot each */
    private boolean canStart(Sequence sequence, Set<Sequence> heldBack) {
        GenerationRequest request = sequence.request();
        if (!request.promptLogprobs() && slots.promised(ScopedPrompt.of(request)) > 0) {
            heldBack.add(sequence);
            return false;
        }
        String owner = request.owner().id();
        long others = heldBack.stream()
                .filter(other -> other.request().owner().id().equals(owner))
                .count();
        if (slots.free() <= others) {
            return false;
        }
        if (sequence.isComingUp(() -> read(request))) {
            heldBack.add(sequence);
            return false;
        }
        return budget.map(promises -> promises.admits(sequence, states.place(ScopedPrompt.of(request))))
                .orElse(true);
    }

    /** Preempts the youngest, preemptible ones first, while one needs cells that nobody has promised it. */
    private void keepPromises() {
        if (budget.isEmpty()) {
            return;
        }
        for (Sequence sequence : List.copyOf(running)) {
            while (running.contains(sequence) && !budget.get().goesOn(sequence)) {
                suspend(youngestPreemptible().orElse(running.getLast()));
            }
        }
    }

    /** A deterministic prompt is computed as every other time, of which the disk knows nothing. */
    private Optional<DiskStore.Reading> read(GenerationRequest request) {
        return request.deterministic() || request.promptLogprobs()
                ? Optional.empty()
                : states.read(ScopedPrompt.of(request));
    }

    private void start(Sequence sequence) {
        StateTiers.Start start = states.start(sequence, !running.isEmpty());
        running.add(sequence);
        sequence.start(start.slot(), start.cached(), start.reuse());
        budget.ifPresent(promises -> promises.start(sequence));
    }

    private List<StepBatch.Share> write(StepBatch plan) {
        return plan.isEmpty() ? new ArrayList<>() : plan.writeTo(batch, slots, padded);
    }

    /** Frees its cells; it starts again before everyone who waits. */
    private void preempt(Sequence youngest) {
        int slot = youngest.slot();
        suspend(youngest);
        memory.forget(slot, 0);
        slots.clear(slot);
    }

    /** Takes its slot; what it has computed stays there until the cells are needed. */
    private void suspend(Sequence youngest) {
        running.remove(youngest);
        slots.release(youngest.slot());
        youngest.preempt();
        preemptions++;
        waiting.addFirst(youngest);
    }

    /**
     * Refuses the sequences whose adapters made logits non-finite, which spoils the KV memory too, and those that would
     * do the same again. The others are preempted and start again in an empty one.
     *
     * @return whether there was one; nothing of the step is of use then
     */
    private boolean endNonFinite(List<StepBatch.Share> shares) {
        List<Sequence> nonFinite = results.nonFinite(shares, padded);
        if (nonFinite.isEmpty()) {
            return false;
        }
        tooStrong.add(nonFinite.getFirst().request().adapters());
        for (Sequence sequence : List.copyOf(running)) {
            if (nonFinite.contains(sequence) || tooStrong.isHopeless(sequence)) {
                end(sequence);
                NonFiniteAdapters.refuse(sequence);
            }
        }
        for (Sequence sequence : waiting.takeAll(tooStrong::isHopeless)) {
            budget.ifPresent(promises -> promises.forget(sequence));
            NonFiniteAdapters.refuse(sequence);
        }
        padded.clear();
        List.copyOf(running).reversed().forEach(this::preempt);
        slots.clear();
        memory.wipe();
        return true;
    }

    private void end(Sequence sequence) {
        running.remove(sequence);
        slots.release(sequence.slot());
    }

    private void undoPadding() {
        for (StepBatch.Padding padding : padded) {
            int slot = padding.slot();
            if (!memory.forget(slot, padding.from())) {
                memory.forget(slot, 0);
                slots.clear(slot);
            }
        }
        padded.clear();
    }

    /** Ends everything that is under way. */
    void failAll(EngineException cause) {
        for (Iterator<Sequence> all = running.iterator(); all.hasNext(); all.remove()) {
            Sequence next = all.next();
            slots.release(next.slot());
            next.fail(cause);
        }
        waiting.drain().forEach(sequence -> sequence.fail(cause));
    }

    /** Puts on disk, if there is a cache, what would be lost; within a few seconds. Nothing may be under way. */
    void putAway() {
        states.putAway();
    }

    void close() {
        results.close();
        states.close();
        batch.close();
    }
}
