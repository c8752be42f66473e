package dev.gufo.store;

import dev.gufo.gguf.GgufModel;

/** What a model is for. */
public enum ModelRole {
    /** It continues texts. */
    CHAT,
    /** It turns a text into a vector. */
    EMBEDDINGS,
    /** It tells how well a document answers a query. */
    RERANK;

    private static final int MEAN = 1; // llama_pooling_type, llama.h of llama.cpp 0.5.0
    private static final int CLS = 2;
    private static final int LAST = 3;
    private static final int RANK = 4;

    /** The role that a file was made for: a model that states how its vectors are pooled is not one to chat with. */
    public static ModelRole of(GgufModel file) {
        return switch (file.vectors().poolingType().orElse(0)) {
            case RANK -> RERANK;
            case MEAN, CLS, LAST -> EMBEDDINGS;
            default -> file.isEncoder() ? EMBEDDINGS : CHAT;
        };
    }
}
