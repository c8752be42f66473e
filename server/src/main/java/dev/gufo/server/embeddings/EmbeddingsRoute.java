package dev.gufo.server.embeddings;

import dev.gufo.engine.Engine;
import dev.gufo.engine.Framing;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.ModelRole;
import dev.gufo.server.chat.Fields;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.models.ModelInUse;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code POST /v1/embeddings}, as OpenAI's. Safe for any thread; each request stays on its own. */
public final class EmbeddingsRoute {
    private final VectorWork work;

    public EmbeddingsRoute(VectorWork work) {
        this.work = work;
    }

    /**
     * Answers one request.
     *
     * @throws ApiException if the request can't be taken as it is, or the server is being stopped
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it
     * @throws IOException if the request can't be read
     */
    public void embed(Context ctx) throws IOException {
        work.serve(ctx, fields -> answer(ctx, fields));
    }

    private Optional<byte[]> answer(Context ctx, Fields fields) throws IOException, InterruptedException {
        EmbeddingsRequest request = EmbeddingsRequest.read(fields);
        try (ModelInUse model = work.model(ctx, fields, ModelRole.EMBEDDINGS, request::texts)) {
            return answer(ctx, request, model);
        }
    }

    private Optional<byte[]> answer(Context ctx, EmbeddingsRequest request, ModelInUse model)
            throws InterruptedException {
        ModelInfo info = model.requireRole(ModelRole.EMBEDDINGS);
        int dimensions = info.embeddings().dimensions();
        int wanted = request.dimensions().orElse(dimensions);
        if (wanted > dimensions) {
            throw ApiException.invalid(
                    "dimensions",
                    "'dimensions' must be 1 to %d, the length of this model's vectors, is %d."
                            .formatted(dimensions, wanted));
        }
        List<int[]> inputs = tokens(model.engine(), info, request.inputs());
        int tokens = inputs.stream().mapToInt(input -> input.length).sum();
        return work.compute(ctx, model, "input", inputs)
                .map(vectors -> new VectorJson(request.base64(), wanted).answer(model.id(), vectors, tokens));
    }

    private static List<int[]> tokens(Engine engine, ModelInfo info, List<EmbeddingsRequest.Input> inputs) {
        List<int[]> all = new ArrayList<>(inputs.size());
        for (int i = 0; i < inputs.size(); i++) {
            int[] tokens = switch (inputs.get(i)) {
                case EmbeddingsRequest.Input.Text(String text) -> VectorWork.tokens(engine, text, Framing.INPUT);
                case EmbeddingsRequest.Input.Tokens(int[] ids) -> {
                    requireInVocabulary(i, ids, info.vocabularySize());
                    yield ids;
                }
            };
            if (tokens.length == 0) {
                throw ApiException.invalid("input[%d]".formatted(i), "'input[%d]' has no tokens.".formatted(i));
            }
            VectorWork.requireFits("input", i, tokens, info.embeddings().windowTokens());
            all.add(tokens);
        }
        return all;
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
