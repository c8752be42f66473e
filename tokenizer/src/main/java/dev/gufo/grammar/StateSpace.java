package dev.gufo.grammar;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The states of one grammar that were met so far, for all its matchers. When too much is remembered everything is
 * forgotten at once and a new generation begins; matchers keep their own states, and each has to prove once per
 * generation that these are not too large. So a grammar holds at most {@link GrammarLimits.Matching#cachedCells} words
 * and each of its matchers {@link GrammarLimits.Matching#retainedCells} more.
 *
 * <p>What is written is guarded by this object's monitor.
 */
final class StateSpace {
    private record MaskKey(State state, TokenTrie trie) {}

    private final Network network;
    private final GrammarLimits limits;
    private final StackTable stacks = new StackTable();
    private final Map<Key, State> byKernel = new HashMap<>();
    private final Map<Key, State> byContent = new HashMap<>();

    /**
     * States that remember where bytes lead, of earlier generations too: they have to be told when all is forgotten.
     */
    private final List<State> remembering = new ArrayList<>();

    private final Map<MaskKey, BitSet> masks = new LinkedHashMap<>(16, 0.75f, true);
    private final OpenStack[] entered;
    private final State start;
    private int cells;
    private int maskCells;
    private volatile int generation;

    StateSpace(Network network, GrammarLimits limits) {
        this.network = network;
        this.limits = limits;
        this.entered = new OpenStack[network.rules()];
        Stack bottom = new Stack(stacks.newId(), 1);
        bottom.push(Network.ACCEPT, bottom);
        int[] places = {network.start(network.root())};
        this.start = unique(Closure.of(
                network, stacks, limits, new Budget(limits.matching().pieceWork()), entered, places, new Stack[] {bottom
                }));
    }

    Network network() {
        return network;
    }

    GrammarLimits limits() {
        return limits;
    }

    /** The state of the empty text. */
    State start() {
        return start;
    }

    /** Changes whenever everything was forgotten. */
    int generation() {
        return generation;
    }

    /** Where a byte of {@code byteClass} leads from {@code state}; {@link State#DEAD} if nowhere. Any thread. */
    State next(State state, int byteClass, Budget budget) {
        State known = state.next(byteClass);
        return known != null ? known : find(state, byteClass, budget);
    }

    private synchronized State find(State state, int byteClass, Budget budget) {
        if (cells + stacks.cells() > limits.matching().cachedCells()) {
            forget();
        }
        State next = read(state, network.byteOf(byteClass), budget);
        if (state.remember(byteClass, next, network.classes())) {
            remembering.add(state);
            cells += network.classes() / 2;
        }
        return next;
    }

    private State read(State state, int b, Budget budget) {
        int[] places = new int[4];
        Stack[] below = new Stack[4];
        long[] words = new long[4];
        int size = 0;
        LongSet known = new LongSet();
        for (int i = 0; i < state.size(); i++) {
            int place = state.place(i);
            for (int t = network.firstTransition(place); t < network.firstTransition(place + 1); t++) {
                budget.spend();
                int label = network.label(t);
                if (Network.isCall(label)
                        || !Network.passes(label, b)
                        || !known.add(state.stack(i).with(network.target(t)))) {
                    continue;
                }
                if (size == places.length) {
                    places = Arrays.copyOf(places, 2 * size);
                    below = Arrays.copyOf(below, 2 * size);
                    words = Arrays.copyOf(words, 2 * size);
                }
                places[size] = network.target(t);
                below[size] = state.stack(i);
                words[size++] = state.stack(i).with(network.target(t));
            }
        }
        return size == 0 ? State.DEAD : closed(sortedKey(words, size), Arrays.copyOf(places, size), below, budget);
    }

    private State closed(Key kernel, int[] places, Stack[] below, Budget budget) {
        State known = byKernel.get(kernel);
        if (known == null) {
            known = unique(Closure.of(network, stacks, limits, budget, entered, places, below));
            byKernel.put(kernel, known);
            cells += 8 + kernel.length();
        }
        return known;
    }

    /** {@code state}, or the one of this generation that equals it. */
    private State unique(State state) {
        long[] words = new long[state.size() + 1];
        words[state.size()] = state.isComplete() ? -1 : 0;
        for (int i = 0; i < state.size(); i++) {
            words[i] = state.stack(i).with(state.place(i));
        }
        State known = byContent.putIfAbsent(sortedKey(words, words.length), state);
        if (known != null) {
            return known;
        }
        cells += 16 + 2 * state.size();
        return state;
    }

    private static Key sortedKey(long[] words, int size) {
        long[] sorted = Arrays.copyOf(words, size);
        Arrays.sort(sorted);
        return new Key(sorted);
    }

    /** Words of about 16 bytes that are remembered. Any thread. */
    synchronized int rememberedCells() {
        return cells + stacks.cells() + maskCells;
    }

    /** Forgets all states and masks; matchers keep those they are in. Any thread. */
    synchronized void forget() {
        remembering.forEach(State::forget);
        remembering.clear();
        byKernel.clear();
        byContent.clear();
        masks.clear();
        stacks.clear();
        cells = 0;
        maskCells = 0;
        generation++;
    }

    /** The tokens allowed in {@code state}, if remembered; not to be changed. */
    synchronized @Nullable BitSet mask(State state, TokenTrie trie) {
        return masks.get(new MaskKey(state, trie));
    }

    synchronized void rememberMask(State state, TokenTrie trie, BitSet mask) {
        masks.put(new MaskKey(state, trie), mask);
        maskCells += cells(mask);
        if (masks.size() > limits.matching().cachedMasks()) {
            maskCells -=
                    cells(requireNonNull(masks.remove(masks.keySet().iterator().next())));
        }
    }

    private static int cells(BitSet mask) {
        return 8 + mask.size() / (2 * Long.SIZE);
    }

    /** Throws {@link GrammarTooCostly} if the stacks of {@code state} hold more than a matcher may. */
    void requireRetainable(State state) {
        Set<Stack> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Stack> pending = new ArrayDeque<>();
        long retained = 0;
        for (int i = 0; i < state.size(); i++) {
            if (seen.add(state.stack(i))) {
                pending.push(state.stack(i));
            }
        }
        while (!pending.isEmpty()) {
            Stack stack = pending.pop();
            retained += 8 + 2L * stack.size();
            if (retained > limits.matching().retainedCells()) {
                throw new GrammarTooCostly("the text nests too deeply to be remembered");
            }
            for (int i = 0; i < stack.size(); i++) {
                if (seen.add(stack.below(i))) {
                    pending.push(stack.below(i));
                }
            }
        }
    }
}
