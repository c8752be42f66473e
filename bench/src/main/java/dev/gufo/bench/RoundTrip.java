package dev.gufo.bench;

import java.nio.ByteBuffer;
import java.util.Optional;

/** One request and what came back. Belongs to the loop's thread. */
final class RoundTrip {
    private final ByteBuffer request;
    private final HttpResponse.Receiver receiver;
    private final long startNanos;

    private ByteBuffer unsent;
    private HttpResponse response;
    private Optional<Failure.Broken> failure = Optional.empty();
    private long endNanos;

    /**
     * A request that is still to be sent.
     *
     * @param request head and body
     * @param receiver takes the response
     * @param startNanos when it was, or is, due
     */
    RoundTrip(byte[] request, HttpResponse.Receiver receiver, long startNanos) {
        this.request = ByteBuffer.wrap(request);
        this.receiver = receiver;
        this.startNanos = startNanos;
        rewind();
    }

    /** Begins anew, on another connection; the receiver must not have got anything yet. */
    void rewind() {
        unsent = request.duplicate();
        response = new HttpResponse(receiver);
    }

    void end(Optional<Failure.Broken> failure, long nanos) {
        this.failure = failure;
        this.endNanos = nanos;
    }

    ByteBuffer unsent() {
        return unsent;
    }

    HttpResponse response() {
        return response;
    }

    HttpResponse.Receiver receiver() {
        return receiver;
    }

    long startNanos() {
        return startNanos;
    }

    /** Why there is no complete response; empty if there is one. */
    Optional<Failure.Broken> failure() {
        return failure;
    }

    /** When the response was complete or given up. */
    long endNanos() {
        return endNanos;
    }
}
