package dev.gufo.grammar;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntFunction;

/**
 * The tokens of a vocabulary by their bytes. Immutable. Nodes stand in the order of a walk in depth, so that a walk
 * goes through memory once and leaves out a subtree by a jump.
 */
public final class TokenTrie {
    private final byte[] labels;
    private final int[] depths;
    private final int[] subtreeEnds;

    /** Of node n the tokens {@code tokens[firstTokens[n]]} to before {@code tokens[firstTokens[n + 1]]} end there. */
    private final int[] firstTokens;

    private final int[] tokens;
    private final int depth;

    private TokenTrie(byte[] labels, int[] depths, int[] subtreeEnds, int[] firstTokens, int[] tokens, int depth) {
        this.labels = labels;
        this.depths = depths;
        this.subtreeEnds = subtreeEnds;
        this.firstTokens = firstTokens;
        this.tokens = tokens;
        this.depth = depth;
    }

    /**
     * The trie of a vocabulary.
     *
     * @param size number of tokens; ids are 0 to {@code size} - 1
     * @param pieces the bytes of each token; a token without bytes is left out
     */
    public static TokenTrie of(int size, IntFunction<byte[]> pieces) {
        byte[][] bytes = new byte[size][];
        Integer[] order = new Integer[size];
        int nonEmpty = 0;
        long total = 0;
        for (int id = 0; id < size; id++) {
            bytes[id] = pieces.apply(id);
            total += bytes[id].length;
            if (bytes[id].length > 0) {
                order[nonEmpty++] = id;
            }
        }
        if (total >= Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("the tokens have %d bytes together".formatted(total));
        }
        Arrays.sort(order, 0, nonEmpty, (a, b) -> Arrays.compareUnsigned(bytes[a], bytes[b]));
        return new Builder((int) total, nonEmpty).build(bytes, order);
    }

    /** The ids of all tokens that lead from {@code state} to a live state. */
    BitSet allowed(StateSpace space, State state, Budget budget) {
        BitSet allowed = new BitSet();
        Network network = space.network();
        State[] path = new State[depth + 1];
        path[0] = state;
        for (int node = 0; node < labels.length; ) {
            int depth = depths[node];
            State next = space.next(path[depth - 1], network.classOf(labels[node]), budget);
            if (next == State.DEAD) {
                node = subtreeEnds[node];
                continue;
            }
            path[depth] = next;
            for (int i = firstTokens[node]; i < firstTokens[node + 1]; i++) {
                allowed.set(tokens[i]);
            }
            node++;
        }
        return allowed;
    }

    /**
     * The longest token that {@code text} has at {@code from}.
     *
     * @param without ids that don't count
     * @return its id, the smallest one if several have these bytes; -1 if there is none
     */
    public int longest(byte[] text, int from, BitSet without) {
        int found = -1;
        int node = 0;
        int end = labels.length;
        for (int place = from; place < text.length && node < end; place++) {
            while (node < end && labels[node] != text[place]) {
                node = subtreeEnds[node];
            }
            if (node < end) {
                for (int i = firstTokens[node + 1] - 1; i >= firstTokens[node]; i--) {
                    found = without.get(tokens[i]) ? found : tokens[i];
                }
                end = subtreeEnds[node];
                node++;
            }
        }
        return found;
    }

    /** Appends nodes for tokens in the order of their bytes. */
    private static final class Builder {
        private final byte[] labels;
        private final int[] depths;
        private final int[] subtreeEnds;
        private final int[] firstTokens;
        private final int[] tokens;
        private int[] path = new int[16];
        private int nodes;

        Builder(int mostNodes, int tokens) {
            this.labels = new byte[mostNodes];
            this.depths = new int[mostNodes];
            this.subtreeEnds = new int[mostNodes];
            this.firstTokens = new int[mostNodes + 1];
            this.tokens = new int[tokens];
        }

        TokenTrie build(byte[][] bytes, Integer[] order) {
            byte[] previous = {};
            int deepest = 0;
            for (int i = 0; i < tokens.length; i++) {
                byte[] piece = bytes[order[i]];
                int shared = Arrays.mismatch(previous, piece);
                if (shared >= 0) {
                    close(shared, previous.length);
                    append(piece, shared, i);
                }
                tokens[i] = order[i];
                deepest = Math.max(deepest, piece.length);
                previous = piece;
            }
            close(0, previous.length);
            firstTokens[nodes] = tokens.length;
            return new TokenTrie(
                    Arrays.copyOf(labels, nodes),
                    Arrays.copyOf(depths, nodes),
                    Arrays.copyOf(subtreeEnds, nodes),
                    Arrays.copyOf(firstTokens, nodes + 1),
                    tokens,
                    deepest);
        }

        /** The nodes at depths above {@code from} up to {@code to} on the current path have no further children. */
        private void close(int from, int to) {
            for (int depth = from; depth < to; depth++) {
                subtreeEnds[path[depth]] = nodes;
            }
        }

        private void append(byte[] piece, int shared, int token) {
            if (piece.length > path.length) {
                path = Arrays.copyOf(path, 2 * piece.length);
            }
            for (int depth = shared; depth < piece.length; depth++) {
                path[depth] = nodes;
                labels[nodes] = piece[depth];
                depths[nodes] = depth + 1;
                firstTokens[nodes++] = token;
            }
        }
    }
}
