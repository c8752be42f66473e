package dev.gufo.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What happens to a generation, in this order: started, the prompt if asked for, prefilled and any number of tokens,
 * then finished or failed. Times are taken by the engine where things happen: events travel at the end of a step, and
 * later.
 */
public sealed interface GenerationEvent {
    /**
     * It left the queue.
     *
     * @param cachedTokens prompt tokens whose KV state was there already; less than the prompt's length
     * @param queued from submission to the start of its first step
     * @param reuse where they were, and why there are not more
     */
    record Started(int cachedTokens, Duration queued, Reuse reuse) implements GenerationEvent {}

    /**
     * Some of the prompt's tokens were computed; only if {@link GenerationRequest#promptLogprobs} asks for it. All of
     * them come in order, before the first sampled token.
     *
     * @param tokens with their logprobs, which the first token of a prompt has not
     */
    record Prompt(List<Token> tokens) implements GenerationEvent {}

    /**
     * Its prompt is computed, and its first token is chosen: that is the next event.
     *
     * @param prefill from the start of its first step to here
     */
    record Prefilled(Duration prefill) implements GenerationEvent {}

    /**
     * One token was sampled.
     *
     * @param id in [0, vocabulary size)
     * @param piece its bytes as text, possibly a part of a UTF-8 sequence; a control token's name; empty for a token
     *     that ends the generation
     * @param control whether it is a control token, whose piece is no text for people but may be a mark that structures
     *     the answer
     * @param logprobs if {@link GenerationRequest#topLogprobs} asks for them
     */
    record Token(int id, byte[] piece, boolean control, Optional<Logprobs> logprobs) implements GenerationEvent {
        /** Of plain text, without logprobs. */
        public Token(int id, byte[] piece) {
            this(id, piece, false, Optional.empty());
        }
    }

    /**
     * Natural logarithms of probabilities at one position: log-softmax of the raw logits, before biases, penalties and
     * temperature.
     *
     * @param chosen of the token that is there
     * @param top the most likely tokens, the likeliest first
     */
    record Logprobs(float chosen, List<Candidate> top) {}

    /**
     * A token that could have been there.
     *
     * @param piece as in {@link Token}
     * @param logprob at most 0
     */
    record Candidate(int id, byte[] piece, float logprob) {}

    /**
     * It ended by itself.
     *
     * @param reason why
     * @param timings how long its stages took
     * @param drafts tokens that were guessed
     */
    record Finished(FinishReason reason, Timings timings, Drafts drafts) implements GenerationEvent {}

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
