package dev.gufo.server.embeddings;

import dev.gufo.engine.Framing;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.PairFormat;
import dev.gufo.server.answer.LoraFields;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.policy.ContentChecks;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@code POST /v1/rerank}, in the shape that Jina and Cohere have. Safe for any thread; each request stays on its own.
 */
public final class RerankRoute {
    private static final Pattern PLACE = Pattern.compile("\\{(query|document)}");

    private final Exchanges exchanges;
    private final VectorWork work;
    private final ContentChecks checks;

    public RerankRoute(Exchanges exchanges, VectorWork work, ContentChecks checks) {
        this.exchanges = exchanges;
        this.work = work;
        this.checks = checks;
    }

    private record Result(int index, double score) {}

    /**
     * Answers one request.
     *
     * @throws ApiException if the request can't be taken as it is, or the server is being stopped
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void rerank(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enter(ctx)) {
            answer(exchange);
        }
    }

    /** Answers a request that was read. Throws as {@link #rerank}. */
    public void answer(Exchange exchange) throws IOException, InterruptedException {
        LoraFields.requireNone(exchange.fields());
        RerankRequest request = RerankRequest.read(exchange.fields());
        ServedModel served = exchange.named(ModelRole.RERANK);
        checks.input(exchange, request::passages);
        ModelInUse model = exchange.use(served, Optional.empty(), request::texts);
        ModelInfo info = model.requireRole(ModelRole.RERANK);
        List<int[]> pairs = pairs(exchange, info, request);
        Optional<float[][]> ranks = work.compute(exchange, model, "documents", pairs, 1);
        if (ranks.isPresent()) {
            int tokens = pairs.stream().mapToInt(pair -> pair.length).sum();
            write(exchange.client().object(), model.id(), request, best(ranks.get(), request.best()), tokens);
        }
    }

    private static List<int[]> pairs(Exchange exchange, ModelInfo info, RerankRequest request) {
        PairFormat format = info.embeddings().pairs();
        int window = info.embeddings().windowTokens();
        List<int[]> pairs = format.template().isEmpty()
                ? joinedPairs(exchange, format, window, request)
                : renderedPairs(exchange, format, window, request);
        for (int i = 0; i < pairs.size(); i++) {
            VectorWork.requireFits("documents", i, pairs.get(i), window);
        }
        return pairs;
    }

    private static List<int[]> joinedPairs(Exchange exchange, PairFormat format, int window, RerankRequest request) {
        List<Rendering> texts = request.texts().map(VectorWork::written).toList();
        IntFunction<String> field = i -> i == 0 ? "query" : "documents[%d]".formatted(i - 1);
        List<int[]> tokens = exchange.tokenize(texts, Framing.NONE, field, window);
        int[] query = tokens.getFirst();
        return tokens.stream()
                .skip(1)
                .map(document -> joined(format.before(), query, format.between(), document, format.after()))
                .toList();
    }

    private static List<int[]> renderedPairs(Exchange exchange, PairFormat format, int window, RerankRequest request) {
        List<Rendering> texts = request.documents().stream()
                .map(document -> rendering(format.template(), request.query(), document))
                .toList();
        return exchange.tokenize(texts, Framing.NONE, "documents[%d]"::formatted, window);
    }

    private static int[] joined(int[]... parts) {
        return Stream.of(parts).flatMapToInt(IntStream::of).toArray();
    }

    /** The template's marks are marks; those in a query or a document are text. */
    private static Rendering rendering(String template, String query, String document) {
        List<Segment> segments = new ArrayList<>();
        Matcher place = PLACE.matcher(template);
        int from = 0;
        while (place.find()) {
            segments.add(new Segment(template.substring(from, place.start()), true));
            segments.add(new Segment(place.group(1).equals("query") ? query : document, false));
            from = place.end();
        }
        segments.add(new Segment(template.substring(from), true));
        return new Rendering(segments);
    }

    private static List<Result> best(float[][] ranks, int count) {
        return IntStream.range(0, ranks.length)
                .mapToObj(i -> new Result(i, score(ranks[i])))
                .sorted(Comparator.comparingDouble(Result::score).reversed())
                .limit(count)
                .toList();
    }

    /** One number is a logit; of several, which are probabilities, the first is that of a good answer. */
    private static double score(float[] rank) {
        return rank.length == 1 ? 1 / (1 + Math.exp(-rank[0])) : rank[0];
    }

    private static void write(OutputStream out, String model, RerankRequest request, List<Result> results, int tokens)
            throws IOException {
        var json = new JsonBytes()
                .raw("{\"object\":\"list\",\"model\":")
                .string(model)
                .raw(",\"results\":[");
        String separator = "";
        for (Result result : results) {
            json.raw(separator).raw("{\"index\":").number(result.index());
            json.raw(",\"relevance_score\":").raw(Double.toString(result.score()));
            if (request.returnDocuments()) {
                json.raw(",\"document\":{\"text\":")
                        .string(request.documents().get(result.index()))
                        .raw("}");
            }
            json.raw("}");
            json.drainIfLong(out);
            separator = ",";
        }
        json.raw("],\"usage\":{\"prompt_tokens\":").number(tokens);
        json.raw(",\"total_tokens\":").number(tokens).raw("}}").drainTo(out);
    }
}
