package dev.gufo.grammar;

import java.util.Arrays;

/**
 * A set of Unicode scalar values. Immutable. Invariant: {@link #bounds} holds first and last of each range, ascending,
 * apart, no surrogates.
 */
public final class CodePoints {
    public static final CodePoints ANY = of(new int[] {0, Character.MAX_CODE_POINT}, 2);

    private final int[] bounds;

    private CodePoints(int[] bounds) {
        this.bounds = bounds;
    }

    /**
     * The union of the ranges whose first and last values are the first {@code length} of {@code ends}; surrogates fall
     * out.
     */
    public static CodePoints of(int[] ends, int length) {
        long[] ranges = new long[length / 2];
        for (int i = 0; i < ranges.length; i++) {
            ranges[i] = ((long) ends[2 * i] << 32) | ends[2 * i + 1];
        }
        Arrays.sort(ranges);
        int[] merged = new int[length];
        int size = 0;
        for (long range : ranges) {
            int first = (int) (range >>> 32);
            int last = (int) range;
            if (size > 0 && first <= merged[size - 1] + 1) {
                merged[size - 1] = Math.max(merged[size - 1], last);
            } else {
                merged[size++] = first;
                merged[size++] = last;
            }
        }
        return withoutSurrogates(merged, size);
    }

    /** All scalar values that are not in this set. */
    public CodePoints complement() {
        int[] gaps = new int[bounds.length + 2];
        int size = 0;
        int next = 0;
        for (int i = 0; i < bounds.length; i += 2) {
            if (bounds[i] > next) {
                gaps[size++] = next;
                gaps[size++] = bounds[i] - 1;
            }
            next = bounds[i + 1] + 1;
        }
        if (next <= Character.MAX_CODE_POINT) {
            gaps[size++] = next;
            gaps[size++] = Character.MAX_CODE_POINT;
        }
        return withoutSurrogates(gaps, size);
    }

    private static CodePoints withoutSurrogates(int[] ranges, int length) {
        int[] kept = new int[length + 2];
        int size = 0;
        for (int i = 0; i < length; i += 2) {
            int first = ranges[i];
            int last = ranges[i + 1];
            if (first < Character.MIN_SURROGATE) {
                kept[size++] = first;
                kept[size++] = Math.min(last, Character.MIN_SURROGATE - 1);
            }
            if (last > Character.MAX_SURROGATE) {
                kept[size++] = Math.max(first, Character.MAX_SURROGATE + 1);
                kept[size++] = last;
            }
        }
        return new CodePoints(Arrays.copyOf(kept, size));
    }

    public int ranges() {
        return bounds.length / 2;
    }

    public int first(int range) {
        return bounds[2 * range];
    }

    public int last(int range) {
        return bounds[2 * range + 1];
    }

    /** Whether every member is one byte in UTF-8. */
    boolean isAscii() {
        return bounds.length == 0 || bounds[bounds.length - 1] < 0x80;
    }
}
