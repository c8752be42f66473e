package dev.gufo.server.responses;

import dev.gufo.server.access.KnownCallers;
import dev.gufo.server.answer.Answers;
import dev.gufo.server.answer.ReasoningSeal;
import dev.gufo.server.answer.Turns;
import dev.gufo.server.error.ErrorResponses;
import dev.gufo.server.exchange.Exchanges;
import java.util.Optional;

/**
 * The Responses API of one server.
 *
 * @param responses makes responses
 * @param stored those that are kept, if any are
 * @param conversations likewise
 * @param administration of those that are kept, whosever they are
 */
public record ResponsesApi(
        ResponsesRoute responses,
        Optional<StoredRoutes> stored,
        Optional<ConversationRoutes> conversations,
        Optional<AdminResponses> administration) {
    /**
     * Begins to serve it, and goes on with what earlier servers have left in the background.
     *
     * @param store where responses are kept; empty if they are not
     * @param mostBytes of the history that a request may go on with
     * @param callers whose responses are made in the background
     */
    public static ResponsesApi start(
            Exchanges exchanges,
            Answers answers,
            Turns turns,
            ReasoningSeal seal,
            Optional<ResponseStore> store,
            long mostBytes,
            ErrorResponses errors,
            KnownCallers callers) {
        var making = new ResponseMaking(answers, turns, seal, store, mostBytes);
        Optional<Following> following = store.map(open -> new Following(
                Background.start(exchanges, making, errors, open.database(), callers::find),
                exchanges.inFlight(),
                answers.heartbeat()));
        return new ResponsesApi(
                new ResponsesRoute(exchanges, making, following),
                store.map(open -> new StoredRoutes(open, following.orElseThrow())),
                store.map(open -> new ConversationRoutes(exchanges, making, open)),
                store.map(
                        open -> new AdminResponses(open, following.orElseThrow().background())));
    }
}
