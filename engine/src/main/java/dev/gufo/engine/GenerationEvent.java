package dev.gufo.engine;

import java.time.Duration;

/** What happens to a generation, in this order: started, any number of tokens, then finished or failed. */
public sealed interface GenerationEvent {
    /**
     * It left the queue.
     *
     * @param cachedTokens prompt tokens whose KV state was there already; less than the prompt's length
     */
    record Started(int cachedTokens) implements GenerationEvent {}

    /**
     * One token was sampled.
     *
     * @param id in [0, vocabulary size)
     * @param piece its bytes as text, possibly a part of a UTF-8 sequence; empty for a token that is no text, such as the end token
     */
    record Token(int id, byte[] piece) implements GenerationEvent {}

    /**
     * It ended by itself.
     *
     * @param reason why
     * @param timings how long its stages took
     */
    record Finished(FinishReason reason, Timings timings) implements GenerationEvent {}

    /** It ended because the engine did. */
    record Failed(EngineException cause) implements GenerationEvent {}

    /** Why a generation ended by itself. */
    enum FinishReason {
        /** The model said so with an end-of-generation token. */
        STOP,
        /** {@link GenerationRequest#maxTokens} or the end of the context was reached. */
        LENGTH
    }

    /**
     * Wall-clock times of the stages.
     *
     * @param queued from submission to the first prefill step
     * @param prefill from there to the first sampled token
     * @param decode from there to the last sampled token
     */
    record Timings(Duration queued, Duration prefill, Duration decode) {}
}
