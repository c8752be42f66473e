package dev.gufo.server.answer;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Owner;
import dev.gufo.engine.Sampling;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.exchange.Exchange;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Makes the engine's requests, one for each choice, of what a client asks for. Safe for any thread. */
public final class Requests {
    private final boolean strictContext;
    private final Supplier<RandomGenerator> random;

    /**
     * What is asked for beside the text.
     *
     * @param topLogprobs candidates to report with each token; -1 for no logprobs
     * @param promptLogprobs whether the prompt's tokens get theirs too
     */
    public record Extras(int topLogprobs, boolean promptLogprobs, Optional<Constraint> constraint) {}

    /**
     * @param strictContext refuses a {@code max_tokens} that the context has no room for, instead of stopping early
     * @param random a generator that the calling thread may use: for seeds where the request has none
     */
    public Requests(boolean strictContext, Supplier<RandomGenerator> random) {
        this.strictContext = strictContext;
        this.random = random;
    }

    /**
     * The request that tells how likely a text is as the whole answer to a prompt.
     *
     * @param text its tokens, at least one
     * @param index of the text in the request's {@code labels}, for errors
     * @throws ApiException if there is no room for the text
     * @throws dev.gufo.engine.EngineException.Refused if the model has not all adapters that are wanted
     */
    public GenerationRequest scoring(
            Exchange exchange, AnswerFields answer, ModelInfo info, int[] prompt, int[] text, int index) {
        info.requireAdapters(answer.adapters());
        int tokens = text.length + 1; // the end of the answer is one more
        int room = Math.min(info.contextTokens() - prompt.length, exchange.maxTokens());
        if (tokens > room) {
            throw new ApiException(new Problem.InputTooLong("labels", index, tokens, Math.max(0, room)));
        }
        return GenerationRequest.of(prompt, tokens)
                .forced(text)
                .cacheScope(exchange.caller().cacheScope())
                .owner(exchange.owner())
                .topLogprobs(0)
                .adapters(answer.adapters())
                .deterministic(answer.deterministic())
                .build();
    }

    /**
     * The requests for the choices of one prompt. The seed of each choice follows from the first one's.
     *
     * @throws ApiException if the prompt leaves no room for an answer
     * @throws dev.gufo.engine.EngineException.Refused if the model has not all adapters that are wanted
     */
    public List<GenerationRequest> of(
            Exchange exchange, AnswerFields answer, ModelInfo info, int[] prompt, Extras extras) {
        info.requireAdapters(answer.adapters());
        Owner owner = exchange.owner();
        int context = info.contextTokens();
        int room = context - prompt.length;
        int wanted = answer.maxTokens().orElse(0);
        if (room <= 0 || (strictContext && wanted > room)) {
            throw new ApiException(new Problem.ContextExceeded(prompt.length, room <= 0 ? 0 : wanted, context));
        }
        int most = Math.min(room, exchange.maxTokens());
        int maxTokens = wanted == 0 ? most : Math.min(wanted, most);
        int seed = SamplingFields.fold(random.get().nextLong());
        Sampling sampling = answer.sampling().over(info.sampling(), info.vocabularySize(), seed);
        return IntStream.range(0, answer.choices())
                .mapToObj(choice -> GenerationRequest.of(prompt, maxTokens)
                        .ignoreEnd(answer.ignoreEnd())
                        .sampling(
                                choice == 0
                                        ? sampling
                                        : sampling.withSeed(SamplingFields.fold(sampling.seed() + choice)))
                        .cacheScope(exchange.caller().cacheScope())
                        .owner(owner)
                        .topLogprobs(extras.topLogprobs())
                        .promptLogprobs(extras.promptLogprobs())
                        .constraint(extras.constraint())
                        .adapters(answer.adapters())
                        .deterministic(answer.deterministic())
                        .speculate(answer.speculate())
                        .build())
                .toList();
    }
}
