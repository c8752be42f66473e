package dev.gufo.engine;

import dev.gufo.gguf.GgufModel;
import java.util.Set;

/** What a model is for. */
public enum ModelRole {
    /** It continues texts. */
    CHAT,
    /** It turns a text into a vector. */
    EMBEDDINGS,
    /** It tells how well a document answers a query. */
    RERANK;

    /** Architectures that see a whole text at once and generate none, whatever their files say about pooling. */
    private static final Set<String> ENCODERS = Set.of(
            "bert",
            "nomic-bert",
            "nomic-bert-moe",
            "neo-bert",
            "jina-bert-v2",
            "jina-bert-v3",
            "eurobert",
            "modern-bert",
            "gemma-embedding",
            "llama-embed",
            "t5encoder");

    /** The role that a file was made for: a model that states how its vectors are pooled is not one to chat with. */
    public static ModelRole of(GgufModel file) {
        return switch (Pooling.of(file).orElse(null)) {
            case RANK -> RERANK;
            case MEAN, CLS, LAST -> EMBEDDINGS;
            case null -> ENCODERS.contains(file.architecture()) ? EMBEDDINGS : CHAT;
        };
    }
}
