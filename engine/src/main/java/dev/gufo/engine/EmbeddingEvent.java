package dev.gufo.engine;

/**
 * What happens to an embedding request: vectors of some of its inputs, again and again, until all are there or it
 * failed.
 */
public sealed interface EmbeddingEvent {
    /**
     * Some vectors are there.
     *
     * @param indexes which inputs they belong to; each comes once
     * @param vectors one for each
     * @param last whether these are the last ones
     */
    record Computed(int[] indexes, float[][] vectors, boolean last) implements EmbeddingEvent {
        public Computed {
            if (indexes.length != vectors.length) {
                throw new IllegalArgumentException(
                        "%d indexes for %d vectors".formatted(indexes.length, vectors.length));
            }
        }
    }

    /** It ended because the engine did. */
    record Failed(EngineException cause) implements EmbeddingEvent {}

    /** Whether nothing comes after it. */
    default boolean isLast() {
        return switch (this) {
            case Computed computed -> computed.last();
            case Failed _ -> true;
        };
    }
}
