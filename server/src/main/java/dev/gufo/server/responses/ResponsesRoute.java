package dev.gufo.server.responses;

import dev.gufo.server.answer.Answers;
import dev.gufo.server.answer.LeftOut;
import dev.gufo.server.answer.ReasoningSeal;
import dev.gufo.server.answer.Turns;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.http.Heartbeat;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.models.ServedModel;
import dev.gufo.store.ModelRole;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** {@code POST /v1/responses}, from the body to the last event. Safe for any thread; each request stays on its own. */
public final class ResponsesRoute {
    private final Exchanges exchanges;
    private final Answers answers;
    private final Turns turns;
    private final Optional<ResponseStore> store;
    private final long mostBytes;
    private final ReasoningSeal seal;
    private final LeftOut leftOut = new LeftOut();

    /**
     * @param seal for what the model thinks
     * @param store where responses are kept; empty if they are not
     * @param mostBytes of the history that a request may go on with
     */
    public ResponsesRoute(
            Exchanges exchanges,
            Answers answers,
            Turns turns,
            ReasoningSeal seal,
            Optional<ResponseStore> store,
            long mostBytes) {
        this.store = store;
        this.mostBytes = mostBytes;
        this.exchanges = exchanges;
        this.answers = answers;
        this.turns = turns;
        this.seal = seal;
    }

    /**
     * Answers one request.
     *
     * @throws ApiException if the request can't be taken as it is, or the server is being stopped
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it, also after the first events are out
     * @throws dev.gufo.template.TemplateException if the model's template refuses the input
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void create(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enter(ctx)) {
            answers.send(exchange, prepare(exchange)); // which does not hold the input
        }
    }

    private Answers.Prepared prepare(Exchange exchange) throws IOException, InterruptedException {
        ServedModel served = exchange.named(ModelRole.CHAT);
        ResponseRequest request = ResponseRequest.read(exchange.fields(), seal, kept(exchange));
        leftOut.tell(request.leftOut(), exchange.context());
        var output = new Output(request.tools(), request.sealed() ? Optional.of(seal) : Optional.empty(), answers::id);
        String id = answers.id("resp_");
        var writer =
                new ResponseWriter(id, served.id(), request, output, keeper(id, exchange, request), answers.clock());
        boolean stream = request.turn().answer().stream();
        if (stream) {
            writer.attachTo(exchange.context().req()); // its events may go out before the model is there
        }
        Optional<Heartbeat> whileLoading = stream ? Optional.of(writer) : Optional.empty();
        return turns.prepare(exchange, served, request.turn(), whileLoading, (_, info) -> writer.over(info));
    }

    private Kept kept(Exchange exchange) {
        return new Kept(store, exchange.caller().id(), mostBytes, exchange::takeRoom);
    }

    private Optional<ResponseKeeper> keeper(String id, Exchange exchange, ResponseRequest request) {
        if (!request.stored()) {
            return Optional.empty();
        }
        List<StoredResponse.Item> input = request.items().stream()
                .map(item -> InputItems.kept(item, answers::id))
                .toList();
        return store.map(open ->
                new ResponseKeeper(open, answers.clock(), id, exchange.caller().id(), request.previous(), input));
    }

    /**
     * Answers with the number of tokens that the prompt of a request would have.
     *
     * @throws ApiException as {@link #create}
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void inputTokens(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enterWithoutTokens(ctx)) {
            ServedModel served = exchange.named(ModelRole.CHAT);
            ResponseRequest request = ResponseRequest.read(exchange.fields(), seal, kept(exchange));
            int tokens = turns.count(exchange, served, request.turn());
            var json = new JsonBytes();
            json.raw("{\"object\":\"response.input_tokens\",\"input_tokens\":")
                    .number(tokens)
                    .raw("}");
            ctx.contentType("application/json").result(json.toByteArray());
        }
    }
}
