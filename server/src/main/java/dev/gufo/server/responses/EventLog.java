package dev.gufo.server.responses;

import dev.gufo.server.responses.JobTable.Bundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The events of a response in the background that are not in the database yet. The job's thread writes them, as it
 * would to a connection; the thread that keeps them takes them. All fields are behind this object's monitor.
 */
final class EventLog extends OutputStream {
    private final EventWriter events;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private long first;
    private long next; // behind the last event that is whole
    private int whole; // bytes of written
    private boolean unwanted;

    /** @param events numbers them; used by the job's thread only */
    EventLog(EventWriter events) {
        this.events = events;
        this.first = events.next();
        this.next = first;
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        if (unwanted) {
            throw new IOException("nobody wants the response any more");
        }
        written.write(bytes, offset, length);
    }

    /** All that is written is whole events. */
    @Override
    public synchronized void flush() {
        whole = written.size();
        next = events.next();
    }

    /** Lets the job end at the next chance: its response was cancelled or deleted, or another server computes it. */
    synchronized void end() {
        unwanted = true;
    }

    synchronized boolean ended() {
        return unwanted;
    }

    /** What is whole and not {@link #kept} yet. */
    synchronized Optional<Bundle> bundle() {
        if (whole == 0) {
            return Optional.empty();
        }
        String body = new String(written.toByteArray(), 0, whole, StandardCharsets.UTF_8);
        return Optional.of(new Bundle(first, next - 1, body));
    }

    /** A bundle is in the database. */
    synchronized void kept(Bundle bundle) {
        byte[] all = written.toByteArray();
        int taken = bundle.body().getBytes(StandardCharsets.UTF_8).length;
        written.reset();
        written.writeBytes(Arrays.copyOfRange(all, taken, all.length));
        whole -= taken;
        first = bundle.last() + 1;
    }
}
