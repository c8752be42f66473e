package dev.gufo.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a set of code points as states over bytes: deterministic, with equal ends shared. Each range is cut until all
 * encodings in a part differ only where every continuation byte is allowed, the way RE2 and Rust's regex crate do it.
 */
final class Utf8Network {
    private final NetworkBuilder network;
    private final int end;
    private final List<int[]> sequences = new ArrayList<>();
    private final Map<List<Long>, Integer> tails = new HashMap<>();

    private Utf8Network(NetworkBuilder network, int end) {
        this.network = network;
        this.end = end;
    }

    /** Leads from {@code from} to {@code end} by exactly the encodings of the members of {@code set}. */
    static void connect(NetworkBuilder network, int from, CodePoints set, int end) {
        Utf8Network utf8 = new Utf8Network(network, end);
        for (int i = 0; i < set.ranges(); i++) {
            utf8.cut(set.first(i), set.last(i));
        }
        for (long arrow : utf8.arrows(0, utf8.sequences.size(), 0)) {
            network.connect(from, (int) (arrow >>> 32), (int) arrow);
        }
    }

    /** The bytes of {@code codePoint}. */
    static int[] encode(int codePoint) {
        if (codePoint < 0x80) {
            return new int[] {codePoint};
        }
        int length = length(codePoint);
        int[] bytes = new int[length];
        int rest = codePoint;
        for (int i = length - 1; i > 0; i--) {
            bytes[i] = 0x80 | (rest & 0x3F);
            rest >>= 6;
        }
        bytes[0] = ((0xF00 >> length) & 0xFF) | rest;
        return bytes;
    }

    private static int length(int codePoint) {
        return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    }

    private void cut(int first, int last) {
        for (int most : new int[] {0x7F, 0x7FF, 0xFFFF}) {
            if (first <= most && last > most) {
                cut(first, most);
                cut(most + 1, last);
                return;
            }
        }
        for (int i = 1; i < length(first); i++) {
            int low = (1 << (6 * i)) - 1;
            if ((first & ~low) != (last & ~low)) {
                if ((first & low) != 0) {
                    cut(first, first | low);
                    cut((first | low) + 1, last);
                    return;
                }
                if ((last & low) != low) {
                    cut(first, (last & ~low) - 1);
                    cut(last & ~low, last);
                    return;
                }
            }
        }
        int[] from = encode(first);
        int[] to = encode(last);
        int[] labels = new int[from.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = Network.bytes(from[i], to[i]);
        }
        sequences.add(labels);
    }

    /**
     * The arrows, label and target in one word each, that begin the sequences {@code low} to {@code high}, which agree
     * in their first {@code depth} labels. Labels at one depth are equal or apart, because a label of several bytes
     * stands for all that can follow them.
     */
    private List<Long> arrows(int low, int high, int depth) {
        List<Long> arrows = new ArrayList<>();
        int next;
        for (int i = low; i < high; i = next) {
            int label = sequences.get(i)[depth];
            for (next = i + 1; next < high && sequences.get(next)[depth] == label; ) {
                next++;
            }
            int target = depth + 1 == sequences.get(i).length ? end : tail(arrows(i, next, depth + 1));
            arrows.add(((long) label << 32) | target);
        }
        return arrows;
    }

    private int tail(List<Long> arrows) {
        Integer known = tails.get(arrows);
        if (known != null) {
            return known;
        }
        int state = network.state();
        for (long arrow : arrows) {
            network.connect(state, (int) (arrow >>> 32), (int) arrow);
        }
        tails.put(arrows, state);
        return state;
    }
}
