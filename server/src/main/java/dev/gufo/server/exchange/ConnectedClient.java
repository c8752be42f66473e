package dev.gufo.server.exchange;

import dev.gufo.server.access.Caller;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.accounting.Work;
import dev.gufo.server.http.ClientConnection;
import dev.gufo.server.http.EventStream;
import dev.gufo.server.limits.Reservation;
import dev.gufo.server.log.RequestLog;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Supplier;

/** A client that waits at its connection. */
record ConnectedClient(Context ctx, Accounting accounting) implements Client {
    @Override
    public String id() {
        return String.valueOf(ctx.res().getHeader("x-request-id"));
    }

    @Override
    public Caller caller() {
        return Caller.of(ctx);
    }

    /** A key's requests share it, and without a key those of an address. */
    @Override
    public String roomOwner() {
        return caller() instanceof Caller.Anonymous ? "address " + ctx.req().getRemoteAddr() : caller().id();
    }

    @Override
    public boolean isGone() {
        return new ClientConnection(ctx.req()).isClosed();
    }

    @Override
    public void leftEarly() {
        RequestLog.clientGone(ctx);
    }

    @Override
    public void header(String name, String value) {
        ctx.header(name, value);
    }

    @Override
    public OutputStream object() throws IOException {
        ctx.contentType("application/json");
        return ctx.res().getOutputStream();
    }

    @Override
    public OutputStream events() throws IOException {
        EventStream.begin(ctx);
        return ctx.res().getOutputStream();
    }

    @Override
    public Account open(Reservation reservation, Work work) throws InterruptedException {
        return accounting.open(ctx, reservation, work);
    }

    @Override
    public void prompt(Supplier<String> text) {
        accounting.log().prompt(ctx, text);
    }
}
