package dev.gufo.engine.batch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.function.ToIntFunction;

/**
 * What the KV memory of each slot holds and whose it is, also after its sequence ended: the first tier of the prefix
 * cache. {@link SlotChoice} says which slot a prompt should take, {@link StateTiers} moves states in and out.
 *
 * <p>Invariant: a slot has at most one owner; a slot without one still holds the KV state of its last one, and only
 * requests of the same scope may use it: those that may know of each other, with the same adapters.
 * {@code shared[i][j]} is at most what slots i and j have in common.
 *
 * <p>Belongs to the engine thread.
 */
final class KvSlots {
    /** Waiting for another's prefill, or for the disk, saves no less than this, or the request may as well start. */
    static final int LEAST_WAIT = 32;

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

    /**
     * What slots are like.
     *
     * @param contextTokens tokens that each has room for
     * @param copyTokens what it costs to copy a slot, in prompt tokens that could be computed meanwhile
     * @param canRewind whether the end of a slot's state can be taken back, so that a part of it can be reused
     * @param window tokens that some layers look back and little more of which they keep, so that the end of a slot's
     *     state can be taken back only near its end; 0 if all keep everything
     * @param padding most free slots between two used ones that get a padding token, so that both are computed in one
     *     pass
     * @param chunk tokens in which deterministic prompts are computed, so that their states are cut at multiples of it
     * @param pooled whether all take cells of one pool: a copy then costs nothing, and all are computed in one pass
     */
    record Traits(
            int contextTokens, int copyTokens, boolean canRewind, int window, int padding, int chunk, boolean pooled) {}

    private final List<KvSlot> slots = new ArrayList<>();
    private final int[][] shared;
    private final Traits traits;
    private final IntUnaryOperator firstHeld;
    private final EvictedPrefixes evicted = new EvictedPrefixes();
    private long clock; // requests that got a slot so far

    /** @param firstHeld the first position of which all layers have keys and values, by slot */
    KvSlots(int count, Traits traits, IntUnaryOperator firstHeld) {
        this.firstHeld = firstHeld;
        for (int id = 0; id < count; id++) {
            slots.add(new KvSlot(id));
        }
        this.shared = new int[count][count];
        this.traits = traits;
    }

    /** All slots, by their ids. */
    List<KvSlot> all() {
        return Collections.unmodifiableList(slots);
    }

    KvSlot get(int id) {
        return slots.get(id);
    }

    Traits traits() {
        return traits;
    }

    /** Requests that got a slot so far. */
    long clock() {
        return clock;
    }

    /** What slots held and hold no more. */
    EvictedPrefixes evicted() {
        return evicted;
    }

    /** How much of what a slot, or a state that was in one, holds a prompt can go on from. */
    int match(KvSlot slot, ScopedPrompt prompt) {
        int match = slot.match(prompt.tokens(), prompt.scope());
        if (prompt.exact()) {
            match = Math.min(match, slot.exact(traits.chunk())) / traits.chunk() * traits.chunk();
        }
        boolean whole = slot.isFree() && match == slot.length();
        if (traits.canRewind() || whole) {
            return match;
        }
        if (canCut(slot, match)) {
            return match;
        }
        return slot.isFree() && !prompt.exact() ? slot.checkpointWithin(match) : 0;
    }

    /**
     * How much of what a slot holds a prompt can go on from in a copy. Layers with a window are copied by llama.cpp
     * when it computes next, over what a checkpoint would have put there before; so none is used for these.
     */
    int matchOfCopy(KvSlot slot, ScopedPrompt prompt) {
        int match = match(slot, prompt);
        return traits.window() == 0 || canCut(slot, match) ? match : 0;
    }

    /** Whether layers with a sliding window have all that is needed behind an earlier position. */
    private boolean canCut(KvSlot slot, int position) {
        return traits.window() > 0 && firstHeld(slot) <= Math.max(0, position - traits.window());
    }

    /**
     * What a free slot holds, without the slot, as a saved state has it: of layers with a sliding window llama.cpp
     * saves only what the next token looks back at, though more may be in the slot.
     */
    KvSlot moveOut(KvSlot slot) {
        boolean whole = traits.window() == 0 || slot.length() <= traits.window();
        return slot.moveOut(whole ? firstHeld(slot) : slot.length());
    }

    /** The first position of which all layers have keys and values. */
    int firstHeld(KvSlot slot) {
        return slot.isHere() ? firstHeld.applyAsInt(slot.id()) : slot.firstHeld();
    }

    /** The longest of some measure over all slots. */
    int most(ToIntFunction<KvSlot> measure) {
        return slots.stream().mapToInt(measure).max().orElse(0);
    }

    /** Tokens from the beginning that a slot has in common with another one, whichever has most. */
    int elsewhere(KvSlot slot) {
        int most = 0;
        for (int other = 0; other < shared.length; other++) {
            most = Math.max(most, other == slot.id() ? 0 : shared[slot.id()][other]);
        }
        return most;
    }

    /**
     * How much more of a prompt will be computed soon than is now: what a running sequence shares with it and is still
     * to compute.
     *
     * @return tokens; 0 if it is too little to wait for
     */
    int promised(ScopedPrompt prompt) {
        if (!traits.canRewind() && traits.window() == 0) {
            return 0;
        }
        int now = 0;
        int soon = 0;
        for (KvSlot slot : slots) {
            now = Math.max(now, match(slot, prompt));
            int promise = prompt.exact()
                    ? slot.exactPromise(prompt.tokens(), prompt.scope(), traits.chunk())
                    : slot.promise(prompt.tokens(), prompt.scope());
            boolean near = slot.planned() - promise <= LEAST_WAIT; // where windows still reach back to
            soon = Math.max(soon, traits.canRewind() || near ? promise : 0);
        }
        return soon - now >= Math.max(LEAST_WAIT, traits.copyTokens()) ? soon - now : 0;
    }

    /** Gives a slot, as it was chosen by {@link SlotChoice}, to a sequence. */
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

    /** Notes that what a free slot holds has lost its place. */
    void evict(int id) {
        slots.get(id).tell(evicted);
        clear(id);
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

    /** Slots without an owner. */
    int free() {
        return (int) slots.stream().filter(KvSlot::isFree).count();
    }

    /**
     * Whether a token may be put behind what a slot holds, to be taken back after the step: if that leaves no trace, or
     * if the slot is free and holds nothing. A layer with a sliding window loses by it only what the slot's next token
     * does not look back to.
     */
    boolean canPad(int id) {
        KvSlot slot = slots.get(id);
        boolean traceless = traits.canRewind() || traits.window() > 0 || (slot.isFree() && slot.length() == 0);
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
