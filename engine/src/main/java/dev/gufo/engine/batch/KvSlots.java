package dev.gufo.engine.batch;

import dev.gufo.engine.AdapterScale;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

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

    /**
     * Where a prompt goes.
     *
     * @param slot free slot
     * @param cached tokens of the prompt that are, or after the copy will be, computed there
     * @param copyFrom slot to copy first, or -1
     */
    record Placement(int slot, int cached, int copyFrom) {}

    /** @param value in tokens of prefill; less than 0 if more is lost than won */
    private record Option(KvSlot slot, Placement placement, double value) {}

    /** @param exact whether only whole chunks that were computed alone may be reused */
    private record Wanted(int[] prompt, KvScope scope, boolean exact) {}

    private final List<KvSlot> slots = new ArrayList<>();
    private final int[][] shared;
    private final Traits traits;
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
     */
    record Traits(int contextTokens, int copyTokens, boolean canRewind, int padding, int chunk) {}

    KvSlots(int count, Traits traits) {
        for (int id = 0; id < count; id++) {
            slots.add(new KvSlot(id));
        }
        this.shared = new int[count][count];
        this.traits = traits;
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
        List<Option> options = new ArrayList<>();
        for (KvSlot slot : slots) {
            if (slot.isFree()) {
                options.add(option(slot, wanted, source, most));
            }
        }
        return options.stream()
                .max(Comparator.comparingDouble(Option::value)
                        .thenComparingLong(option -> -option.slot().lastUse())
                        .thenComparingInt(option -> -option.slot().id()))
                .map(Option::placement);
    }

    /** What it is worth to put a prompt into a free slot, there where it goes on or with a copy of {@code source}. */
    private Option option(KvSlot slot, Wanted wanted, KvSlot source, int most) {
        int own = match(slot, wanted);
        boolean copy = traits.canRewind() && slot != source && most - traits.copyTokens() > own;
        double won = copy ? most - traits.copyTokens() : own;
        double lost = lost(slot, wanted) * slot.chance(clock, slots.size());
        int passes = passesWith(slot, wanted.scope().adapters());
        return new Option(
                slot,
                copy ? new Placement(slot.id(), most, source.id()) : new Placement(slot.id(), own, -1),
                won - lost - (double) passes * PASS_TOKENS);
    }

    /** Tokens that nobody could take from anywhere any more, once a prompt has overwritten a slot. */
    private int lost(KvSlot slot, Wanted wanted) {
        int kept = slot.match(wanted.prompt(), wanted.scope());
        if (slot.goesOn(kept) && (traits.canRewind() || kept == slot.length())) {
            return 0;
        }
        if (traits.canRewind()) {
            for (int other = 0; other < shared.length; other++) {
                kept = Math.max(kept, other == slot.id() ? 0 : shared[slot.id()][other]);
            }
        }
        return traits.canRewind() ? Math.max(0, slot.length() - kept) : slot.length();
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
     * Passes over the weights that a step takes if this slot is used too: one for each group of neighbours among those
     * that are computed with the same adapters, as others take no part in it.
     */
    private int passesWith(KvSlot candidate, List<AdapterScale> adapters) {
        int passes = 0;
        int previous = -1;
        for (KvSlot slot : slots) {
            boolean used = !slot.isFree() && slot.scope().adapters().equals(adapters);
            if (used || slot == candidate) {
                passes += previous < 0 || slot.id() - previous - 1 > traits.padding() ? 1 : 0;
                previous = slot.id();
            }
        }
        return passes;
    }

    /** How much of what a slot holds the prompt can go on from. */
    private int match(KvSlot slot, Wanted wanted) {
        int match = slot.match(wanted.prompt(), wanted.scope());
        if (wanted.exact()) {
            match = Math.min(match, slot.exact(traits.chunk())) / traits.chunk() * traits.chunk();
        }
        boolean whole = slot.isFree() && match == slot.length();
        return traits.canRewind() || whole ? match : 0;
    }

    /** Gives a slot, as it was chosen by {@link #place}, to a sequence. */
    void occupy(Placement place, Sequence owner) {
        KvSlot slot = slots.get(place.slot());
        if (!slot.isFree()) {
            throw new AssertionError("slot %d has an owner".formatted(place.slot()));
        }
        KvSlot from = place.copyFrom() >= 0 ? slots.get(place.copyFrom()) : slot;
        clock++;
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
     * if the slot is free and holds nothing.
     */
    boolean canPad(int id) {
        KvSlot slot = slots.get(id);
        boolean traceless = traits.canRewind() || (slot.isFree() && slot.length() == 0);
        return traceless && slot.length() < traits.contextTokens();
    }

    /** Tokens that a slot holds. */
    int length(int id) {
        return slots.get(id).length();
    }
}
