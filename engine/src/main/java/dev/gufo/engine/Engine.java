package dev.gufo.engine;

import dev.gufo.template.Rendering;
import java.util.List;

/**
 * One loaded model that turns prompts into tokens. Safe for any number of threads; every method but {@link #close}
 * answers quickly or blocks the calling (virtual) thread only.
 */
public interface Engine extends AutoCloseable {
    /** Where this engine is in its life: loading, ready, restarting, failed or closed. Never blocks. */
    EngineStatus status();

    /**
     * Tells a listener the status: what it is now, on this thread and before this returns, and then what it becomes, on
     * the thread that changes it. One is told after the other, in their order. While the engine is ready, that its
     * numbers change is not told.
     *
     * @return to be closed by the caller; once it is closed nothing more is told
     */
    Subscription onStatus(StatusListener listener);

    /**
     * What is loaded.
     *
     * @throws EngineException.Refused with {@link Refusal.NotReady} until the model has been loaded once
     */
    ModelInfo model();

    /**
     * The token ids of texts of any length. Special tokens are recognised in trusted segments only. Long texts of one
     * owner do not keep those of others waiting.
     *
     * @param framing which tokens to add around each text
     * @param owner whom the texts belong to, for taking turns
     * @param most once a text has more ids than these, the rest of it and the texts behind it may be left out
     * @return ids in [0, vocabulary size) by text, possibly none; fewer than there are texts only if the last one has
     *     more than {@code most}
     * @throws EngineException if the engine is not ready or is lost meanwhile, or the waiting thread is interrupted
     */
    List<int[]> tokenize(List<Rendering> texts, Framing framing, Owner owner, int most);

    /** The token ids of one text, all of them: {@link #tokenize(List, Framing, Owner, int)}. */
    default int[] tokenize(Rendering text, Framing framing) {
        return tokenize(List.of(text), framing, Owner.ANYONE, Integer.MAX_VALUE).getFirst();
    }

    /** The token ids of a prompt: {@link #tokenize(Rendering, Framing)} with {@link Framing#PROMPT}. */
    default int[] tokenize(Rendering prompt) {
        return tokenize(prompt, Framing.PROMPT);
    }

    /**
     * What each token adds to the text.
     *
     * @param tokens ids in [0, vocabulary size)
     * @return as many pieces, possibly parts of UTF-8 sequences; a control token's name
     * @throws IllegalArgumentException if an id is not in the vocabulary
     * @throws EngineException if the engine is not ready or is lost meanwhile, or the waiting thread is interrupted
     */
    byte[][] pieces(int[] tokens);

    /**
     * Queues a request and returns at once.
     *
     * @return the running generation, to be closed by the caller
     * @throws EngineException.Refused if it can't be taken: {@link Refusal} says why and with which limit
     * @throws EngineException if the engine is lost
     */
    Generation generate(GenerationRequest request);

    /**
     * Queues texts to make vectors of, and returns at once.
     *
     * @return the vectors under way, to be closed by the caller
     * @throws EngineException.Refused if they can't be taken: {@link Refusal} says why and with which limit
     * @throws IllegalArgumentException if an id is not in the vocabulary, or the model makes no vectors
     * @throws EngineException if the engine is lost
     */
    Embeddings embed(EmbeddingRequest request);

    /** What it came through. Never blocks. */
    default Recoveries recoveries() {
        return Recoveries.NONE;
    }

    /** What it keeps of computed prompts, as it was half a second ago or later. Never blocks. */
    default CacheUse caches() {
        return CacheUse.NONE;
    }

    /** Ends all generations and frees the model. Idempotent. */
    @Override
    void close();
}
