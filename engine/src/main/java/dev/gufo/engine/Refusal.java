package dev.gufo.engine;

import java.time.Duration;
import java.util.List;

/** Why a request is not taken, with the numbers that the client needs. */
public sealed interface Refusal {
    /**
     * The prompt leaves no room for an answer.
     *
     * @param promptTokens tokens of the prompt
     * @param contextTokens most tokens of one sequence, prompt and answer together
     */
    record ContextExceeded(int promptTokens, int contextTokens) implements Refusal {}

    /**
     * A text is longer than what can be tokenized at once.
     *
     * @param characters its length
     * @param most how long it may be
     */
    record TextTooLong(long characters, long most) implements Refusal {}

    /**
     * An input is longer than the model's window.
     *
     * @param index which one, from 0
     * @param tokens how long it is
     * @param windowTokens how long it may be
     */
    record InputTooLong(int index, int tokens, int windowTokens) implements Refusal {}

    /**
     * As many requests as may wait are waiting.
     *
     * @param waiting requests in the queue
     * @param retryAfter when asking again is worth it
     */
    record QueueFull(int waiting, Duration retryAfter) implements Refusal {}

    /**
     * The model is being loaded, is being restarted, or is shut down.
     *
     * @param reason one line
     * @param retryAfter when asking again is worth it
     */
    record NotReady(String reason, Duration retryAfter) implements Refusal {}

    /**
     * The constraint can't be kept to: its grammar is malformed or too costly to follow, or no token of the vocabulary
     * fits it.
     *
     * @param reason one sentence
     */
    record ConstraintFailed(String reason) implements Refusal {}

    /**
     * The model was loaded without this adapter.
     *
     * @param id that was asked for
     * @param known ids of those that there are
     */
    record UnknownAdapter(String id, List<String> known) implements Refusal {
        public UnknownAdapter {
            known = List.copyOf(known);
        }
    }

    /** With these adapters and scales the logits are not finite. */
    record NonFiniteLogits() implements Refusal {}

    /**
     * This engine can't do what a field asks for; another one may.
     *
     * @param parameter the request's field
     * @param engine which engine it is
     */
    record Unsupported(String parameter, String engine) implements Refusal {}
}
