package dev.gufo.server.embeddings;

import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.accounting.Work;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.exchange.AnswerCache;
import dev.gufo.server.exchange.Client;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.Status;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What both routes do: have inputs computed while the client is there. Safe for any thread.
 *
 * @param heartbeat after this much silence the client is checked for being there
 */
public record VectorWork(Duration heartbeat) {
    private static final Logger LOG = LoggerFactory.getLogger(VectorWork.class);

    /** How often the ledger hears of what is computed. */
    private static final Duration PROGRESS = Duration.ofMillis(500);

    /** What a client wrote: nothing in it is a mark. */
    static Rendering written(String text) {
        return new Rendering(List.of(new Segment(text, false)));
    }

    /**
     * The vectors of inputs that fit the model's window.
     *
     * @param field which of the request's fields the inputs are
     * @param numbers how many each of them becomes
     * @return empty if the client has gone
     */
    Optional<float[][]> compute(Exchange exchange, ModelInUse model, String field, List<int[]> inputs, int numbers)
            throws InterruptedException {
        long tokens = inputs.stream().mapToLong(input -> input.length).sum();
        if (tokens > EmbeddingRequest.MAX_TOKENS) {
            throw ApiException.invalid(
                    field,
                    "'%s' holds %d tokens; a request may have %d."
                            .formatted(field, tokens, EmbeddingRequest.MAX_TOKENS));
        }
        // Before anything is computed: an answer that the heap has no room for would be lost.
        exchange.takeRoom((tokens + (long) inputs.size() * numbers) * Float.BYTES);
        try (Account account = exchange.open(new Work(model.id(), false, tokens, 0))) {
            var request = new EmbeddingRequest(inputs, exchange.owner());
            return compute(exchange.client(), model.engine(), request, account);
        }
    }

    /** The answer that was given before; it costs what it did. */
    void repeat(Exchange exchange, ModelInUse model, AnswerCache.Kept kept) throws IOException, InterruptedException {
        Outcome outcome = kept.outcome();
        try (Account account = exchange.open(new Work(model.id(), false, outcome.promptTokens(), 0))) {
            account.computed(outcome.promptTokens());
            account.settle(outcome);
            exchange.client().object().write(kept.json());
        }
    }

    /** Settles with the inputs that were computed, however it ends. */
    private Optional<float[][]> compute(Client client, Engine engine, EmbeddingRequest request, Account account)
            throws InterruptedException {
        long begin = System.nanoTime();
        Status status = Status.FAILED;
        IntSupplier computed = () -> 0;
        try (Embeddings embeddings = engine.embed(request)) {
            computed = embeddings::computedTokens;
            Optional<float[][]> vectors = await(client, embeddings, account);
            status = vectors.isPresent() ? Status.COMPLETED : Status.CANCELLED;
            return vectors;
        } catch (EngineException.Refused e) {
            status = Status.REFUSED;
            throw e;
        } finally {
            int tokens = computed.getAsInt();
            account.computed(tokens);
            account.settle(outcome(status, tokens, Duration.ofNanos(System.nanoTime() - begin)));
        }
    }

    static Outcome outcome(Status status, int tokens, Duration prefill) {
        boolean gone = status == Status.CANCELLED;
        return status == Status.REFUSED
                ? Outcome.withoutTokens(status, false)
                : new Outcome(status, "", tokens, 0, 0, 0, Duration.ZERO, prefill, Duration.ZERO, gone);
    }

    /** The vectors, empty if the client has gone; notes meanwhile how many tokens are computed. */
    private Optional<float[][]> await(Client client, Embeddings embeddings, Account account)
            throws InterruptedException {
        Duration patience = heartbeat.compareTo(PROGRESS) < 0 ? heartbeat : PROGRESS;
        long checkAgain = System.nanoTime() + heartbeat.toNanos();
        Optional<float[][]> vectors = embeddings.await(patience);
        while (vectors.isEmpty()) {
            account.computed(embeddings.computedTokens());
            if (System.nanoTime() - checkAgain >= 0) {
                if (client.isGone()) {
                    LOG.debug("the client that wanted vectors is gone");
                    return Optional.empty();
                }
                checkAgain = System.nanoTime() + heartbeat.toNanos();
            }
            vectors = embeddings.await(patience);
        }
        return vectors;
    }

    /** Tells which input does not fit. */
    static void requireFits(String field, int index, int[] input, int windowTokens) {
        if (input.length > windowTokens) {
            throw new ApiException(new Problem.InputTooLong(field, index, input.length, windowTokens));
        }
    }
}
