package dev.gufo.server.responses;

import dev.gufo.server.answer.Answers;
import dev.gufo.server.answer.ReasoningSeal;
import dev.gufo.server.answer.Turns;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.http.Heartbeat;
import dev.gufo.server.models.ServedModel;
import java.io.IOException;
import java.util.Optional;

/**
 * What a response is made with, whoever waits for it. Safe for any thread.
 *
 * @param seal for what the model thinks
 * @param store where responses are kept; empty if they are not
 * @param mostBytes of the history that a request may go on with
 */
record ResponseMaking(Answers answers, Turns turns, ReasoningSeal seal, Optional<ResponseStore> store, long mostBytes) {
    /** Reads the request of an exchange; throws as {@link ResponseRequest#read}. */
    ResponseRequest read(Exchange exchange) throws InterruptedException {
        return ResponseRequest.read(exchange.fields(), seal, kept(exchange));
    }

    /** What the caller of an exchange has had kept. */
    Kept kept(Exchange exchange) {
        return new Kept(store, exchange.caller().id(), mostBytes, exchange::takeRoom);
    }

    /** The items of the answer to a request, none yet. */
    Output output(ResponseRequest request) {
        return new Output(request.tools(), request.sealed() ? Optional.of(seal) : Optional.empty(), answers::id);
    }

    /** What is left of a request when its prompt is tokens; throws as {@link Turns#prepare}. */
    Answers.Prepared prepare(
            Exchange exchange,
            ServedModel served,
            ResponseRequest request,
            ResponseWriter writer,
            Optional<Heartbeat> whileLoading)
            throws IOException, InterruptedException {
        return turns.prepare(exchange, served, request.turn(), whileLoading, (_, info) -> writer.over(info));
    }
}
