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
        ServedModel model = models.byId(request.text("model").orElse(""), role, Caller.of(ctx)::allowsModel);
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
        Status status = Status.FAILED;
        try (Account account = accounting.open(ctx, work)) {
            long begin = System.nanoTime();
            try {
                Optional<float[][]> vectors = await(ctx, model.engine(), new EmbeddingRequest(inputs, owner(ctx)));
                status = vectors.isPresent() ? Status.COMPLETED : Status.CANCELLED;
                return vectors;
            } catch (EngineException.Refused e) {
                status = Status.REFUSED;
                throw e;
            } finally {
                account.settle(outcome(status, tokens, Duration.ofNanos(System.nanoTime() - begin)));
            }
        }
    }

    private static Outcome outcome(Status status, long tokens, Duration prefill) {
        boolean gone = status == Status.CANCELLED;
        return status == Status.REFUSED
                ? Outcome.withoutTokens(status, false)
                : new Outcome(status, "", (int) tokens, 0, 0, 0, Duration.ZERO, prefill, Duration.ZERO, gone);
    }

    private static Owner owner(Context ctx) {
        Caller caller = Caller.of(ctx);
        return new Owner(caller.id(), caller.priority());
    }

    private Optional<float[][]> await(Context ctx, Engine engine, EmbeddingRequest request)
            throws InterruptedException {
        var client = new ClientConnection(ctx.req());
        try (Embeddings embeddings = engine.embed(request)) {
            Optional<float[][]> vectors = embeddings.await(modelWait.heartbeat());
            while (vectors.isEmpty()) {
                if (client.isClosed()) {
                    LOG.debug(
                            "the client that wanted {} vectors is gone",
                            request.inputs().size());
                    return Optional.empty();
                }
                vectors = embeddings.await(modelWait.heartbeat());
            }
            return vectors;
        }
    }

    /** Tells which input does not fit. */
    static void requireFits(String field, int index, int[] input, int windowTokens) {
        if (input.length > windowTokens) {
            throw new ApiException(new Problem.InputTooLong(field, index, input.length, windowTokens));
        }
    }
}
