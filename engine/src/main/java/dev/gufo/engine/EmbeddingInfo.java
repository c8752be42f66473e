package dev.gufo.engine;

import java.util.Objects;

/**
 * How a model makes vectors.
 *
 * @param pooling how one vector comes of many
 * @param dimensions numbers in a vector; 0 if the model makes none
 * @param windowTokens most tokens of one input
 * @param pairs how a query and a document become one input; of use with {@link Pooling#RANK} only
 */
public record EmbeddingInfo(Pooling pooling, int dimensions, int windowTokens, PairFormat pairs) {
    /** That of a model which makes no vectors. */
    public static final EmbeddingInfo NONE = new EmbeddingInfo(Pooling.MEAN, 0, 0, PairFormat.NONE);

    public EmbeddingInfo {
        Objects.requireNonNull(pooling);
        Objects.requireNonNull(pairs);
    }
}
