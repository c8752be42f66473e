package dev.gufo.engine.batch;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.Reuse;
import dev.gufo.engine.llama.SequenceState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * The prefix cache: what the KV memory of each slot holds, also after its sequence ended, and which slot a new prompt
 * should take.
 *
 * <p>A placement is chosen by its value, counted in tokens of prefill: what the prompt need not compute, less the copy
 * that this takes, less what is overwritten and would have been asked for again. So a short prompt, such as an agent's
 * side request, takes an empty slot or another short one, and never the state of a long conversation that is in use.
 *
 * <p>Invariant: a slot has at most one owner; a slot without one still holds the KV state of its last one, and only
 * requests of the same scope may use it: those that may know of each other, with the same adapters.
 * {@code shared[i][j]} is at most what slots i and j have in common.
 *
 * <p>Belongs to the engine thread.
 */
final class KvSlots {
    /** Waiting for another's prefill saves no less than this, or the request may as well start. */
    private static final int LEAST_WAIT = 32;

    /**
     * A pass over the weights more in each step of an answer, as many tokens of prefill: some hundred steps, each worth
     * a few tokens.
     */
    private static final int PASS_TOKENS = 1_024;

    /** A padding token more in each step of an answer: a large GPU computes some sixteen in the time of a pass. */
    private static final int PADDING_TOKENS = 64;

    /**
     * Where a prompt goes.
     *
     * @param slot free slot
     * @param cached tokens of the prompt that are, or after the copy will be, computed there
     * @param copyFrom slot to copy first, or -1
     * @param restored what to bring back from main memory first
     */
    record Placement(int slot, int cached, int copyFrom, Optional<PrefixStore.Kept> restored) {
        Placement(int slot, int cached, int copyFrom) {
            this(slot, cached, copyFrom, Optional.empty());
        }

        Placement withCached(int tokens) {
            return new Placement(slot, tokens, copyFrom, restored);
        }
    }

    /** @param value in tokens of prefill; less than 0 if more is lost than won */
    private record Option(KvSlot slot, Placement placement, double value) {}

    /** @param exact whether only whole chunks that were computed alone may be reused */
    private record Wanted(int[] prompt, KvScope scope, boolean exact) {}

    private final List<KvSlot> slots = new ArrayList<>();
    private final int[][] shared;
    private final Traits traits;
    private final PrefixStore store;
    private final EvictedPrefixes evicted = new EvictedPrefixes();
    private long clock; // requests that got a slot so far

    /**
     * What slots are like.
     *
     * @param contextTokens tokens that each has room for
     * @param copyTokens what it costs to copy a slot, in prompt tokens that could be computed meanwhile
     * @param canRewind whether the end of a slot's state can be taken back, so that a part of it can be reused
     * @param padding most free slots between two used ones that get a padding token, so that both are computed in one
     *     pass
     * @param chunk tokens in which deterministic prompts are computed, so that their states are cut at multiples of it
     * @param storeBytes main memory for what slots have no room for
     */
    record Traits(int contextTokens, int copyTokens, boolean canRewind, int padding, int chunk, long storeBytes) {}

    KvSlots(int count, Traits traits) {
        this(count, traits, Optional.empty());
    }

    /** @param disk takes what main memory has no room for */
    KvSlots(int count, Traits traits, Optional<DiskStore> disk) {
        for (int id = 0; id < count; id++) {
            slots.add(new KvSlot(id));
        }
        this.shared = new int[count][count];
        this.traits = traits;
        this.store = new PrefixStore(traits.storeBytes(), disk, slots, evicted);
    }

    /**
     * The free slot that is worth most to a prompt; of equals the one that was used least recently.
     *
     * @param exact whether only whole chunks that were computed alone may be reused
     * @return empty if no slot is free
     */
    Optional<Placement> place(int[] prompt, KvScope scope, boolean exact) {
        var wanted = new Wanted(prompt, scope, exact);
        KvSlot source = slots.getFirst();
        int most = 0;
        for (KvSlot slot : slots) {
            int match = match(slot, wanted);
            if (match > most) {
                source = slot;
                most = match;
            }
        }
        Optional<PrefixStore.Kept> stored = store.best(one -> match(one, wanted));
        List<Option> options = new ArrayList<>();
        for (KvSlot slot : slots) {
            if (slot.isFree()) {
                options.add(option(slot, wanted, source, most, stored));
            }
        }
        return options.stream()
                .max(Comparator.comparingDouble(Option::value)
                        .thenComparingLong(option -> -option.slot().lastUse())
                        .thenComparingInt(option -> -option.slot().id()))
                .map(Option::placement);
    }

    /**
     * What it is worth to put a prompt into a free slot: there where it goes on, with a copy of {@code source}, or with
     * what comes back from main memory.
     */
    private Option option(KvSlot slot, Wanted wanted, KvSlot source, int most, Optional<PrefixStore.Kept> stored) {
        Placement best = new Placement(slot.id(), match(slot, wanted), -1);
        int won = best.cached();
        if (traits.canRewind() && slot != source && most - traits.copyTokens() > won) {
            best = new Placement(slot.id(), most, source.id());
            won = most - traits.copyTokens();
        }
        int restored = stored.map(one -> match(one.slot(), wanted)).orElse(0);
        if (restored - traits.copyTokens() > won) {
            best = new Placement(slot.id(), restored, -1, stored);
            won = restored - traits.copyTokens();
        }
        double lost = lost(slot, wanted) * slot.chance(clock, slots.size());
        Steps steps = stepsWith(slot, wanted.scope().adapters());
        double slower = (double) steps.passes() * PASS_TOKENS + (double) steps.paddings() * PADDING_TOKENS;
        return new Option(slot, best, won - lost - slower);
    }

    /**
     * Tokens that nobody could take from anywhere any more, once a prompt has overwritten a slot; where they go to main
     * memory, what it costs to have them there and back.
     */
    private int lost(KvSlot slot, Wanted wanted) {
        int lost = overwritten(slot, wanted);
        return store.isOn() ? Math.min(lost, 2 * traits.copyTokens()) : lost;
    }

    /** Tokens of a slot that are nowhere else, and are not where a prompt goes on. */
    private int overwritten(KvSlot slot, Wanted wanted) {
        int kept = slot.match(wanted.prompt(), wanted.scope());
        if (slot.goesOn(traits.canRewind() ? kept : match(slot, wanted))) {
            return 0;
        }
        if (traits.canRewind()) {
            for (int other = 0; other < shared.length; other++) {
                kept = Math.max(kept, other == slot.id() ? 0 : shared[slot.id()][other]);
            }
            kept = Math.max(kept, store.most(slot::common));
        }
        return traits.canRewind() ? Math.max(0, slot.length() - kept) : slot.length();
    }

    /**
     * Whether a slot's state should go to main memory before a prompt takes its place.
     *
     * @param place where the prompt goes
     */
    boolean isWorthKeeping(Placement place, int[] prompt, KvScope scope, boolean exact) {
        return store.isOn()
                && overwritten(slots.get(place.slot()), new Wanted(prompt, scope, exact))
                        >= Math.max(LEAST_WAIT, 2 * traits.copyTokens());
    }

    /**
     * Lets what a prompt goes on from come up from disk, if that has more of it than slots and main memory have.
     *
     * @return what the prompt should wait for
     */
    Optional<DiskStore.Reading> read(int[] prompt, KvScope scope) {
        if (!store.isLasting()) {
            return Optional.empty();
        }
        var wanted = new Wanted(prompt, scope, false);
        int now = most(one -> match(one, wanted));
        int least = now + LEAST_WAIT + traits.copyTokens();
        return store.read(prompt, scope, least, traits.canRewind(), clock);
    }

    /** Waits until something has come up from disk, or room for it is there, but not longer. */
    void awaitDisk(Duration most) {
        store.awaitDisk(most);
    }

    /** Takes what has come up from disk. */
    void takeRead() {
        store.takeRead(clock);
    }

    /**
     * Puts what only slots have on disk, the latest first, and then what main memory has and the disk has not yet. All
     * slots are free.
     *
     * @param save saves a slot
     * @param until in {@link System#nanoTime}
     */
    void putAway(IntFunction<Optional<SequenceState>> save, long until) {
        if (!store.isLasting()) {
            return;
        }
        List<PrefixStore.Kept> unwritten = store.unwritten();
        slots.stream()
                .filter(slot -> slot.length() >= LEAST_WAIT && until > System.nanoTime())
                .sorted(Comparator.comparingLong(KvSlot::lastUse).reversed())
                .forEach(slot -> save.apply(slot.id())
                        .map(state -> new PrefixStore.Kept(slot.moveOut(), state, false))
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

    /**
     * Explains what a prompt reuses, before its place is overwritten.
     *
     * @param place where it goes
     * @param used whether the request may use what is there
     * @return to be told how many tokens came of it
     */
    IntFunction<Reuse> explain(Placement place, int[] prompt, KvScope scope, boolean used) {
        int same = most(slot -> slot.match(prompt, scope));
        int other = most(slot -> slot.matchWithOtherAdapters(prompt, scope));
        int lost = evicted.common(scope, prompt);
        Reuse.Tier tier = place.restored()
                .map(kept -> kept.fromDisk() ? Reuse.Tier.DISK : Reuse.Tier.MEMORY)
                .orElse(Reuse.Tier.SLOT);
        return cached -> {
            Reuse.Stop stop;
            if (cached >= prompt.length - 1) {
                stop = Reuse.Stop.END;
            } else if (!used) {
                stop = Reuse.Stop.NOT_USED;
            } else if (same > cached) {
                stop = traits.canRewind() ? Reuse.Stop.TOO_LITTLE : Reuse.Stop.NO_CHECKPOINT;
            } else if (lost > cached) {
                stop = Reuse.Stop.EVICTED;
            } else if (other > cached) {
                stop = Reuse.Stop.OTHER_ADAPTER;
            } else {
                stop = cached > 0 ? Reuse.Stop.DIFFERENT_TEXT : Reuse.Stop.NOTHING_KEPT;
            }
            return new Reuse(cached == 0 ? Reuse.Tier.NONE : tier, stop);
        };
    }

    private int most(ToIntFunction<KvSlot> measure) {
        return Math.max(
                store.most(measure), slots.stream().mapToInt(measure).max().orElse(0));
    }

    /** Keeps what a placement brings back in main memory until the slot is occupied. */
    void hold(Placement place) {
        store.hold(place.restored());
    }

    /** Makes room in main memory; false if there can't be enough. */
    boolean makeRoom(long bytes) {
        return store.makeRoom(bytes, clock);
    }

    /**
     * Takes over the whole state of a free slot, for which there is room.
     *
     * @return what is known of it, with the checkpoints that the slot had
     */
    KvSlot keep(int id, SequenceState state) {
        KvSlot moved = slots.get(id).moveOut();
        // An earlier turn of a conversation is not needed beside a later one.
        store.add(new PrefixStore.Kept(moved, state, false), earlier -> earlier.goesOn(earlier.common(moved)));
        return moved;
    }

    /**
     * Where the prefill of a prompt should stop to make a checkpoint, because its state can't be cut later: where the
     * conversation will go on, and where it has parted from another one.
     *
     * @param cached tokens that need not be computed
     * @return positions in the prompt, ascending; none for a model whose states can be cut
     */
    int[] checkpoints(int[] prompt, KvScope scope, boolean exact, int cached) {
        if (traits.canRewind() || !store.isOn() || exact) {
            return new int[0];
        }
        ToIntFunction<KvSlot> parting = slot -> slot.match(prompt, scope);
        int parted = most(parting);
        return IntStream.of(parted, KvSlot.lastingPrompt(prompt.length))
                .filter(position -> position - cached >= LEAST_WAIT && position < prompt.length)
                .sorted()
                .distinct()
                .toArray();
    }

    /** Adds a checkpoint, for which there is room, to a slot. */
    void addCheckpoint(int id, int position, SequenceState state) {
        slots.get(id).addCheckpoint(position, state);
    }

    /** The state of a slot at an earlier position, if there is a checkpoint there. */
    Optional<SequenceState> checkpoint(int id, int position) {
        return slots.get(id).checkpoint(position);
    }

    /**
     * How much more of a prompt will be computed soon than is now: what a running sequence shares with it and is still
     * to compute.
     *
     * @param exact whether only whole chunks that were computed alone may be reused
     * @return tokens; 0 if it is too little to wait for
     */
    int promised(int[] prompt, KvScope scope, boolean exact) {
        if (!traits.canRewind()) {
            return 0;
        }
        var wanted = new Wanted(prompt, scope, exact);
        int now = 0;
        int soon = 0;
        for (KvSlot slot : slots) {
            now = Math.max(now, match(slot, wanted));
            soon = Math.max(
                    soon, exact ? slot.exactPromise(prompt, scope, traits.chunk()) : slot.promise(prompt, scope));
        }
        return soon - now >= Math.max(LEAST_WAIT, traits.copyTokens()) ? soon - now : 0;
    }

    /**
     * What steps will be like.
     *
     * @param passes over the weights: one for each group of neighbours
     * @param paddings tokens that make neighbours of slots with a gap between them
     */
    private record Steps(int passes, int paddings) {}

    /**
     * Of steps in which this slot is used too, among those that are computed with the same adapters: others take no
     * part in it.
     */
    private Steps stepsWith(KvSlot candidate, List<AdapterScale> adapters) {
        int passes = 0;
        int paddings = 0;
        int previous = -1;
        for (KvSlot slot : slots) {
            boolean used = !slot.isFree() && slot.scope().adapters().equals(adapters);
            if (used || slot == candidate) {
                int gap = previous < 0 ? 0 : slot.id() - previous - 1;
                passes += previous < 0 || gap > traits.padding() ? 1 : 0;
                paddings += gap > traits.padding() ? 0 : gap;
                previous = slot.id();
            }
        }
        return new Steps(passes, paddings);
    }

    /** How much of what a slot holds the prompt can go on from. */
    private int match(KvSlot slot, Wanted wanted) {
        int match = slot.match(wanted.prompt(), wanted.scope());
        if (wanted.exact()) {
            match = Math.min(match, slot.exact(traits.chunk())) / traits.chunk() * traits.chunk();
        }
        boolean whole = slot.isFree() && match == slot.length();
        if (traits.canRewind() || whole) {
            return match;
        }
        return slot.isFree() && !wanted.exact() ? slot.checkpointWithin(match) : 0;
    }

    /** Gives a slot, as it was chosen by {@link #place}, to a sequence. */
    void occupy(Placement place, Sequence owner) {
        KvSlot slot = slots.get(place.slot());
        if (!slot.isFree()) {
            throw new AssertionError("slot %d has an owner".formatted(place.slot()));
        }
        KvSlot from = place.restored()
                .map(PrefixStore.Kept::slot)
                .orElse(place.copyFrom() >= 0 ? slots.get(place.copyFrom()) : slot);
        clock++;
        if (slot.length() > place.cached()) {
            slot.tell(evicted);
        }
        slot.occupy(owner, from, place.cached(), use());
        store.hold(Optional.empty());
        place.restored().filter(stored -> stored.slot().hasMoved()).ifPresent(store::evict);
        compare(slot);
    }

    /** Takes a slot back; what its owner computed stays. */
    void release(int id) {
        KvSlot slot = slots.get(id);
        slot.release(use());
        compare(slot);
    }

    private KvSlot.Use use() {
        return new KvSlot.Use(clock, slots.size(), traits.chunk());
    }

    private void compare(KvSlot slot) {
        for (KvSlot other : slots) {
            int common = other == slot ? 0 : slot.common(other);
            shared[slot.id()][other.id()] = common;
            shared[other.id()][slot.id()] = common;
        }
    }

    /** Notes that a free slot holds nothing any more. */
    void clear(int id) {
        slots.get(id).clear();
        compare(slots.get(id));
    }

    /** Notes that none holds anything any more. */
    void clear() {
        slots.forEach(slot -> clear(slot.id()));
    }

    /** Frees what is in main memory. */
    void close() {
        store.close();
    }

    /** Slots without an owner. */
    int free() {
        return (int) slots.stream().filter(KvSlot::isFree).count();
    }

    /**
     * Whether a token may be put behind what a slot holds, to be taken back after the step: if that leaves no trace, or
     * if the slot is free and holds nothing.
     */
    boolean canPad(int id) {
        KvSlot slot = slots.get(id);
        boolean traceless = traits.canRewind() || (slot.isFree() && slot.length() == 0);
        return traceless && slot.length() < traits.contextTokens();
    }

    /** Whether a slot has room for so many tokens, and those at its end can be taken back. */
    boolean canBeCut(int tokens) {
        return traits.canRewind() && tokens <= traits.contextTokens();
    }

    /** How many slots there are. */
    int count() {
        return slots.size();
    }

    /** Tokens that a slot holds. */
    int length(int id) {
        return slots.get(id).length();
    }
}
