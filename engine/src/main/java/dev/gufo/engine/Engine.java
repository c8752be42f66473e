package dev.gufo.engine;

import dev.gufo.template.Rendering;

/**
 * One loaded model that turns prompts into tokens. Safe for any number of threads; every method but {@link #close} answers
 * quickly or blocks the calling (virtual) thread only.
 */
public interface Engine extends AutoCloseable {
    /** Where this engine is in its life: loading, ready, restarting, failed or closed. Never blocks. */
    EngineStatus status();

    /**
     * What is loaded.
     *
     * @throws EngineException.Refused with {@link Refusal.NotReady} until the model has been loaded once
     */
    ModelInfo model();

    /**
     * The token ids of a prompt. Special tokens are recognised in trusted segments only; the beginning-of-sequence token is
     * put in front if the model wants one and the prompt does not begin with it.
     *
     * @return ids in [0, vocabulary size); empty for an empty prompt of a model without a beginning-of-sequence token
     * @throws EngineException if the engine is not ready or is lost meanwhile
     */
    int[] tokenize(Rendering prompt);

    /**
     * Queues a request and returns at once.
     *
     * @return the running generation, to be closed by the caller
     * @throws EngineException.Refused if it can't be taken: {@link Refusal} says why and with which limit
     * @throws EngineException if the engine is lost
     */
    Generation generate(GenerationRequest request);

    /** Ends all generations and frees the model. Idempotent. */
    @Override
    void close();
}
