package dev.gufo.grammar;

/** A set of numbers other than 0, by open addressing. */
final class LongSet {
    private long[] slots = new long[8];
    private int size;

    /** Adds {@code value}; false if it was there. */
    boolean add(long value) {
        int slot = slot(slots, value);
        if (slots[slot] != 0) {
            return false;
        }
        slots[slot] = value;
        if (++size * 2 > slots.length) {
            grow();
        }
        return true;
    }

    private void grow() {
        long[] larger = new long[2 * slots.length];
        for (long value : slots) {
            if (value != 0) {
                larger[slot(larger, value)] = value;
            }
        }
        slots = larger;
    }

    /** Where {@code value} is or belongs. */
    private static int slot(long[] slots, long value) {
        long mixed = value * 0x9E3779B97F4A7C15L;
        int slot = (int) (mixed >>> 32) & (slots.length - 1);
        while (slots[slot] != 0 && slots[slot] != value) {
            slot = (slot + 1) & (slots.length - 1);
        }
        return slot;
    }
}
