package dev.gufo.server.responses;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.answer.Answers;
import dev.gufo.server.answer.LeftOut;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.http.Heartbeat;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.responses.JobTable.Bundle;
import dev.gufo.server.responses.JobTable.Job;
import dev.gufo.store.ModelRole;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** {@code POST /v1/responses}, from the body to the last event. Safe for any thread; each request stays on its own. */
public final class ResponsesRoute {
    private final Exchanges exchanges;
    private final ResponseMaking making;
    private final Answers answers; // those of making
    private final Optional<Following> background;
    private final LeftOut leftOut = new LeftOut();

    /** @param background follows what is made in the background; empty if nothing is kept */
    ResponsesRoute(Exchanges exchanges, ResponseMaking making, Optional<Following> background) {
        this.exchanges = exchanges;
        this.making = making;
        this.answers = making.answers();
        this.background = background;
    }

    /** A response that was taken to be made in the background. */
    private record Queued(String id, String body, boolean stream) {}

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
        Optional<Queued> queued;
        try (Exchange exchange = exchanges.enter(ctx)) {
            queued = exchange.fields().flag("background").orElse(false)
                    ? Optional.of(queue(exchange))
                    : Optional.empty();
            if (queued.isEmpty()) {
                answer(exchange);
            }
        }
        // Its place is free again: the response itself takes one.
        if (queued.isPresent()) {
            tell(ctx, queued.get());
        }
    }

    /** Answers a request that was read, and is not to be made in the background. Throws as {@link #create}. */
    public void answer(Exchange exchange) throws IOException, InterruptedException {
        answers.send(exchange, prepare(exchange)); // which does not hold the input
    }

    private void tell(Context ctx, Queued queued) throws IOException, InterruptedException {
        if (queued.stream()) {
            background.orElseThrow().send(ctx, queued.id(), -1);
        } else {
            ctx.contentType("application/json").result(queued.body().getBytes(StandardCharsets.UTF_8));
        }
    }

    /**
     * Answers with a shorter dialogue in the place of the request's: its messages, and what the model says of the rest.
     *
     * @throws ApiException as {@link #create}
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it
     * @throws dev.gufo.template.TemplateException if the model's template refuses the input
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void compact(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enter(ctx)) {
            answers.send(exchange, prepareCompaction(exchange));
        }
    }

    private Answers.Prepared prepareCompaction(Exchange exchange) throws IOException, InterruptedException {
        ServedModel served = exchange.named(ModelRole.CHAT);
        ResponseRequest request = making.read(exchange);
        leftOut.tell(request.leftOut(), exchange.client());
        var compaction = new Compaction(
                answers.id("resp_"),
                answers.clock().instant().getEpochSecond(),
                request.asked().stream()
                        .map(item -> InputItems.kept(item, answers::id))
                        .toList(),
                answers.id("cmp_"),
                making.seal());
        return making.turns()
                .prepare(exchange, served, Compaction.asking(request.turn()), Optional.empty(), (_, _) -> compaction);
    }

    private Answers.Prepared prepare(Exchange exchange) throws IOException, InterruptedException {
        ServedModel served = exchange.named(ModelRole.CHAT);
        ResponseRequest request = making.read(exchange);
        leftOut.tell(request.leftOut(), exchange.client());
        String id = answers.id("resp_");
        ResponseWriter writer = writer(id, served, request, keeper(id, exchange, request), new EventWriter(0));
        boolean stream = request.turn().answer().stream();
        if (stream) {
            exchange.endsWith(writer); // its events may go out before the model is there
        }
        Optional<Heartbeat> whileLoading = stream ? Optional.of(writer) : Optional.empty();
        return making.prepare(exchange, served, request, writer, whileLoading);
    }

    private ResponseWriter writer(
            String id,
            ServedModel served,
            ResponseRequest request,
            Optional<ResponseKeeper> keeper,
            EventWriter events) {
        return new ResponseWriter(
                id,
                served.id(),
                request,
                making.output(request),
                keeper,
                answers.clock(),
                answers.clock().instant().getEpochSecond(),
                events);
    }

    /** Has the response made in the background; the request is checked as far as that goes without the model. */
    private Queued queue(Exchange exchange) throws InterruptedException {
        ServedModel served = exchange.named(ModelRole.CHAT);
        ResponseRequest request = making.read(exchange);
        leftOut.tell(request.leftOut(), exchange.client());
        making.turns().check(exchange, request.turn());
        exchange.computes();
        String id = answers.id("resp_");
        ResponseKeeper keeper = keeper(id, exchange, request).orElseThrow();
        var events = new EventWriter(0);
        ResponseWriter writer = writer(id, served, request, Optional.of(keeper), events);
        String body = writer.queued();
        var beginning = writer.queuedEvents();
        boolean stream = request.turn().answer().stream();
        ObjectNode again = ((ObjectNode) exchange.fields().node())
                .put("model", served.id())
                .put("stream", true);
        long now = answers.clock().millis();
        String key = exchange.caller().id();
        background
                .orElseThrow()
                .background()
                .take(
                        new StoredResponse(
                                id, key, now, request.previous(), Optional.empty(), body, keeper.input(), List.of()),
                        new Job(id, key, now, again.toString()),
                        new Bundle(0, events.next() - 1, beginning));
        return new Queued(id, body, stream);
    }

    private Optional<ResponseKeeper> keeper(String id, Exchange exchange, ResponseRequest request) {
        if (!request.stored() && request.conversation().isEmpty()) {
            return Optional.empty();
        }
        List<StoredResponse.Item> input = request.items().stream()
                .map(item -> InputItems.kept(item, answers::id))
                .toList();
        return making.store()
                .map(open -> new ResponseKeeper(
                        open,
                        answers.clock(),
                        id,
                        exchange.caller().id(),
                        request.previous(),
                        request.conversation(),
                        request.stored(),
                        input));
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
            ResponseRequest request = making.read(exchange);
            int tokens = making.turns().count(exchange, served, request.turn());
            var json = new JsonBytes();
            json.raw("{\"object\":\"response.input_tokens\",\"input_tokens\":")
                    .number(tokens)
                    .raw("}");
            ctx.contentType("application/json").result(json.toByteArray());
        }
    }
}
