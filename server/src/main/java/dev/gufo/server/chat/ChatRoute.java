package dev.gufo.server.chat;

import dev.gufo.server.answer.Answers;
import dev.gufo.server.answer.Turn;
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

/**
 * {@code POST /v1/chat/completions}, from the body to the last event. Safe for any thread; each request stays on its
 * own.
 */
public final class ChatRoute {
    private final Exchanges exchanges;
    private final Answers answers;
    private final Turns turns;

    public ChatRoute(Exchanges exchanges, Answers answers, Turns turns) {
        this.exchanges = exchanges;
        this.answers = answers;
        this.turns = turns;
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
    public void complete(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enter(ctx)) {
            answer(exchange);
        }
    }

    /** Answers a request that was read. Throws as {@link #complete}. */
    public void answer(Exchange exchange) throws IOException, InterruptedException {
        answers.send(exchange, prepare(exchange)); // which does not hold the messages
    }

    private Answers.Prepared prepare(Exchange exchange) throws IOException, InterruptedException {
        ServedModel served = exchange.named(ModelRole.CHAT);
        Turn turn = ChatRequest.read(exchange.fields());
        boolean logprobs = turn.topLogprobs() >= 0;
        boolean includeUsage = turn.answer().includeUsage();
        return turns.prepare(
                exchange,
                served,
                turn,
                Heartbeat.whileLoading(turn.answer().stream()),
                (model, info) -> new ChatWriter(answers.head("chatcmpl-", model, info), logprobs, includeUsage));
    }

    /**
     * Answers with the number of tokens that the prompt of a chat request would have.
     *
     * @throws ApiException as {@link #complete}
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void inputTokens(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enterWithoutTokens(ctx)) {
            ServedModel served = exchange.named(ModelRole.CHAT);
            int tokens = turns.count(exchange, served, ChatRequest.read(exchange.fields()));
            var json = new JsonBytes();
            json.raw("{\"object\":\"response.input_tokens\",\"model\":")
                    .string(served.id())
                    .raw(",\"input_tokens\":")
                    .number(tokens)
                    .raw("}");
            ctx.contentType("application/json").result(json.toByteArray());
        }
    }
}
