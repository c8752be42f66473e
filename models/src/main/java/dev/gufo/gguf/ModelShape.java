package dev.gufo.gguf;

/**
 * The dimensions of a Llama model with grouped-query attention.
 *
 * @param name what the model is called
 * @param layers 1 to 512
 * @param width of the hidden state; a multiple of {@code heads} and of 32
 * @param heads attention heads; {@code width / heads} is even
 * @param kvHeads heads that share keys and values; divides {@code heads}
 * @param feedForward width of the feed-forward layer; a multiple of 32
 * @param vocabulary number of tokens; at least {@link SyllableVocabulary#LEAST_TOKENS}
 * @param contextLength what the file states as trained on, in tokens
 * @param ropeBase base of the rotary positions' wave lengths
 * @param type how matrices are stored: {@code F16}, {@code Q8_0}, {@code Q4_0}, or {@code Q4_K} for the mixture Q4_K_M,
 *     in which some are {@code Q6_K}; then {@code width} and {@code feedForward} are multiples of 256
 */
public record ModelShape(
        String name,
        int layers,
        int width,
        int heads,
        int kvHeads,
        int feedForward,
        int vocabulary,
        int contextLength,
        float ropeBase,
        GgmlType type) {
    /** 3.4 million parameters: loads at once, for tests and for a trial of a device. */
    public static final ModelShape TINY =
            new ModelShape("random-tiny", 4, 256, 4, 2, 768, 512, 2_048, 10_000, GgmlType.Q8_0);

    public ModelShape {
        require(layers >= 1 && layers <= 512, "layers must be 1 to 512, is %d".formatted(layers));
        require(heads >= 1 && width >= 1, "there must be heads and a width");
        require(
                kvHeads >= 1 && heads % kvHeads == 0,
                "KV heads must divide the %d heads, is %d".formatted(heads, kvHeads));
        require(width % 32 == 0 && width % (2 * heads) == 0, "width %d must be blocks and even heads".formatted(width));
        require(
                feedForward >= 32 && feedForward % 32 == 0,
                "feed-forward must be blocks, is %d".formatted(feedForward));
        require(
                vocabulary >= SyllableVocabulary.LEAST_TOKENS,
                "vocabulary must be at least %d, is %d".formatted(SyllableVocabulary.LEAST_TOKENS, vocabulary));
        require(
                type == GgmlType.F16 || type == GgmlType.Q8_0 || type == GgmlType.Q4_0 || type == GgmlType.Q4_K,
                "random weights are F16, Q8_0, Q4_0 or Q4_K, not " + type);
        require(
                width % type.blockElements() == 0 && feedForward % type.blockElements() == 0,
                "width %d and feed-forward %d must be blocks of %s".formatted(width, feedForward, type));
    }

    /** The same shape, stored as {@code type}. */
    public ModelShape as(GgmlType type) {
        return new ModelShape(
                name, layers, width, heads, kvHeads, feedForward, vocabulary, contextLength, ropeBase, type);
    }

    /** How matrices are stored that a mixture stores finer than the rest. */
    GgmlType finerType() {
        return type == GgmlType.Q4_K ? GgmlType.Q6_K : type;
    }

    /** Width of all keys, and of all values, of a token in a layer. */
    public int kvWidth() {
        return width / heads * kvHeads;
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
