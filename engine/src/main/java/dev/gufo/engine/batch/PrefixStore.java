package dev.gufo.engine.batch;

import dev.gufo.engine.llama.SequenceState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/**
 * The prefix cache behind the slots: states that no slot has room for, in main memory, and the checkpoints of those
 * that slots hold. When it is full, what is least likely to be asked for again, for its size, is evicted.
 *
 * <p>Belongs to the engine thread.
 */
final class PrefixStore implements AutoCloseable {
    private final long mostBytes;
    private final List<KvSlot> slots;
    private final List<Kept> kept = new ArrayList<>();
    private Optional<Kept> held = Optional.empty();

    /**
     * One state.
     *
     * @param slot what is known of it, as of a slot
     * @param state the whole of it
     */
    record Kept(KvSlot slot, SequenceState state) {
        private long bytes() {
            return state.bytes() + slot.checkpointBytes();
        }

        private void close() {
            state.close();
            slot.clear();
        }
    }

    /**
     * @param mostBytes of main memory; 0 to keep nothing
     * @param slots whose checkpoints count
     */
    PrefixStore(long mostBytes, List<KvSlot> slots) {
        this.mostBytes = mostBytes;
        this.slots = slots;
    }

    /** Whether anything is kept at all. */
    boolean isOn() {
        return mostBytes > 0;
    }

    /**
     * The state that serves a prompt best.
     *
     * @param match how many of the prompt's tokens one serves
     * @return empty if none serves any
     */
    Optional<Kept> best(ToIntFunction<KvSlot> match) {
        return kept.stream()
                .filter(one -> match.applyAsInt(one.slot()) > 0)
                .max(Comparator.comparingInt(one -> match.applyAsInt(one.slot())));
    }

    /** Keeps this one from being evicted to make room, while it is brought back; empty for none. */
    void hold(Optional<Kept> one) {
        held = one;
    }

    private Stream<Kept> evictable() {
        return kept.stream().filter(one -> !held.equals(Optional.of(one)));
    }

    /** The longest of some measure over all states that are kept; 0 if there is none. */
    int most(ToIntFunction<KvSlot> measure) {
        return kept.stream()
                .mapToInt(one -> measure.applyAsInt(one.slot()))
                .max()
                .orElse(0);
    }

    /**
     * Makes room by evicting what is worth least.
     *
     * @param now requests that got a slot so far
     * @return whether there is room
     */
    boolean makeRoom(long more, long now) {
        if (more > mostBytes) {
            return false;
        }
        while (bytes() + more > mostBytes) {
            Optional<Kept> least = evictable()
                    .min(Comparator.comparingDouble(one ->
                            one.slot().chance(now, slots.size()) * one.slot().length() / one.bytes()));
            if (least.isEmpty()) {
                return false;
            }
            evict(least.get());
        }
        return true;
    }

    /**
     * Keeps a state, for which there is room.
     *
     * @param replaced those that nobody needs beside it
     */
    void add(Kept one, Predicate<KvSlot> replaced) {
        evictable().filter(other -> replaced.test(other.slot())).toList().forEach(this::evict);
        kept.add(one);
    }

    /** Frees a state that a slot has now, but for the checkpoints, which have moved there. */
    void evict(Kept one) {
        kept.remove(one);
        one.close();
    }

    /** What all states and checkpoints take of main memory. */
    long bytes() {
        return kept.stream().mapToLong(Kept::bytes).sum()
                + slots.stream().mapToLong(KvSlot::checkpointBytes).sum();
    }

    /** Frees everything, the checkpoints too. */
    @Override
    public void close() {
        List.copyOf(kept).forEach(this::evict);
        slots.forEach(KvSlot::dropCheckpoints);
    }
}
