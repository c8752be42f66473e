package dev.gufo.server.exchange;

import dev.gufo.engine.Owner;
import dev.gufo.server.access.Caller;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.accounting.Work;
import dev.gufo.server.limits.Reservation;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Supplier;

/**
 * Whoever gets the answer of an exchange: a client that waits at its connection, or nobody yet, where the answer is
 * kept until it is asked for. Belongs to the exchange's thread.
 */
public interface Client {
    /** Id of the request, as the log has it. */
    String id();

    /** Who asked. */
    Caller caller();

    /** Whom the engine's work is for: it takes turns with that of others. */
    default Owner owner() {
        return new Owner(caller().id(), caller().priority());
    }

    /** With whom it shares the room for bodies. */
    String roomOwner();

    /** Whether it is known that nobody wants the answer any more; asked again and again, never blocks. */
    boolean isGone();

    /** Notes that it went away before its request was accepted. */
    void leftEarly();

    /** Tells something beside the answer, as long as that has not begun. */
    void header(String name, String value);

    /**
     * Where an answer of one JSON object goes.
     *
     * @throws IOException if the client has gone
     */
    OutputStream object() throws IOException;

    /**
     * Where an answer of events goes; asked for the first time when the first event is there.
     *
     * @throws IOException if the client has gone
     */
    OutputStream events() throws IOException;

    /** Accepts the request: see {@link dev.gufo.server.accounting.Accounting#open}. */
    Account open(Reservation reservation, Work work) throws InterruptedException;

    /** Notes the prompt for the log, if the operator wants that. */
    void prompt(Supplier<String> text);
}
