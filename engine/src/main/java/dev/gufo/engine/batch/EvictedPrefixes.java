package dev.gufo.engine.batch;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * What was known of computed prompts and is lost, to tell a request why it is computed: of the last ones a hash of each
 * {@value #STRIDE} tokens. Belongs to the engine thread.
 */
final class EvictedPrefixes {
    private static final int STRIDE = 64;
    private static final int MOST = 1_024;

    private final Deque<Lost> lost = new ArrayDeque<>();

    private record Lost(KvScope scope, long[] hashes) {
        private int common(KvScope other, long[] hashesOfOther) {
            int mismatch = scope.equals(other) ? Arrays.mismatch(hashes, hashesOfOther) : 0;
            return mismatch < 0 ? hashes.length : mismatch;
        }
    }

    /** Notes that a state is not kept any more, or may not be. */
    void add(KvScope scope, int[] tokens, int length) {
        if (length >= STRIDE) {
            lost.addLast(new Lost(scope, hashes(tokens, length)));
        }
        if (lost.size() > MOST) {
            lost.removeFirst();
        }
    }

    /** How much of a prompt was there once, down to a multiple of {@value #STRIDE}. */
    int common(KvScope scope, int[] prompt) {
        if (lost.isEmpty()) {
            return 0;
        }
        long[] hashes = hashes(prompt, prompt.length);
        return lost.stream().mapToInt(one -> one.common(scope, hashes)).max().orElse(0) * STRIDE;
    }

    private static long[] hashes(int[] tokens, int length) {
        long[] hashes = new long[length / STRIDE];
        long hash = 0;
        for (int i = 0; i < hashes.length * STRIDE; i++) {
            hash = (hash ^ tokens[i]) * 0x9E3779B97F4A7C15L; // the golden ratio: every bit of it counts
            hash ^= hash >>> 32;
            hashes[i / STRIDE] = hash;
        }
        return hashes;
    }
}
