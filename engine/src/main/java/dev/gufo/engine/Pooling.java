package dev.gufo.engine;

import dev.gufo.gguf.GgufModel;
import java.util.Optional;

/** How one vector comes of the vectors of a text's tokens. */
public enum Pooling {
    /** Their mean. */
    MEAN,
    /** The first token's. */
    CLS,
    /** The last token's. */
    LAST,
    /** What the model's classifier makes of them: how well a document answers a query. */
    RANK;

    /** What the file states; empty if it states nothing or no pooling. */
    public static Optional<Pooling> of(GgufModel file) {
        return switch (file.vectors().poolingType().orElse(0)) { // llama_pooling_type, llama.h of llama.cpp 0.5.0
            case 1 -> Optional.of(MEAN);
            case 2 -> Optional.of(CLS);
            case 3 -> Optional.of(LAST);
            case 4 -> Optional.of(RANK);
            default -> Optional.empty();
        };
    }
}
