package dev.gufo.gguf;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.SequencedSet;

/**
 * A vocabulary of made-up words for models whose weights are random: whatever such a model picks reads as syllables.
 *
 * <p>Its order: control tokens, the 256 bytes, printable ASCII and the mark of a space, then syllables and words, short
 * before long. A word is the join of two that stand before it, so that llama.cpp's SPM tokenizer, which joins pairs by
 * score, finds it.
 */
final class SyllableVocabulary {
    static final int BOS = 1;
    static final int EOS = 4;

    /** Control tokens and bytes: what random text must not hold. */
    static final int UNREADABLE_TOKENS = 5 + 256;

    /** Everything but syllables. */
    static final int LEAST_TOKENS = UNREADABLE_TOKENS + 95;

    private static final int NORMAL = 1; // llama_token_type, llama.h of llama.cpp 0.5.0
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int BYTE = 6;
    private static final String SPACE = "\u2581";

    private SyllableVocabulary() {}

    /** Adds the keys {@code tokenizer.ggml.*} of a vocabulary of {@code size} tokens. */
    static void addTo(GgufWriter writer, int size) {
        List<String> tokens = tokens(size);
        double[] scores = new double[size];
        long[] types = new long[size];
        for (int i = 0; i < size; i++) {
            scores[i] = i < UNREADABLE_TOKENS ? 0 : UNREADABLE_TOKENS - i; // short words join first
            types[i] = i == 0 ? UNKNOWN : i < 5 ? CONTROL : i < UNREADABLE_TOKENS ? BYTE : NORMAL;
        }
        writer.string("tokenizer.ggml.model", "llama")
                .string("tokenizer.ggml.pre", "default")
                .strings("tokenizer.ggml.tokens", tokens)
                .floats("tokenizer.ggml.scores", GgufValueType.FLOAT32, scores)
                .integers("tokenizer.ggml.token_type", GgufValueType.INT32, types)
                .uint32("tokenizer.ggml.bos_token_id", BOS)
                .uint32("tokenizer.ggml.eos_token_id", EOS)
                .uint32("tokenizer.ggml.unknown_token_id", 0)
                .bool("tokenizer.ggml.add_bos_token", true)
                .bool("tokenizer.ggml.add_space_prefix", false);
    }

    private static List<String> tokens(int size) {
        SequencedSet<String> tokens =
                new LinkedHashSet<>(List.of("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"));
        for (int i = 0; i < 256; i++) {
            tokens.add(String.format(Locale.ROOT, "<0x%02X>", i));
        }
        tokens.add(SPACE);
        for (char c = '!'; c <= '~'; c++) {
            tokens.add(String.valueOf(c));
        }
        List<String> syllables = syllables();
        List<String> longest = List.of("");
        while (tokens.size() < size) {
            longest = joined(longest, syllables, size);
            addUpTo(size, tokens, longest);
            addUpTo(size, tokens, joined(List.of(SPACE), longest, size));
        }
        return List.copyOf(tokens);
    }

    private static List<String> syllables() {
        List<String> syllables = new ArrayList<>();
        for (char vowel : "aeiou".toCharArray()) {
            for (char consonant : "tnsrdlmkbpgfvhz".toCharArray()) {
                syllables.add("" + consonant + vowel);
            }
        }
        return syllables;
    }

    private static List<String> joined(List<String> starts, List<String> ends, int limit) {
        List<String> words = new ArrayList<>();
        for (String start : starts) {
            for (String end : ends) {
                if (words.size() == limit) {
                    return words;
                }
                words.add(start + end);
            }
        }
        return words;
    }

    private static void addUpTo(int size, SequencedSet<String> tokens, List<String> more) {
        for (String token : more) {
            if (tokens.size() == size) {
                return;
            }
            tokens.add(token);
        }
    }
}
