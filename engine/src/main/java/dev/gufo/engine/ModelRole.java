package dev.gufo.engine;

import dev.gufo.gguf.GgufModel;
import dev.gufo.store.ModelPurpose;

/** What a model is for. */
public enum ModelRole {
    /** It continues texts. */
    CHAT,
    /** It turns a text into a vector. */
    EMBEDDINGS,
    /** It tells how well a document answers a query. */
    RERANK;

    /** The role that a file was made for. */
    public static ModelRole of(GgufModel file) {
        return switch (ModelPurpose.of(file)) {
            case CHAT -> CHAT;
            case EMBEDDINGS -> EMBEDDINGS;
            case RERANK -> RERANK;
        };
    }
}
