package dev.gufo.engine.batch;

import dev.gufo.engine.Reuse;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;

/**
 * Why a prompt reuses as much as it does: compared with all that slots and main memory have, with what they have of
 * other adapters, and with what was evicted. Never with other scopes.
 *
 * <p>Changes nothing. Belongs to the engine thread.
 */
final class ReuseReasons {
    private final KvSlots slots;
    private final PrefixStore store;

    ReuseReasons(KvSlots slots, PrefixStore store) {
        this.slots = slots;
        this.store = store;
    }

    /**
     * Explains what a prompt reuses, before its place is overwritten.
     *
     * @param place where it goes
     * @param used whether the request may use what is there
     * @return to be told how many tokens came of it
     */
    IntFunction<Reuse> explain(KvSlots.Placement place, ScopedPrompt prompt, boolean used) {
        int same = most(slot -> slot.match(prompt.tokens(), prompt.scope()));
        int other = most(slot -> slot.matchWithOtherAdapters(prompt.tokens(), prompt.scope()));
        int lost = slots.evicted().common(prompt.scope(), prompt.tokens());
        Reuse.Tier tier = place.restored()
                .map(kept -> kept.fromDisk() ? Reuse.Tier.DISK : Reuse.Tier.MEMORY)
                .orElse(Reuse.Tier.SLOT);
        return cached -> {
            Reuse.Stop stop;
            if (cached >= prompt.tokens().length - 1) {
                stop = Reuse.Stop.END;
            } else if (!used) {
                stop = Reuse.Stop.NOT_USED;
            } else if (same > cached) {
                stop = slots.traits().canRewind() ? Reuse.Stop.TOO_LITTLE : Reuse.Stop.NO_CHECKPOINT;
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
        return Math.max(store.most(measure), slots.most(measure));
    }
}
