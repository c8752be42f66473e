package dev.gufo.server.messages;

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
import java.util.Optional;

/**
 * {@code POST /v1/messages} and {@code POST /v1/messages/count_tokens}, from the body to the last event. Safe for any
 * thread; each request stays on its own.
 */
public final class MessagesRoute {
    private final Exchanges exchanges;
    private final Answers answers;
    private final Turns turns;
    private final ReasoningSeal seal;
    private final LeftOut leftOut = new LeftOut();

    /**
     * @param turns that cut a {@code max_tokens} to what the context has left: agents ask for the same number of every
     *     model
     * @param seal for what the model thinks
     */
    public MessagesRoute(Exchanges exchanges, Answers answers, Turns turns, ReasoningSeal seal) {
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
     * @throws dev.gufo.template.TemplateException if the model's template refuses the messages
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void create(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enter(ctx)) {
            answer(exchange);
        }
    }

    /** Answers a request that was read. Throws as {@link #create}. */
    public void answer(Exchange exchange) throws IOException, InterruptedException {
        answers.send(exchange, prepare(exchange)); // which does not hold the messages
    }

    private Answers.Prepared prepare(Exchange exchange) throws IOException, InterruptedException {
        ServedModel served = exchange.named(ModelRole.CHAT);
        MessagesRequest request = MessagesRequest.read(exchange.fields(), seal);
        leftOut.tell(request.leftOut(), exchange.client());
        MessagesRequest.Telling telling = request.telling();
        return turns.prepare(
                exchange,
                served,
                request.turn(),
                request.turn().answer().stream() ? Optional.of(MessagesWriter.PING) : Optional.<Heartbeat>empty(),
                (model, info) -> new MessagesWriter(answers.head("msg_", model, info), telling, seal));
    }

    /**
     * Answers with the number of tokens that the prompt of a request would have.
     *
     * @throws ApiException as {@link #create}
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void countTokens(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enterWithoutTokens(ctx)) {
            ServedModel served = exchange.named(ModelRole.CHAT);
            MessagesRequest request = MessagesRequest.readToCount(exchange.fields(), seal);
            leftOut.tell(request.leftOut(), exchange.client());
            int tokens = turns.count(exchange, served, request.turn());
            var json = new JsonBytes();
            json.raw("{\"input_tokens\":").number(tokens).raw("}");
            ctx.contentType("application/json").result(json.toByteArray());
        }
    }
}
