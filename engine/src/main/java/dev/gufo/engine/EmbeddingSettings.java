package dev.gufo.engine;

import java.util.Optional;

/**
 * What the operator says about vectors.
 *
 * @param wanted whether a model that is made for chat shall make vectors too, with a context of its own for them
 * @param pooling instead of what the file states; a reranking model keeps its own
 */
public record EmbeddingSettings(boolean wanted, Optional<Pooling> pooling) {
    /** What the file says. */
    public static final EmbeddingSettings DEFAULT = new EmbeddingSettings(false, Optional.empty());

    public EmbeddingSettings {
        if (pooling.isPresent() && pooling.get() == Pooling.RANK) {
            throw new IllegalArgumentException("pooling must be mean, cls or last: rank takes a model made for it");
        }
    }
}
