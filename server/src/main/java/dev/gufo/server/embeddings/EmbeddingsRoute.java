package dev.gufo.server.embeddings;

import dev.gufo.engine.Framing;
import dev.gufo.engine.ModelInfo;
import dev.gufo.server.answer.LoraFields;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.exchange.AnswerCache;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.policy.ContentChecks;
import dev.gufo.server.usage.Status;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code POST /v1/embeddings}, as OpenAI's. Safe for any thread; each request stays on its own. */
public final class EmbeddingsRoute {
    private final Exchanges exchanges;
    private final VectorWork work;
    private final ContentChecks checks;

    public EmbeddingsRoute(Exchanges exchanges, VectorWork work, ContentChecks checks) {
        this.exchanges = exchanges;
        this.work = work;
        this.checks = checks;
    }

    /**
     * Answers one request.
     *
     * @throws ApiException if the request can't be taken as it is, or the server is being stopped
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void embed(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enter(ctx)) {
            answer(exchange);
        }
    }

    /** What is left of a request when its inputs are tokens. */
    private record Prepared(ModelInUse model, List<int[]> inputs, VectorJson json) {}

    /** Answers a request that was read. Throws as {@link #embed}. */
    public void answer(Exchange exchange) throws IOException, InterruptedException {
        LoraFields.requireNone(exchange.fields());
        Prepared prepared = prepare(exchange);
        ModelInUse model = prepared.model();
        List<int[]> inputs = prepared.inputs();
        Optional<AnswerCache.Place> place = exchange.place(inputs, List.of());
        exchange.forgetBody(0);
        place.ifPresent(at -> exchange.client().header("x-cache", at.kept().isPresent() ? "hit" : "miss"));
        if (place.flatMap(AnswerCache.Place::kept).isPresent()) {
            work.repeat(exchange, model, place.get().kept().get());
            return;
        }
        int dimensions = model.engine().model().embeddings().dimensions();
        Optional<float[][]> vectors = work.compute(exchange, model, "input", inputs, dimensions);
        if (vectors.isPresent()) {
            int tokens = inputs.stream().mapToInt(input -> input.length).sum();
            OutputStream object = exchange.client().object();
            prepared.json()
                    .write(place.map(at -> at.recording(object)).orElse(object), model.id(), vectors.get(), tokens);
            place.ifPresent(at -> at.keep(VectorWork.outcome(Status.COMPLETED, tokens, Duration.ZERO)));
        }
    }

    private Prepared prepare(Exchange exchange) throws IOException, InterruptedException {
        EmbeddingsRequest request = EmbeddingsRequest.read(exchange.fields());
        ServedModel served = exchange.named(ModelRole.EMBEDDINGS);
        checks.input(exchange, request::passages);
        ModelInUse model = exchange.use(served, Optional.empty(), request::texts);
        ModelInfo info = model.requireRole(ModelRole.EMBEDDINGS);
        int dimensions = info.embeddings().dimensions();
        int wanted = request.dimensions().orElse(dimensions);
        if (wanted > dimensions) {
            throw ApiException.invalid(
                    "dimensions",
                    "'dimensions' must be 1 to %d, the length of this model's vectors, is %d."
                            .formatted(dimensions, wanted));
        }
        List<int[]> inputs = tokens(exchange, info, request.inputs());
        checks.input(exchange, () -> request.passagesOfTokens(model.engine()));
        return new Prepared(model, inputs, new VectorJson(request.base64(), wanted));
    }

    private static List<int[]> tokens(Exchange exchange, ModelInfo info, List<EmbeddingsRequest.Input> inputs) {
        List<Rendering> texts = new ArrayList<>();
        List<int[]> tokens = new ArrayList<>();
        for (EmbeddingsRequest.Input input : inputs) { // all of them are texts, or none is
            switch (input) {
                case EmbeddingsRequest.Input.Text(String text) -> texts.add(VectorWork.written(text));
                case EmbeddingsRequest.Input.Tokens(int[] ids) -> {
                    requireInVocabulary(tokens.size(), ids, info.vocabularySize());
                    tokens.add(ids);
                }
            }
        }
        int window = info.embeddings().windowTokens();
        if (!texts.isEmpty()) {
            tokens.addAll(exchange.tokenize(texts, Framing.INPUT, "input[%d]"::formatted, window));
        }
        for (int i = 0; i < tokens.size(); i++) {
            if (tokens.get(i).length == 0) {
                throw ApiException.invalid("input[%d]".formatted(i), "'input[%d]' has no tokens.".formatted(i));
            }
            VectorWork.requireFits("input", i, tokens.get(i), window);
        }
        return tokens;
    }

    private static void requireInVocabulary(int index, int[] ids, int vocabularySize) {
        for (int id : ids) {
            if (id >= vocabularySize) {
                throw ApiException.invalid(
                        "input[%d]".formatted(index),
                        "Token ids of this model are 0 to %d, one is %d.".formatted(vocabularySize - 1, id));
            }
        }
    }
}
