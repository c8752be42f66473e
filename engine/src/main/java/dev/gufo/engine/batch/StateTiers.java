package dev.gufo.engine.batch;

import dev.gufo.engine.CacheUse;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Reuse;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.SequenceState;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * The tiers of the prefix cache, and how a state gets from one to another: slots, main memory ({@link PrefixStore}) and
 * disk. A prompt that starts gets its slot here, with all that is computed of it; what it overwrites goes down a tier
 * if it is worth that.
 *
 * <p>Belongs to the engine thread, which waits for the disk only where a method says so.
 */
final class StateTiers implements AutoCloseable {
    /** Computing fewer tokens again costs less than a checkpoint behind them. */
    private static final int LEAST_AT_END = 16;

    /** What is there when the model is closed may take this long on its way to disk. */
    private static final Duration PUTTING_AWAY = Duration.ofSeconds(3);

    private final LlamaContext context;
    private final KvMemory memory;
    private final KvSlots slots;
    private final PrefixStore store;
    private final SlotChoice choice;
    private final ReuseReasons reasons;
    private final PrefillBudget prefill;
    private final CopyTimes copies = new CopyTimes();
    private final ReturnRates returns = new ReturnRates();
    private long copiedNanos; // since the last step
    private long movedOut; // bytes, ever
    private final Map<Reuse.Tier, Found> found = new EnumMap<>(Reuse.Tier.class); // ever

    /**
     * Where a sequence starts.
     *
     * @param cached tokens that are computed there already
     */
    record Start(int slot, int cached, Reuse reuse) {}

    /** What prompts found in a tier: how many did, and the tokens of these that were there. */
    private record Found(long hits, long tokens) {
        static final Found NOTHING = new Found(0, 0);

        Found plus(int more) {
            return new Found(hits + 1, tokens + more);
        }
    }

    /** @param prefill what computing a state again would take, and the longest wanted gap between two tokens */
    StateTiers(LlamaContext context, KvMemory memory, KvSlots slots, PrefixStore store, PrefillBudget prefill) {
        this.context = context;
        this.memory = memory;
        this.slots = slots;
        this.store = store;
        this.choice = new SlotChoice(slots, store);
        this.reasons = new ReuseReasons(slots, store);
        this.prefill = prefill;
    }

    /**
     * Gives a sequence the slot that is worth most to it, with what is computed of its prompt. A slot must be free.
     *
     * @param othersRun whether there are streams that would feel a long copy
     */
    Start start(Sequence sequence, boolean othersRun) {
        store.takeRead(slots.clock()); // what it has waited for is among it
        GenerationRequest request = sequence.request();
        ScopedPrompt prompt = ScopedPrompt.of(request);
        KvSlots.Placement place = choice.place(prompt).orElseThrow();
        boolean uses = !request.deterministic() && !request.promptLogprobs();
        IntFunction<Reuse> reuse = reasons.explain(place, prompt, uses);
        store.hold(place.restored());
        Optional<KvSlot> kept = keep(place.slot(), choice.lost(place, prompt), othersRun);
        KvSlots.Placement used = request.promptLogprobs() ? new KvSlots.Placement(place.slot(), 0, -1) : place;
        int cached = bring(used, kept, othersRun);
        slots.occupy(used.withCached(cached), sequence);
        store.hold(Optional.empty());
        used.restored().filter(stored -> stored.slot().hasMoved()).ifPresent(store::evict);
        sequence.stopAt(checkpoints(prompt, cached));
        Reuse reused = reuse.apply(cached);
        if (cached > 0) {
            found.merge(reused.tier(), Found.NOTHING.plus(cached), (before, _) -> before.plus(cached));
        }
        if (reused.stop() == Reuse.Stop.EVICTED || place.restored().isPresent()) {
            returns.returned(Math.max(cached, slots.evicted().common(prompt.scope(), prompt.tokens())));
        }
        return new Start(place.slot(), cached, reused);
    }

    /** A step was computed: streams have got their next token. */
    void endStep() {
        copiedNanos = 0;
    }

    /** Bytes of states that went to main memory so far. */
    long movedOut() {
        return movedOut;
    }

    /**
     * What each tier holds, and what prompts found there.
     *
     * @param kvBytes of the KV memory of all slots; 0 if that is not known
     */
    CacheUse use(long kvBytes) {
        long held = slots.all().stream().mapToLong(KvSlot::length).sum();
        long own = (long) slots.count() * slots.traits().contextTokens();
        double share = memory.pool()
                .map(cells -> (double) cells.used() / cells.capacity())
                .orElse((double) held / own);
        return new CacheUse(
                tier(Reuse.Tier.SLOT, (long) (share * kvBytes), kvBytes),
                tier(Reuse.Tier.MEMORY, store.bytes(), store.mostBytes()),
                tier(
                        Reuse.Tier.DISK,
                        store.disk().map(DiskStore::bytes).orElse(0L),
                        store.disk().map(DiskStore::mostBytes).orElse(0L)));
    }

    private CacheUse.Tier tier(Reuse.Tier tier, long bytes, long mostBytes) {
        Found there = found.getOrDefault(tier, Found.NOTHING);
        return new CacheUse.Tier(bytes, mostBytes, there.hits(), there.tokens());
    }

    /** Where a sequence would start now; empty if no slot is free. */
    Optional<KvSlots.Placement> place(ScopedPrompt prompt) {
        return choice.place(prompt);
    }

    /**
     * Makes sure that a step has cells: in a pool, states of free slots are evicted until there are enough.
     *
     * @param othersRun whether there are streams that would feel a long copy to main memory
     * @return whether there are enough
     */
    boolean makeCells(int wanted, boolean othersRun) {
        return makeCells(wanted, othersRun, _ -> false);
    }

    /** @param spared slots that are not evicted */
    private boolean makeCells(int wanted, boolean othersRun, IntPredicate spared) {
        if (memory.pool().isEmpty()) {
            return true;
        }
        KvCells cells = memory.pool().get();
        IntPredicate stay = id -> spared.test(id) || !slots.get(id).isFree();
        while (cells.free() < wanted) {
            Optional<KvSlot> victim = choice.leastWanted(slot -> !spared.test(slot.id())
                    && cells.length(slot.id()) > cells.usedBy(stay, slot.id(), cells.length(slot.id())));
            if (victim.isEmpty()) {
                return false;
            }
            evict(victim.get(), othersRun);
        }
        return true;
    }

    private void evict(KvSlot slot, boolean othersRun) {
        Optional<KvSlot> _ = keep(slot.id(), choice.lost(slot), othersRun);
        memory.forget(slot.id(), 0);
        slots.evict(slot.id());
    }

    /**
     * Puts the state of a free slot into main memory, with its checkpoints, if that is worth its time and makes no stop
     * that streams would feel.
     *
     * @param lost tokens of it that would be nowhere else
     * @param othersRun whether there are streams
     * @return what is there now, with the checkpoints that the slot had
     */
    private Optional<KvSlot> keep(int slot, int lost, boolean othersRun) {
        if (lost < KvSlots.LEAST_WAIT) {
            return Optional.empty();
        }
        KvSlot leaving = slots.get(slot);
        double chance = returns.evicted(leaving.chance(slots.clock(), slots.count()), leaving.length());
        long bytes = context.stateBytes(slot, SequenceState.Part.WHOLE);
        long copy = copies.nanos(bytes);
        boolean felt = othersRun && copiedNanos + copy > prefill.targetGap().toNanos();
        if (felt || !pays(chance, lost, copy) || !makeRoom(bytes)) {
            return Optional.empty();
        }
        long begin = System.nanoTime();
        Optional<KvSlot> kept = context.save(slot, SequenceState.Part.WHOLE).map(state -> moveOut(leaving, state));
        long took = System.nanoTime() - begin;
        copies.observe(bytes, took);
        copiedNanos += took;
        movedOut += bytes;
        return kept;
    }

    /** Whether a copy out, and if the state is asked for again one back, takes less than to compute it again then. */
    private boolean pays(double chance, int lost, long copyNanos) {
        return prefill.nanos(lost)
                .map(again -> chance * (again - copyNanos) > copyNanos)
                .orElse(lost >= 2 * slots.traits().copyTokens());
    }

    /** Takes over the whole state of a free slot, for which there is room. */
    private KvSlot moveOut(KvSlot slot, SequenceState state) {
        KvSlot moved = slots.moveOut(slot);
        // An earlier turn of a conversation is not needed beside a later one.
        store.add(new PrefixStore.Kept(moved, state, false), earlier -> earlier.goesOn(earlier.common(moved)));
        return moved;
    }

    /**
     * Brings the state that a prompt goes on from into its slot, cut to what the prompt has of it.
     *
     * @param kept what was in the slot, if its checkpoints have gone to main memory
     * @return tokens that are there
     */
    private int bring(KvSlots.Placement place, Optional<KvSlot> kept, boolean othersRun) {
        int slot = place.slot();
        int cached = place.cached();
        Optional<SequenceState> earlier;
        if (place.copyFrom() >= 0 && cached > 0) {
            memory.copy(place.copyFrom(), slot);
            earlier = slots.traits().window() == 0 ? slots.get(place.copyFrom()).checkpoint(cached) : Optional.empty();
        } else {
            earlier = slots.get(slot)
                    .checkpoint(cached)
                    .or(() -> kept.flatMap(moved -> moved.checkpoint(place.cached())));
        }
        if (place.restored().isPresent()) {
            PrefixStore.Kept stored = place.restored().get();
            memory.forget(slot, 0);
            earlier = stored.slot().checkpoint(cached);
            int tokens = stored.slot().length();
            if (!makeCells(tokens, othersRun, id -> id == slot) || !memory.restore(slot, stored.state(), tokens)) {
                cached = 0;
            }
        }
        if (cached > 0 && earlier.isPresent() && !memory.restorePart(slot, earlier.get())) {
            cached = 0;
        }
        if (memory.forget(slot, cached)) {
            return cached;
        }
        memory.forget(slot, 0);
        return 0;
    }

    /**
     * Where the prefill of a prompt should stop to make a checkpoint, because its state can't be cut later: where the
     * conversation will go on, where it has parted from another one, and the prompt's end, which costs no step.
     *
     * @param cached tokens that need not be computed
     * @return positions in the prompt, ascending; none for a model whose states can be cut
     */
    private int[] checkpoints(ScopedPrompt prompt, int cached) {
        if (slots.traits().canRewind() || !store.isOn() || prompt.exact()) {
            return new int[0];
        }
        int length = prompt.tokens().length;
        ToIntFunction<KvSlot> parting = slot -> slot.match(prompt.tokens(), prompt.scope());
        int parted = Math.max(store.most(parting), slots.most(parting));
        IntStream within = IntStream.of(parted, KvSlot.lastingPrompt(length))
                .filter(position -> position - cached >= KvSlots.LEAST_WAIT && position < length);
        IntStream end = IntStream.of(length).filter(position -> position - cached >= LEAST_AT_END);
        return IntStream.concat(within, end).sorted().distinct().toArray();
    }

    /** Makes the checkpoints that sequences have come to, of states that can't be cut later. */
    void makeCheckpoints(List<StepBatch.Share> shares) {
        for (StepBatch.Share share : shares) {
            Sequence sequence = share.sequence();
            KvSlot slot = slots.get(sequence.slot());
            if (sequence.isAtCheckpoint()
                    && makeRoom(context.stateBytes(slot.id(), SequenceState.Part.UNCUTTABLE), slot)) {
                context.save(slot.id(), SequenceState.Part.UNCUTTABLE)
                        .ifPresent(state -> slot.addCheckpoint(sequence.computed(), state));
            }
        }
    }

    /** The same; if nothing else can be evicted, earlier checkpoints of a slot make room for its next one. */
    private boolean makeRoom(long bytes, KvSlot slot) {
        boolean room = makeRoom(bytes);
        while (!room && slot.dropACheckpoint()) {
            room = makeRoom(bytes);
        }
        return room;
    }

    private boolean makeRoom(long bytes) {
        return store.makeRoom(bytes, slots.clock());
    }

    /**
     * Lets what a prompt goes on from come up from disk, if that has more of it than slots and main memory have.
     *
     * @return what the prompt should wait for
     */
    Optional<DiskStore.Reading> read(ScopedPrompt prompt) {
        if (!store.isLasting()) {
            return Optional.empty();
        }
        ToIntFunction<KvSlot> match = slot -> slots.match(slot, prompt);
        KvSlots.Traits traits = slots.traits();
        int now = Math.max(store.most(match), slots.most(match));
        int least = now + KvSlots.LEAST_WAIT + traits.copyTokens();
        return store.read(prompt.tokens(), prompt.scope(), least, traits.canRewind(), slots.clock());
    }

    /** Waits until something has come up from disk, or room for it is there, but not longer. */
    void awaitDisk(Duration most) {
        store.awaitDisk(most);
    }

    /**
     * Puts on disk, if there is one, what would be lost when this is closed: what only slots have, the latest first,
     * and then what main memory has and the disk has not yet. Takes a few seconds at most. All slots are free.
     */
    void putAway() {
        if (!store.isLasting()) {
            return;
        }
        long until = System.nanoTime() + PUTTING_AWAY.toNanos();
        List<PrefixStore.Kept> unwritten = store.unwritten();
        slots.all().stream()
                .filter(slot -> slot.length() >= KvSlots.LEAST_WAIT && until > System.nanoTime())
                .sorted(Comparator.comparingLong(KvSlot::lastUse).reversed())
                .forEach(slot -> context.save(slot.id(), SequenceState.Part.WHOLE)
                        .map(state -> new PrefixStore.Kept(slots.moveOut(slot), state, false))
                        .ifPresent(kept -> putAway(kept, until)));
        unwritten.stream()
                .sorted(Comparator.comparingLong(
                                (PrefixStore.Kept kept) -> kept.slot().lastUse())
                        .reversed())
                .forEach(kept -> putAway(kept, until));
    }

    private void putAway(PrefixStore.Kept kept, long until) {
        store.putAway(kept, Duration.ofNanos(Math.max(0, until - System.nanoTime())));
    }

    /** Frees what is in main memory. */
    @Override
    public void close() {
        store.close();
    }
}
