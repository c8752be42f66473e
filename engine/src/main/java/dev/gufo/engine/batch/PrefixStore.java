package dev.gufo.engine.batch;

import dev.gufo.engine.llama.SequenceState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/**
 * The prefix cache behind the slots: states that no slot has room for, in main memory, and the checkpoints of those
 * that slots hold. When it is full, what is least likely to be asked for again, for its size, is evicted. Where there
 * is a {@link DiskStore}, what comes here is written there in the background, so that it can be evicted; what the disk
 * was too slow for is lost then.
 *
 * <p>Belongs to the engine thread. What is being written is held by the disk's thread as well, and counts until that is
 * done.
 */
final class PrefixStore implements AutoCloseable {
    private final long mostBytes;
    private final List<KvSlot> slots;
    private final EvictedPrefixes evicted;
    private final Optional<DiskStore> disk;
    private final List<Kept> kept = new ArrayList<>();
    private final Map<Kept, DiskStore.Writing> writings = new HashMap<>(); // until they have ended
    private final Map<String, DiskStore.Reading> readings = new LinkedHashMap<>();
    private Optional<Kept> held = Optional.empty();

    /**
     * One state.
     *
     * @param slot what is known of it, as of a slot
     * @param state the whole of it
     * @param fromDisk whether it came from there
     */
    record Kept(KvSlot slot, SequenceState state, boolean fromDisk) {
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
     * @param disk what is below
     * @param slots whose checkpoints count, and whose record of what was evicted is kept here too
     */
    PrefixStore(long mostBytes, Optional<DiskStore> disk, KvSlots slots) {
        this.mostBytes = mostBytes;
        this.disk = disk;
        this.slots = slots.all();
        this.evicted = slots.evicted();
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

    /** Evicting one that is being written right now gives no room yet. */
    private boolean isIdle(Kept one) {
        DiskStore.Writing writing = writings.get(one);
        return writing == null || !writing.isRunning();
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
                    .filter(this::isIdle)
                    .min(Comparator.comparingDouble(one ->
                            one.slot().chance(now, slots.size()) * one.slot().length() / one.bytes()));
            if (least.isEmpty()) {
                return false;
            }
            least.get().slot().tell(evicted);
            evict(least.get());
        }
        return true;
    }

    /**
     * Keeps a state, for which there is room.
     *
     * @param replaced those that are not needed beside it
     */
    void add(Kept one, Predicate<KvSlot> replaced) {
        evictable().filter(other -> replaced.test(other.slot())).toList().forEach(this::evict);
        kept.add(one);
        writings.entrySet().removeIf(before -> before.getValue().isOver() && !kept.contains(before.getKey()));
        if (!one.fromDisk()) {
            disk.flatMap(below -> below.write(
                            one.slot().saved(one.state()), one.slot().scope()))
                    .ifPresent(writing -> writings.put(one, writing));
        }
    }

    /**
     * Lets a state come up from disk, if that has enough of a prompt.
     *
     * @param least tokens that it must have
     * @param canRewind whether states can be cut anywhere
     * @param now requests that got a slot so far
     * @return what the prompt should wait for
     */
    Optional<DiskStore.Reading> read(int[] prompt, KvScope scope, int least, boolean canRewind, long now) {
        if (disk.isEmpty()) {
            return Optional.empty();
        }
        Optional<DiskStore.Found> found =
                disk.get().find(prompt, scope, canRewind).filter(one -> one.tokens() >= least);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        DiskStore.Reading running = readings.get(found.get().name());
        if (running != null) {
            return Optional.of(running);
        }
        long bytes = found.get().head().stateBytes();
        if (!makeRoom(bytes, now)) {
            return bytes > mostBytes
                    ? Optional.empty()
                    : writings.values().stream()
                            .filter(DiskStore.Writing::isRunning)
                            .findAny()
                            .map(writing -> writing.before(found.get(), scope));
        }
        DiskStore.Reading begun = disk.get().read(found.get(), scope);
        readings.put(begun.name(), begun);
        return Optional.of(begun);
    }

    /** Waits until something has come up from disk, or room for it is there, but not longer. */
    void awaitDisk(Duration most) {
        CompletableFuture<?>[] ends = Stream.concat(
                        readings.values().stream().map(DiskStore.Reading::result),
                        writings.values().stream()
                                .filter(DiskStore.Writing::isRunning)
                                .map(DiskStore.Writing::end))
                .toArray(CompletableFuture<?>[]::new);
        if (ends.length > 0) {
            CompletableFuture.anyOf(ends)
                    .completeOnTimeout("", most.toNanos(), TimeUnit.NANOSECONDS)
                    .join();
        }
    }

    /** Takes what has come up from disk. */
    void takeRead(long now) {
        for (DiskStore.Reading one : List.copyOf(readings.values())) {
            if (one.result().isDone()) {
                readings.remove(one.name());
                one.result()
                        .join()
                        .ifPresent(
                                state -> kept.add(new Kept(KvSlot.of(state, one.scope(), now), state.whole(), true)));
            }
        }
    }

    /** Whether anything is kept when this is closed. */
    boolean isLasting() {
        return disk.isPresent();
    }

    /**
     * Frees what is on disk already, and takes the others out of its queue, so that what is more likely to be asked for
     * can go first.
     *
     * @return what is not on disk
     */
    List<Kept> unwritten() {
        for (Kept one : List.copyOf(kept)) {
            DiskStore.Writing writing = writings.get(one);
            if (one.fromDisk() || (writing != null && writing.isWritten())) {
                evict(one);
            } else if (writing != null) {
                writing.cancel();
            }
        }
        return List.copyOf(kept);
    }

    /**
     * Writes a state, whether it is kept here or not, waits for that, and frees it.
     *
     * @param most longest wait
     */
    void putAway(Kept one, Duration most) {
        disk.flatMap(below ->
                        below.write(one.slot().saved(one.state()), one.slot().scope()))
                .ifPresent(writing -> writing.await(most));
        evict(one);
    }

    /** Frees a state that a slot has now, but for the checkpoints, which have moved there. */
    void evict(Kept one) {
        kept.remove(one);
        DiskStore.Writing writing = writings.get(one);
        if (writing != null) {
            writing.cancel();
        }
        one.close();
    }

    /** What all states and checkpoints take of main memory. */
    long bytes() {
        long leaving = writings.entrySet().stream()
                .filter(one -> one.getValue().isRunning() && !kept.contains(one.getKey()))
                .mapToLong(one -> one.getValue().bytes())
                .sum();
        return leaving
                + readings.values().stream().mapToLong(DiskStore.Reading::bytes).sum()
                + kept.stream().mapToLong(Kept::bytes).sum()
                + slots.stream().mapToLong(KvSlot::checkpointBytes).sum();
    }

    /** What states and checkpoints may take of main memory. */
    long mostBytes() {
        return mostBytes;
    }

    /** What is below; empty without a disk. */
    Optional<DiskStore> disk() {
        return disk;
    }

    /** Frees everything, the checkpoints too. */
    @Override
    public void close() {
        readings.values().forEach(DiskStore.Reading::drop);
        disk.ifPresent(DiskStore::close);
        List.copyOf(kept).forEach(this::evict);
        slots.forEach(KvSlot::dropCheckpoints);
    }
}
