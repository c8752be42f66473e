package dev.gufo.server.answer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Finds stop texts in a stream of UTF-8 bytes, each with the automaton of Knuth, Morris and Pratt. After every byte,
 * {@link #held} last bytes are the beginning of some stop text, and no longer run of last bytes is.
 */
final class StopMatcher {
    private final byte[][] stops;
    private final int[][] fallback;
    private final int[] matched;
    private String last = "";

    StopMatcher(List<String> stops) {
        this.stops = stops.stream()
                .map(stop -> stop.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        this.fallback = new int[this.stops.length][];
        for (int i = 0; i < this.stops.length; i++) {
            fallback[i] = fallback(this.stops[i]);
        }
        this.matched = new int[this.stops.length];
    }

    /**
     * For each length, the longest shorter beginning of the stop text that is also an end of its first {@code length}
     * bytes.
     */
    private static int[] fallback(byte[] stop) {
        int[] fallback = new int[stop.length + 1];
        int length = 0;
        for (int i = 1; i < stop.length; i++) {
            while (length > 0 && stop[i] != stop[length]) {
                length = fallback[length];
            }
            if (stop[i] == stop[length]) {
                length++;
            }
            fallback[i + 1] = length;
        }
        return fallback;
    }

    /** Whether there is nothing to look for. */
    boolean isEmpty() {
        return stops.length == 0;
    }

    /**
     * Takes the next byte.
     *
     * @return length in bytes of the longest stop text that ends here; 0 if none does
     */
    int accept(byte next) {
        int found = 0;
        for (int i = 0; i < stops.length; i++) {
            byte[] stop = stops[i];
            int length = matched[i];
            while (length > 0 && stop[length] != next) {
                length = fallback[i][length];
            }
            if (stop[length] == next) {
                length++;
            }
            if (length == stop.length) {
                if (length > found) {
                    found = length;
                    last = new String(stop, StandardCharsets.UTF_8);
                }
                length = fallback[i][length];
            }
            matched[i] = length;
        }
        return found;
    }

    /** The stop text that {@link #accept} found last; {@code ""} if it never found one. */
    String last() {
        return last;
    }

    /** Forgets what has been taken. */
    void reset() {
        Arrays.fill(matched, 0);
    }

    /** How many of the last bytes may become a stop text. */
    int held() {
        int held = 0;
        for (int length : matched) {
            held = Math.max(held, length);
        }
        return held;
    }
}
