package dev.gufo.engine.batch;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;

/**
 * Where an answer in JSON puts whitespace, as far as it has come: it mostly goes on in the same way. Until something
 * was seen, a space is taken to stand behind colons and commas.
 *
 * <p>Belongs to the engine thread.
 */
final class JsonSpacing {
    private static final String MARKS = ":,{[";
    private static final String WHITESPACE = " \n\t\r";

    private final byte[] behind = new byte[MARKS.length()]; // by mark: what stood there; 0 for no whitespace
    private byte beforeLast;
    private byte last;

    JsonSpacing() {
        Arrays.fill(behind, 0, 2, (byte) ' ');
    }

    /** The last byte of the answer, 0 at its beginning. */
    byte last() {
        return last;
    }

    /** Learns from what comes next in the answer. */
    void observe(byte[] piece) {
        for (byte next : piece) {
            int mark = MARKS.indexOf(last);
            if (mark >= 0 && isOutside(beforeLast)) {
                behind[mark] = WHITESPACE.indexOf(next) >= 0 ? next : 0;
            }
            beforeLast = last;
            last = next;
        }
    }

    /** Whether a colon or comma behind this byte is hardly a part of a text. */
    private static boolean isOutside(byte before) {
        return before == 0 || (before >= '0' && before <= '9') || "\"}]:, \n[{".indexOf(before) >= 0;
    }

    /**
     * What comes next where there is no other choice than whether whitespace stands there.
     *
     * @param possible bytes, several; whitespace is taken out
     * @param before the byte before them
     * @return empty where there is another choice, or a new line, whose indentation is not known
     */
    Optional<Byte> choose(BitSet possible, byte before) {
        boolean space = possible.get(' ');
        for (int i = 0; i < WHITESPACE.length(); i++) {
            possible.clear(WHITESPACE.charAt(i));
        }
        int mark = MARKS.indexOf(before);
        byte expected = mark < 0 ? 0 : behind[mark];
        if (expected == ' ' && space) {
            return Optional.of(expected);
        }
        return expected == 0 && possible.cardinality() == 1
                ? Optional.of((byte) possible.nextSetBit(0))
                : Optional.empty();
    }
}
