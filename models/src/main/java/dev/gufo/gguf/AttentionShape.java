package dev.gufo.gguf;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Heads of every layer, and how large their keys and values are.
 *
 * <p>A file states numbers of heads once for all layers or as an array with one for each; without a number of heads
 * there is no attention, without one of KV heads every head has its own keys and values.
 */
final class AttentionShape {
    private static final int MAX_HEADS = 1 << 16;
    private static final int MAX_HEAD_LENGTH = 1 << 20;

    private final int[] heads;
    private final int[] kvHeads;
    private final boolean[] windowed;
    private final Lengths whole;
    private final Lengths inWindow;

    /** Elements of a head's keys and of its values. */
    private record Lengths(long key, long value) {}

    private AttentionShape(int[] heads, int[] kvHeads, boolean[] windowed, Lengths whole, Lengths inWindow) {
        this.heads = heads;
        this.kvHeads = kvHeads;
        this.windowed = windowed;
        this.whole = whole;
        this.inWindow = inWindow;
    }

    static AttentionShape of(GgufFile file, String architecture) throws IOException {
        int blocks = GgufModel.blocks(file, architecture);
        int[] heads =
                perLayer(file, architecture + ".attention.head_count", blocks).orElse(new int[blocks]);
        int[] kvHeads = perLayer(file, architecture + ".attention.head_count_kv", blocks)
                .orElse(heads);
        long width = file.integer(architecture + ".embedding_length").orElse(0);
        long derived = width / Math.max(1, most(heads));
        long key = length(file, architecture + ".attention.key_length", derived);
        long value = length(file, architecture + ".attention.value_length", derived);
        long windowKey = length(file, architecture + ".attention.key_length_swa", key);
        long windowValue = length(file, architecture + ".attention.value_length_swa", value);
        boolean compressed =
                file.integer(architecture + ".attention.key_length_mla").orElse(0) > 0;
        return new AttentionShape(
                heads,
                kvHeads,
                WindowPattern.of(file, architecture, blocks),
                new Lengths(key, compressed ? 0 : value),
                new Lengths(windowKey, compressed ? 0 : windowValue));
    }

    int blocks() {
        return heads.length;
    }

    int mostHeads() {
        return most(heads);
    }

    int mostKvHeads() {
        return most(kvHeads);
    }

    /** Of the layer's keys of one token. */
    long keyElements(int layer) {
        return kvHeads[layer] * lengths(layer).key();
    }

    /** Of the layer's values of one token; 0 if they are computed from compressed keys. */
    long valueElements(int layer) {
        return kvHeads[layer] * lengths(layer).value();
    }

    /** Elements of one head's keys, in a layer that looks back to the start. */
    int keyLength() {
        return (int) whole.key();
    }

    private Lengths lengths(int layer) {
        return windowed[layer] ? inWindow : whole;
    }

    long kvElementsPerToken() {
        return IntStream.range(0, kvHeads.length)
                .mapToLong(layer -> keyElements(layer) + valueElements(layer))
                .sum();
    }

    private static int most(int[] counts) {
        return Arrays.stream(counts).max().orElse(0);
    }

    private static long length(GgufFile file, String key, long derived) throws GgufException {
        long length = file.integer(key).orElse(derived);
        if (length < 0 || length > MAX_HEAD_LENGTH) {
            throw GgufModel.invalid(file, "%s must be 0 to %d, is %d".formatted(key, MAX_HEAD_LENGTH, length));
        }
        return length;
    }

    private static Optional<int[]> perLayer(GgufFile file, String key, int blocks) throws IOException {
        Optional<long[]> array = file.integers(key);
        if (array.isPresent()) {
            return Optional.of(checked(file, key, array.get(), blocks));
        }
        if (file.integer(key).isEmpty()) {
            return Optional.empty();
        }
        long[] same = new long[blocks];
        Arrays.fill(same, file.integer(key).getAsLong());
        return Optional.of(checked(file, key, same, blocks));
    }

    private static int[] checked(GgufFile file, String key, long[] counts, int blocks) throws GgufException {
        if (counts.length < blocks) {
            throw GgufModel.invalid(file, "%s has %d entries for %d layers".formatted(key, counts.length, blocks));
        }
        int[] checked = new int[blocks];
        for (int i = 0; i < blocks; i++) {
            if (counts[i] < 0 || counts[i] > MAX_HEADS) {
                throw GgufModel.invalid(file, "%s must be 0 to %d, is %d".formatted(key, MAX_HEADS, counts[i]));
            }
            checked[i] = (int) counts[i];
        }
        return checked;
    }
}
