package dev.gufo.server.exchange;

import dev.gufo.server.access.Caller;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.BodyRoom;
import dev.gufo.server.http.InFlight;
import dev.gufo.server.http.JsonBody;
import dev.gufo.server.limits.Reservation;
import dev.gufo.server.models.ServedModels;
import io.javalin.http.Context;
import java.io.IOException;

/**
 * How every request that computes something enters: it is counted, its key's limits are asked, and only then is its body read, within the room
 * for bodies. Safe for any thread.
 *
 * @param body reads bodies
 * @param room for bodies, and what is made of them
 * @param modelWait how requests wait for models
 */
public record Exchanges(
        JsonBody body,
        BodyRoom room,
        ServedModels models,
        ModelWait modelWait,
        InFlight inFlight,
        Accounting accounting) {
    /** What a route does with a request. */
    @FunctionalInterface
    public interface Route {
        /** Answers it. */
        void answer(Exchange exchange) throws IOException, InterruptedException;
    }

    /**
     * Has a request answered that uses tokens of a model.
     *
     * @throws ApiException if it can't be taken as it is, or the server is being stopped
     * @throws IOException if it can't be read
     */
    public void serve(Context ctx, Route route) throws IOException {
        enter(ctx, true, route);
    }

    /** The same for a request that computes, but uses no tokens: it counts as a request. */
    public void serveWithoutTokens(Context ctx, Route route) throws IOException {
        enter(ctx, false, route);
    }

    private void enter(Context ctx, boolean usesTokens, Route route) throws IOException {
        try (InFlight.Entry _ = inFlight.enter();
                Reservation reservation = accounting.enter(ctx, usesTokens);
                BodyRoom.Hold hold = room.open(owner(ctx));
                Exchange exchange = Exchange.read(this, ctx, reservation, hold)) {
            route.answer(exchange);
        } catch (InterruptedException e) {
            // Only the end of a drain interrupts a request.
            throw inFlight.stopping();
        }
    }

    /** Who shares the room for bodies: a key's requests, and without one those of an address. */
    private static String owner(Context ctx) {
        return Caller.of(ctx) instanceof Caller.Anonymous
                ? "address " + ctx.req().getRemoteAddr()
                : Caller.of(ctx).id();
    }
}
