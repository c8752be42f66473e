package dev.gufo.engine.batch;

import dev.gufo.engine.AdapterScale;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Which slot a new prompt should take, and what it goes on from there.
 *
 * <p>A placement is chosen by its value, counted in tokens of prefill: what the prompt need not compute, less the copy
 * that this takes, less what is overwritten and would have been asked for again. So a short prompt, such as an agent's
 * side request, takes an empty slot or another short one, and never the state of a long conversation that is in use.
 *
 * <p>Changes nothing. Belongs to the engine thread.
 */
final class SlotChoice {
    /**
     * A pass over the weights more in each step of an answer, as many tokens of prefill: some hundred steps, each worth
     * a few tokens.
     */
    private static final int PASS_TOKENS = 1_024;

    /** A padding token more in each step of an answer: a large GPU computes some sixteen in the time of a pass. */
    private static final int PADDING_TOKENS = 64;

    /** @param value in tokens of prefill; less than 0 if more is lost than won */
    private record Option(KvSlot slot, KvSlots.Placement placement, double value) {}

    /**
     * What steps will be like.
     *
     * @param passes over the weights: one for each group of neighbours
     * @param paddings tokens that make neighbours of slots with a gap between them
     */
    private record Steps(int passes, int paddings) {}

    private final KvSlots slots;
    private final PrefixStore store;
    private final KvSlots.Traits traits;

    SlotChoice(KvSlots slots, PrefixStore store) {
        this.slots = slots;
        this.store = store;
        this.traits = slots.traits();
    }

    /**
     * The free slot that is worth most to a prompt; of equals the one that was used least recently.
     *
     * @return empty if no slot is free
     */
    Optional<KvSlots.Placement> place(ScopedPrompt prompt) {
        KvSlot source = slots.get(0);
        int most = 0;
        for (KvSlot slot : slots.all()) {
            int match = slots.matchOfCopy(slot, prompt);
            if (match > most) {
                source = slot;
                most = match;
            }
        }
        Optional<PrefixStore.Kept> stored = store.best(one -> slots.match(one, prompt));
        List<Option> options = new ArrayList<>();
        for (KvSlot slot : slots.all()) {
            if (slot.isFree()) {
                options.add(option(slot, prompt, source, most, stored));
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
    private Option option(
            KvSlot slot, ScopedPrompt prompt, KvSlot source, int most, Optional<PrefixStore.Kept> stored) {
        KvSlots.Placement best = new KvSlots.Placement(slot.id(), slots.match(slot, prompt), -1);
        int won = best.cached();
        int copy = traits.pooled() ? 0 : traits.copyTokens();
        if (slot != source && most - copy > won) {
            best = new KvSlots.Placement(slot.id(), most, source.id());
            won = most - copy;
        }
        int restored = stored.map(one -> slots.match(one.slot(), prompt)).orElse(0);
        if (restored - traits.copyTokens() > won) {
            best = new KvSlots.Placement(slot.id(), restored, -1, stored);
            won = restored - traits.copyTokens();
        }
        double lost = price(slot, prompt) * slot.chance(slots.clock(), slots.count());
        Steps steps = stepsWith(slot, prompt.scope().adapters());
        double slower = (double) steps.passes() * PASS_TOKENS + (double) steps.paddings() * PADDING_TOKENS;
        return new Option(slot, best, won - lost - slower);
    }

    /**
     * Tokens that would be kept nowhere any more, once a prompt has overwritten a slot; where they go to main memory,
     * what it costs to have them there and back.
     */
    private int price(KvSlot slot, ScopedPrompt prompt) {
        int lost = overwritten(slot, prompt);
        return store.isOn() ? Math.min(lost, 2 * traits.copyTokens()) : lost;
    }

    /** Tokens of a slot that are nowhere else, and are not where a prompt goes on. */
    private int overwritten(KvSlot slot, ScopedPrompt prompt) {
        int kept = slot.match(prompt.tokens(), prompt.scope());
        if (slot.goesOn(traits.canRewind() ? kept : slots.match(slot, prompt))) {
            return 0;
        }
        if (traits.canRewind()) {
            kept = Math.max(kept, slots.elsewhere(slot));
            kept = Math.max(kept, store.most(slot::common));
        }
        return traits.canRewind() ? Math.max(0, slot.length() - kept) : slot.length();
    }

    /**
     * The free slot whose state is to be evicted next: what is least likely to be asked for again.
     *
     * @param frees whether anything is won by it
     */
    Optional<KvSlot> leastWanted(Predicate<KvSlot> frees) {
        return slots.all().stream()
                .filter(slot -> slot.isFree() && frees.test(slot))
                .min(Comparator.comparingDouble(slot -> slot.chance(slots.clock(), slots.count())));
    }

    /** Tokens of a free slot that would be nowhere else if it is evicted; 0 where nothing is kept in main memory. */
    int lost(KvSlot slot) {
        int kept = traits.canRewind() ? Math.max(slots.elsewhere(slot), store.most(slot::common)) : 0;
        return store.isOn() ? slot.length() - kept : 0;
    }

    /**
     * Tokens of a slot that would be nowhere else once a prompt has taken its place; 0 where nothing is kept in main
     * memory.
     *
     * @param place where the prompt goes
     */
    int lost(KvSlots.Placement place, ScopedPrompt prompt) {
        return store.isOn() ? overwritten(slots.get(place.slot()), prompt) : 0;
    }

    /**
     * Of steps in which this slot is used too, among those that are computed with the same adapters: others take no
     * part in it.
     */
    private Steps stepsWith(KvSlot candidate, List<AdapterScale> adapters) {
        if (traits.pooled()) {
            return new Steps(1, 0);
        }
        int passes = 0;
        int paddings = 0;
        int previous = -1;
        for (KvSlot slot : slots.all()) {
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
}
