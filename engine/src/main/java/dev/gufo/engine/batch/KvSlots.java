package dev.gufo.engine.batch;

import dev.gufo.engine.AdapterScale;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The prefix cache: what the KV memory of each slot holds, also after its sequence ended, and which slot a new prompt should take.
 *
 * <p>Invariant: a slot has at most one owner; a slot without one still holds the KV state of {@code tokens[0..length)}, and only
 * requests of the same scope may use it: those that may know of each other, with the same adapters.
 *
 * <p>Belongs to the engine thread.
 */
final class KvSlots {
    /** Copying a slot moves its whole buffer, which pays from about this share of it on. */
    private static final int COPY_SHARE = 64;

    private static final int LEAST_COPY = 32;

    /**
     * Where a prompt goes.
     *
     * @param slot free slot
     * @param cached tokens of the prompt that are, or after the copy will be, computed there
     * @param copyFrom slot to copy first, or -1
     */
    record Placement(int slot, int cached, int copyFrom) {}

    private static final class Slot {
        private final int id;
        private Sequence owner;
        private int[] tokens = {};
        private int length;
        private KvScope scope = KvScope.COMMON;
        private long lastUse;

        private Slot(int id) {
            this.id = id;
        }

        /** How much of a prompt is computed here; the last token must be computed again to give logits. */
        int match(int[] prompt, KvScope promptScope) {
            if (!scope.equals(promptScope)) {
                return 0;
            }
            return common(owner == null ? tokens : owner.tokens(), owner == null ? length : owner.computed(), prompt);
        }

        /** How much of a prompt will be computed here once the owner's is. */
        int promise(int[] prompt, KvScope promptScope) {
            // A prompt that is scored is computed too slowly to be waited for.
            return owner == null || owner.isScored() || !scope.equals(promptScope)
                    ? 0
                    : common(owner.tokens(), owner.count(), prompt);
        }

        private static int common(int[] here, int length, int[] prompt) {
            int most = Math.min(length, prompt.length - 1);
            int mismatch = Arrays.mismatch(here, 0, Math.min(most, here.length), prompt, 0, most);
            return mismatch < 0 ? most : mismatch;
        }
    }

    private final List<Slot> slots = new ArrayList<>();
    private final int contextTokens;
    private final boolean canRewind;
    private final int bridge;
    private long clock;

    /**
     * @param canRewind whether the end of a slot's state can be taken back, so that a part of it can be reused
     * @param bridge free slots between two used ones that do not keep them from being computed in one pass
     */
    KvSlots(int count, int contextTokens, boolean canRewind, int bridge) {
        for (int id = 0; id < count; id++) {
            slots.add(new Slot(id));
        }
        this.contextTokens = contextTokens;
        this.canRewind = canRewind;
        this.bridge = bridge;
    }

    /**
     * The best free slot for a prompt: one that needs the fewest passes together with the used ones, and of these the one with the
     * longest prefix. A longer prefix elsewhere is copied.
     *
     * @return empty if no slot is free
     */
    Optional<Placement> place(int[] prompt, KvScope scope) {
        List<Slot> free = slots.stream().filter(slot -> slot.owner == null).toList();
        if (free.isEmpty()) {
            return Optional.empty();
        }
        int fewest = free.stream()
                .mapToInt(slot -> passesWith(slot, scope.adapters()))
                .min()
                .getAsInt();
        List<Slot> near = free.stream()
                .filter(slot -> passesWith(slot, scope.adapters()) == fewest)
                .toList();
        Slot best = longest(near, prompt, scope);
        int own = match(best, prompt, scope);
        Slot source = longest(slots, prompt, scope);
        int cached = match(source, prompt, scope);
        if (own > 0 && 2 * own >= best.length && own + leastCopy() > cached) {
            return Optional.of(new Placement(best.id, own, -1));
        }
        if (!canRewind && cached > 0) {
            return Optional.of(new Placement(source.id, cached, -1)); // a whole state of a free slot
        }
        Slot oldest = near.stream()
                .filter(slot -> cached == 0 || slot != source)
                .min(Comparator.comparingLong(slot -> slot.lastUse))
                .orElse(source);
        if (oldest != source && cached >= leastCopy()) {
            return Optional.of(new Placement(oldest.id, cached, source.id));
        }
        return Optional.of(new Placement(own > 0 ? best.id : oldest.id, own, -1));
    }

    /**
     * How much more of a prompt will be computed soon than is now: what a running sequence shares with it and is still to compute.
     *
     * @return tokens; 0 if it is too little to wait for
     */
    int promised(int[] prompt, KvScope scope) {
        if (!canRewind) {
            return 0;
        }
        int now = 0;
        int soon = 0;
        for (Slot slot : slots) {
            now = Math.max(now, slot.match(prompt, scope));
            soon = Math.max(soon, slot.promise(prompt, scope));
        }
        return soon - now >= leastCopy() ? soon - now : 0;
    }

    private Slot longest(List<Slot> among, int[] prompt, KvScope scope) {
        Slot longest = among.getFirst();
        int most = -1;
        for (Slot slot : among) {
            int match = match(slot, prompt, scope);
            if (match > most) {
                longest = slot;
                most = match;
            }
        }
        return longest;
    }

    /**
     * Passes over the weights that a step takes if this slot is used too: one for each group of neighbours among those that are computed with
     * the same adapters, as others take no part in it.
     */
    private int passesWith(Slot candidate, List<AdapterScale> adapters) {
        int passes = 0;
        int previous = -1;
        for (Slot slot : slots) {
            boolean used = slot.owner != null && slot.scope.adapters().equals(adapters);
            if (used || slot == candidate) {
                passes += previous < 0 || slot.id - previous - 1 > bridge ? 1 : 0;
                previous = slot.id;
            }
        }
        return passes;
    }

    private int match(Slot slot, int[] prompt, KvScope scope) {
        int match = slot.match(prompt, scope);
        boolean whole = slot.owner == null && match == slot.length;
        return canRewind || whole ? match : 0;
    }

    private int leastCopy() {
        return Math.max(LEAST_COPY, contextTokens / COPY_SHARE);
    }

    /** Gives a slot to a sequence. */
    void occupy(int id, Sequence owner) {
        Slot slot = slots.get(id);
        if (slot.owner != null) {
            throw new AssertionError("slot %d has an owner".formatted(id));
        }
        slot.owner = owner;
        slot.scope = KvScope.of(owner.request());
        slot.lastUse = ++clock;
    }

    /** Takes a slot back; what its owner computed stays. */
    void release(int id) {
        Slot slot = slots.get(id);
        slot.tokens = slot.owner.tokens();
        slot.length = slot.owner.computed();
        slot.owner = null;
        slot.lastUse = ++clock;
    }

    /** Notes that a slot holds nothing any more. */
    void clear(int id) {
        Slot slot = slots.get(id);
        slot.tokens = new int[0];
        slot.length = 0;
    }

    /** Notes that none holds anything any more. */
    void clear() {
        slots.forEach(slot -> clear(slot.id));
    }

    /** Slots without an owner. */
    int free() {
        return (int) slots.stream().filter(slot -> slot.owner == null).count();
    }

    /**
     * Whether a token may be put behind what a slot holds, to be taken back after the step: into a free one, and into that of a sequence which
     * the step is not about, if that leaves no trace.
     */
    boolean canFill(int id) {
        return (slots.get(id).owner == null || canRewind) && length(id) < contextTokens;
    }

    /** Tokens that a slot holds. */
    int length(int id) {
        Slot slot = slots.get(id);
        return slot.owner == null ? slot.length : slot.owner.computed();
    }
}
