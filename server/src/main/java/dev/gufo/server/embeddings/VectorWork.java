package dev.gufo.server.embeddings;

import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Framing;
import dev.gufo.engine.ModelRole;
import dev.gufo.engine.Owner;
import dev.gufo.server.access.Caller;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.accounting.Work;
import dev.gufo.server.chat.ClientConnection;
import dev.gufo.server.chat.Fields;
import dev.gufo.server.chat.JsonBody;
import dev.gufo.server.chat.LoraFields;
import dev.gufo.server.chat.ModelWait;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.health.InFlight;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.Status;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What both routes do: read a body, find a model, have inputs computed while the client is there, and answer. Safe for any thread.
 *
 * @param body reads requests
 * @param modelWait how requests wait for models; after its heartbeat of silence the client is checked for being there
 * @param accounting keeps the books of each request
 */
public record VectorWork(
        JsonBody body, ServedModels models, InFlight inFlight, ModelWait modelWait, Accounting accounting) {
    private static final Logger LOG = LoggerFactory.getLogger(VectorWork.class);

    /** How often the ledger hears of what is computed. */
    private static final Duration PROGRESS = Duration.ofMillis(500);

    /** What a route does with a request: its answer as JSON, empty if the client has gone. */
    @FunctionalInterface
    interface Answering {
        Optional<byte[]> answer(Fields request) throws IOException, InterruptedException;
    }

    /** Answers one request. */
    void serve(Context ctx, Answering route) throws IOException {
        try (InFlight.Entry _ = inFlight.enter()) {
            Fields request = body.read(ctx.req());
            LoraFields.requireNone(request);
            Optional<byte[]> json = route.answer(request);
            if (json.isPresent()) {
                ctx.contentType("application/json");
                ctx.res().setContentLength(json.get().length);
                ctx.res().getOutputStream().write(json.get());
            }
        } catch (InterruptedException e) {
            // Only the end of a drain interrupts a request.
            throw inFlight.stopping();
        }
    }

    /**
     * The model that the request means, ready for it.
     *
     * @param texts what of the request the model will read
     * @return to be closed by the caller
     */
    ModelInUse model(Context ctx, Fields request, ModelRole role, Supplier<Stream<String>> texts)
            throws IOException, InterruptedException {
        Caller caller = Caller.of(ctx);
        ServedModel model = models.byId(request.text("model").orElse(""), role, caller::allowsModel);
        caller.requireModel(model.id());
        model.requireRole(role);
        return modelWait.await(ctx, model, false, texts);
    }

    /** The tokens of what a client wrote: nothing in it is a mark. */
    static int[] tokens(Engine engine, String text, Framing framing) {
        return engine.tokenize(new Rendering(List.of(new Segment(text, false))), framing);
    }

    /**
     * The vectors of inputs that fit the model's window.
     *
     * @param field which of the request's fields the inputs are
     * @return empty if the client has gone
     */
    Optional<float[][]> compute(Context ctx, ModelInUse model, String field, List<int[]> inputs)
            throws InterruptedException {
        long tokens = inputs.stream().mapToLong(input -> input.length).sum();
        if (tokens > EmbeddingRequest.MAX_TOKENS) {
            throw ApiException.invalid(
                    field,
                    "'%s' holds %d tokens; a request may have %d."
                            .formatted(field, tokens, EmbeddingRequest.MAX_TOKENS));
        }
        var work = new Work(model.id(), false, tokens, 0, 1);
        try (Account account = accounting.open(ctx, work)) {
            return compute(ctx, model.engine(), new EmbeddingRequest(inputs, owner(ctx)), account);
        }
    }

    /** Settles with the inputs that were computed, however it ends. */
    private Optional<float[][]> compute(Context ctx, Engine engine, EmbeddingRequest request, Account account)
            throws InterruptedException {
        long begin = System.nanoTime();
        Status status = Status.FAILED;
        IntSupplier computed = () -> 0;
        try (Embeddings embeddings = engine.embed(request)) {
            computed = embeddings::computedTokens;
            Optional<float[][]> vectors = await(ctx, embeddings, account);
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

    private static Outcome outcome(Status status, int tokens, Duration prefill) {
        boolean gone = status == Status.CANCELLED;
        return status == Status.REFUSED
                ? Outcome.withoutTokens(status, false)
                : new Outcome(status, "", tokens, 0, 0, 0, Duration.ZERO, prefill, Duration.ZERO, gone);
    }

    private static Owner owner(Context ctx) {
        Caller caller = Caller.of(ctx);
        return new Owner(caller.id(), caller.priority());
    }

    /** The vectors, empty if the client has gone; notes meanwhile how many tokens are computed. */
    private Optional<float[][]> await(Context ctx, Embeddings embeddings, Account account) throws InterruptedException {
        var client = new ClientConnection(ctx.req());
        Duration patience = modelWait.heartbeat().compareTo(PROGRESS) < 0 ? modelWait.heartbeat() : PROGRESS;
        long checkAgain = System.nanoTime() + modelWait.heartbeat().toNanos();
        Optional<float[][]> vectors = embeddings.await(patience);
        while (vectors.isEmpty()) {
            account.computed(embeddings.computedTokens());
            if (System.nanoTime() - checkAgain >= 0) {
                if (client.isClosed()) {
                    LOG.debug("the client that wanted vectors is gone");
                    return Optional.empty();
                }
                checkAgain = System.nanoTime() + modelWait.heartbeat().toNanos();
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
