package dev.gufo.server.exchange;

import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.BodyRoom;
import dev.gufo.server.http.InFlight;
import dev.gufo.server.http.JsonBody;
import dev.gufo.server.models.ServedModels;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.Optional;

/**
 * How every request that computes something enters: it is counted, its key's limits are asked, and only then is its
 * body read, within the room for bodies. Safe for any thread.
 *
 * @param body reads bodies
 * @param room for bodies, and what is made of them
 * @param modelWait how requests wait for models
 * @param answers those that are kept, if any are
 */
public record Exchanges(
        JsonBody body,
        BodyRoom room,
        ServedModels models,
        ModelWait modelWait,
        InFlight inFlight,
        Accounting accounting,
        Optional<AnswerCache> answers) {
    /**
     * Takes in a request that uses tokens of a model. Its thread is interrupted when the server stops and does not wait
     * any longer.
     *
     * @return to be closed by the caller, on the same thread
     * @throws ApiException if it can't be taken as it is, or the server is being stopped
     * @throws IOException if it can't be read
     */
    public Exchange enter(Context ctx) throws IOException {
        return Exchange.enter(this, ctx, true);
    }

    /**
     * Takes in a request that came before, and whose answer nobody waits for at a connection. It takes a place of its
     * caller's, and counts as no further request.
     *
     * @param body its JSON
     * @return to be closed by the caller, on the same thread
     * @throws ApiException if there is no room for it now, or the server is being stopped
     */
    public Exchange resume(Client client, String body) {
        return Exchange.resume(this, client, body, accounting::resume);
    }

    /**
     * Takes in a request that can wait: of its caller's limits only the budget counts, and how long an answer may be.
     *
     * @param body its JSON
     * @return to be closed by the caller, on the same thread
     * @throws ApiException if there is no room for it now, or the server is being stopped
     */
    public Exchange later(Client client, String body) {
        return Exchange.resume(this, client, body, accounting::budget);
    }

    /** Takes in a request that computes, but uses no tokens: it counts as a request. */
    public Exchange enterWithoutTokens(Context ctx) throws IOException {
        return Exchange.enter(this, ctx, false);
    }
}
