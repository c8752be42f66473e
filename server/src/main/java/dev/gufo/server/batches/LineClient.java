package dev.gufo.server.batches;

import dev.gufo.engine.Owner;
import dev.gufo.server.access.Caller;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.accounting.Work;
import dev.gufo.server.exchange.Client;
import dev.gufo.server.limits.Reservation;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Gets the answer to a line, on the line's thread.
 *
 * @param id of the request
 * @param over whether nobody wants the answer any more
 */
record LineClient(
        Caller caller,
        String id,
        String endpoint,
        Accounting accounting,
        InstantSource clock,
        BooleanSupplier over,
        ByteArrayOutputStream answer)
        implements Client {
    private static final String PREFIX = "batches of ";

    /** Apart from what the caller sends itself, and after what anyone sends. */
    @Override
    public Owner owner() {
        return new Owner(PREFIX + caller.id(), 1, true);
    }

    @Override
    public String roomOwner() {
        return PREFIX + caller.id();
    }

    @Override
    public boolean isGone() {
        return over.getAsBoolean();
    }

    @Override
    public void leftEarly() {}

    @Override
    public void header(String name, String value) {}

    @Override
    public OutputStream object() {
        return answer;
    }

    @Override
    public OutputStream events() {
        throw new AssertionError("no line asks for a stream");
    }

    @Override
    public Account open(Reservation reservation, Work work) throws InterruptedException {
        return accounting.open(caller, id, endpoint, clock.instant(), reservation, work);
    }

    @Override
    public void prompt(Supplier<String> text) {}
}
