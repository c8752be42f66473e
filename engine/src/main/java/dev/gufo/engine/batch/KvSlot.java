package dev.gufo.engine.batch;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.llama.SequenceState;
import java.util.Arrays;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One slot of KV memory: whose it is, what it holds, and how much is lost if that is overwritten. Belongs to the engine
 * thread.
 *
 * <p>Invariant: without an owner it holds the KV state of {@code tokens[0..length)}; with one, that of the owner's
 * computed tokens. The first {@code exact} of them were computed alone and in whole chunks, as any deterministic
 * request computes them.
 */
final class KvSlot {
    /** A template may write the end of a prompt, which opens the answer, another way once the answer is history. */
    private static final int REWRITTEN = 16;

    /**
     * When something happens to a slot.
     *
     * @param now requests that got a slot so far
     * @param halfLife requests after which a use counts half
     * @param chunk tokens in which deterministic prompts are computed
     */
    record Use(long now, int halfLife, int chunk) {}

    private static final int NO_SLOT = -1;

    private final int id;
    private @Nullable Sequence owner; // null while free
    private int[] tokens = {};
    private int length;
    private int promptLength;
    private int exact;
    private KvScope scope = KvScope.COMMON;
    private double uses; // as of lastUse
    private long lastUse;
    /** By the number of tokens before them; of a model whose states can't be cut only. */
    private NavigableMap<Integer, SequenceState> checkpoints = new TreeMap<>();

    private int firstHeld; // of a state that has left its slot

    KvSlot(int id) {
        this.id = id;
    }

    /**
     * What a free slot holds, without the slot: its checkpoints go along, and are not in the slot any more.
     *
     * @param first position of which all layers have keys and values
     */
    KvSlot moveOut(int first) {
        KvSlot moved = new KvSlot(NO_SLOT);
        moved.firstHeld = first;
        moved.tokens = Arrays.copyOf(tokens, length);
        moved.length = length;
        moved.promptLength = promptLength;
        moved.exact = exact;
        moved.scope = scope;
        moved.uses = uses;
        moved.lastUse = lastUse;
        moved.checkpoints = checkpoints;
        checkpoints = new TreeMap<>();
        return moved;
    }

    /** A state that came from the disk. */
    static KvSlot of(SavedState state, KvScope scope, long now) {
        KvSlot slot = new KvSlot(NO_SLOT);
        slot.tokens = state.tokens();
        slot.length = state.tokens().length;
        slot.promptLength = state.promptLength();
        slot.scope = scope;
        slot.firstHeld = slot.length; // the file does not say
        slot.uses = 1;
        slot.lastUse = now;
        slot.checkpoints = new TreeMap<>(state.checkpoints());
        return slot;
    }

    /** What goes to the disk, held once more. */
    SavedState saved(SequenceState whole) {
        return new SavedState(Arrays.copyOf(tokens, length), promptLength, whole, checkpoints).share();
    }

    int id() {
        return id;
    }

    boolean isFree() {
        return owner == null;
    }

    KvScope scope() {
        return scope;
    }

    long lastUse() {
        return lastUse;
    }

    /** Tokens that it holds. */
    int length() {
        return owner == null ? length : owner.computed();
    }

    /** How much of a prompt is computed here; the last token must be computed again to give logits. */
    int match(int[] prompt, KvScope promptScope) {
        return scope.equals(promptScope) ? common(content(), length(), prompt, prompt.length - 1) : 0;
    }

    /** What a prompt has in common with what is here, whatever the adapters, if those may know of each other. */
    int matchWithOtherAdapters(int[] prompt, KvScope promptScope) {
        boolean same =
                scope.name().equals(promptScope.name()) && !scope.adapters().equals(promptScope.adapters());
        return same ? common(content(), length(), prompt, prompt.length - 1) : 0;
    }

    /** Notes what will be overwritten. */
    void tell(EvictedPrefixes evicted) {
        evicted.add(scope, content(), length());
    }

    /** Whether it is a slot, and not what was in one. */
    boolean isHere() {
        return id != NO_SLOT;
    }

    /** The first position of which all layers have keys and values, of a state that has left its slot. */
    int firstHeld() {
        return firstHeld;
    }

    /** Whether this is what was known of a state in main memory which a slot has taken over. */
    boolean hasMoved() {
        return id == NO_SLOT && uses == 0;
    }

    /** The last checkpoint within so many tokens; 0 if there is none. */
    int checkpointWithin(int most) {
        Integer position = checkpoints.floorKey(most);
        return position == null ? 0 : position;
    }

    /** The state at a checkpoint, if there is one at that position. */
    Optional<SequenceState> checkpoint(int position) {
        return Optional.ofNullable(checkpoints.get(position));
    }

    void addCheckpoint(int position, SequenceState state) {
        SequenceState before = checkpoints.put(position, state);
        if (before != null) {
            before.close();
        }
    }

    /**
     * Frees the checkpoint without which least has to be computed again: the one that is nearest behind another, or the
     * beginning. The last one stays.
     *
     * @return false if there is no other
     */
    boolean dropACheckpoint() {
        if (checkpoints.size() < 2) {
            return false;
        }
        int least = 0;
        int shortest = Integer.MAX_VALUE;
        int before = 0;
        for (int position : checkpoints.headMap(checkpoints.lastKey(), false).keySet()) {
            if (position - before < shortest) {
                least = position;
                shortest = position - before;
            }
            before = position;
        }
        requireNonNull(checkpoints.remove(least)).close();
        return true;
    }

    /** Frees all checkpoints. */
    void dropCheckpoints() {
        dropCheckpointsBehind(0);
    }

    /** What its checkpoints take of main memory. */
    long checkpointBytes() {
        return checkpoints.values().stream().mapToLong(SequenceState::bytes).sum();
    }

    /** Frees the checkpoints behind a position. */
    private void dropCheckpointsBehind(int position) {
        NavigableMap<Integer, SequenceState> behind = checkpoints.tailMap(position, false);
        behind.values().forEach(SequenceState::close);
        behind.clear();
    }

    /** How many tokens at the beginning were computed alone and in whole chunks. */
    int exact(int chunk) {
        if (owner == null || !isExact(owner)) {
            return exact;
        }
        return Math.max(exact, wholeChunks(owner, chunk));
    }

    private static boolean isExact(Sequence sequence) {
        return sequence.request().deterministic() && !sequence.request().promptLogprobs();
    }

    private static int wholeChunks(Sequence sequence, int chunk) {
        int prompt = Math.min(sequence.computed(), sequence.request().prompt().length);
        return prompt / chunk * chunk;
    }

    /** How much of a deterministic prompt will be computed here, in whole chunks, once the owner's is. */
    int exactPromise(int[] prompt, KvScope promptScope, int chunk) {
        return owner == null || !isExact(owner)
                ? 0
                : Math.min(promise(prompt, promptScope), owner.request().prompt().length) / chunk * chunk;
    }

    /** How much of a prompt will be computed here once the owner's is. */
    int promise(int[] prompt, KvScope promptScope) {
        // A prompt that is scored is computed too slowly to be waited for.
        return owner == null || owner.isScored() || !scope.equals(promptScope)
                ? 0
                : common(owner.tokens(), owner.count(), prompt, prompt.length - 1);
    }

    /** How many tokens this slot and another one have, or will have once their prompts are computed, in common. */
    int common(KvSlot other) {
        return scope.equals(other.scope) ? common(content(), planned(), other.content(), other.planned()) : 0;
    }

    private static int common(int[] a, int aLength, int[] b, int bLength) {
        int most = Math.min(Math.min(aLength, a.length), Math.min(bLength, b.length));
        int mismatch = Arrays.mismatch(a, 0, most, b, 0, most);
        return mismatch < 0 ? most : mismatch;
    }

    private int[] content() {
        return owner == null ? tokens : owner.tokens();
    }

    /** Tokens that it holds, or will hold once its owner's are computed. */
    int planned() {
        return owner == null ? length : owner.count();
    }

    /**
     * Whether a prompt that shares its first {@code matching} tokens goes on from what is here. It does if it has the
     * whole prompt that this state came from: what it does not share then is of an answer that the conversation now has
     * in other words, and nobody will ask for it again.
     */
    boolean goesOn(int matching) {
        return matching > 0 && matching >= lastingPrompt(promptLength);
    }

    /**
     * How likely it is that what is here will be asked for again, 0 to 1: a use halves its weight with every
     * {@code halfLife} requests. One that was just used once is as likely to come back as not.
     */
    double chance(long now, int halfLife) {
        double weight = weight(now, halfLife);
        return weight / (1 + weight);
    }

    private double weight(long now, int halfLife) {
        return uses * Math.pow(2, -(double) (now - lastUse) / halfLife);
    }

    /**
     * Gives it to a sequence.
     *
     * @param from the slot whose state is here now: this one, or one that was copied
     * @param cached how much of it is kept
     */
    void occupy(Sequence newOwner, KvSlot from, int cached, Use use) {
        double before = 0;
        if (from.goesOn(cached)) {
            before = from.weight(use.now(), use.halfLife());
            from.uses = from.isFree() ? 0 : from.uses; // its conversation lives here now
        }
        if (from != this) {
            dropCheckpoints();
        }
        if (from.hasMoved()) {
            checkpoints = from.checkpoints; // it has moved in
            from.checkpoints = new TreeMap<>();
        }
        dropCheckpointsBehind(cached);
        exact = Math.min(from.exact(use.chunk()), cached);
        uses = before + 1;
        lastUse = use.now();
        owner = newOwner;
        scope = KvScope.of(newOwner.request());
        promptLength = newOwner.request().prompt().length;
    }

    /** How many prompt tokens from the beginning a conversation that goes on is expected to have in the same words. */
    static int lastingPrompt(int promptLength) {
        return promptLength - Math.min(REWRITTEN, promptLength / 8);
    }

    /** Takes it back; what its owner computed stays. */
    void release(Use use) {
        uses = weight(use.now(), use.halfLife());
        lastUse = use.now();
        exact = exact(use.chunk());
        tokens = requireNonNull(owner).tokens();
        length = owner.computed();
        promptLength = Math.min(promptLength, length);
        owner = null;
    }

    /** Notes that it holds nothing any more. */
    void clear() {
        tokens = new int[0];
        length = 0;
        promptLength = 0;
        exact = 0;
        uses = 0;
        dropCheckpoints();
    }
}
