package dev.gufo.grammar;

import java.util.Arrays;

/**
 * A recursive transition network over bytes. Immutable. From every state some text leads to the end of its rule. State
 * {@link #ACCEPT} belongs to no rule: to arrive there is to have matched the whole text. A transition's label is
 * {@link #EMPTY}, a range of bytes or a call of a rule.
 */
final class Network {
    static final int ACCEPT = 0;
    static final int EMPTY = -1;
    private static final int CALL = 1 << 16;

    private final int[] offsets;
    private final int[] labels;
    private final int[] targets;
    private final int[] starts;
    private final int root;
    private final boolean[] ends;
    private final boolean[] last;
    private final byte[] classOfByte = new byte[256];
    private final int[] byteOfClass;

    Network(int[] offsets, int[] labels, int[] targets, int[] starts, int[] endOfRule, int root) {
        this.offsets = offsets;
        this.labels = labels;
        this.targets = targets;
        this.starts = starts;
        this.root = root;
        this.ends = new boolean[offsets.length - 1];
        for (int end : endOfRule) {
            ends[end] = true;
        }
        this.last = ends.clone();
        findLast(endOfRule);
        this.byteOfClass = findClasses();
    }

    /** What it takes in memory, about. */
    long bytes() {
        return 4L * (offsets.length + labels.length + targets.length + starts.length) + 2L * ends.length + 1_024;
    }

    static int bytes(int first, int last) {
        return (last << 8) | first;
    }

    static int call(int rule) {
        return CALL + rule;
    }

    static boolean isCall(int label) {
        return label >= CALL;
    }

    static int rule(int label) {
        return label - CALL;
    }

    /** Whether the byte {@code b}, 0 to 255, passes a label that is no call. */
    static boolean passes(int label, int b) {
        return label != EMPTY && first(label) <= b && b <= last(label);
    }

    /** The first byte of a range, 0 to 255. */
    static int first(int label) {
        return label & 0xFF;
    }

    /** The last byte of a range, 0 to 255. */
    static int last(int label) {
        return label >> 8;
    }

    int root() {
        return root;
    }

    int rules() {
        return starts.length;
    }

    int start(int rule) {
        return starts[rule];
    }

    /** The first of the state's transitions; they end before the first one of the next state. */
    int firstTransition(int state) {
        return offsets[state];
    }

    int label(int transition) {
        return labels[transition];
    }

    int target(int transition) {
        return targets[transition];
    }

    /** Whether a rule is matched once this state is reached. */
    boolean isEnd(int state) {
        return ends[state];
    }

    /** Whether nothing but the end of the rule can follow: a call that returns here need not be returned from. */
    boolean isLast(int state) {
        return last[state];
    }

    /** Bytes of one class, 0 to {@link #classes} - 1, pass the same transitions. */
    int classOf(byte b) {
        return classOfByte[b & 0xFF] & 0xFF;
    }

    int classes() {
        return byteOfClass.length;
    }

    /** One byte of the class, 0 to 255. */
    int byteOf(int byteClass) {
        return byteOfClass[byteClass];
    }

    /** Backwards from the ends: a state is last if all its transitions are empty and lead to last states. */
    private void findLast(int[] endOfRule) {
        int states = offsets.length - 1;
        int[] open = new int[states];
        int[] waiting = new int[states];
        int[] nextWaiting = new int[labels.length];
        for (int state = 0; state < states; state++) {
            open[state] = offsets[state + 1] - offsets[state];
            for (int i = offsets[state]; i < offsets[state + 1]; i++) {
                nextWaiting[i] = waiting[targets[i]];
                waiting[targets[i]] = i + 1; // 0 is none
            }
        }
        int[] sources = new int[labels.length];
        for (int state = 0; state < states; state++) {
            for (int i = offsets[state]; i < offsets[state + 1]; i++) {
                sources[i] = state;
            }
        }
        int[] queue = new int[states];
        int queued = endOfRule.length;
        System.arraycopy(endOfRule, 0, queue, 0, queued);
        for (int i = 0; i < queued; i++) {
            for (int entry = waiting[queue[i]]; entry > 0; entry = nextWaiting[entry - 1]) {
                int source = sources[entry - 1];
                if (labels[entry - 1] == EMPTY && --open[source] == 0 && !last[source]) {
                    last[source] = true;
                    queue[queued++] = source;
                }
            }
        }
    }

    private int[] findClasses() {
        boolean[] begins = new boolean[257];
        begins[0] = true;
        for (int label : labels) {
            if (label != EMPTY && !isCall(label)) {
                begins[label & 0xFF] = true;
                begins[(label >> 8) + 1] = true;
            }
        }
        int[] representatives = new int[256];
        int classes = 0;
        for (int b = 0; b < 256; b++) {
            if (begins[b]) {
                representatives[classes++] = b;
            }
            classOfByte[b] = (byte) (classes - 1);
        }
        return Arrays.copyOf(representatives, classes);
    }
}
