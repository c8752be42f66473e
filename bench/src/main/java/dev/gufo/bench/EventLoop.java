package dev.gufo.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** All requests in flight, on the one thread that made this; every method returns at once but {@link #turn}. */
final class EventLoop implements AutoCloseable {
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long SLICE = TimeUnit.MICROSECONDS.toNanos(100);

    private final Target target;
    private final long timeoutNanos;
    private final long tickNanos;
    private final Selector selector;
    private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);

    private final List<HttpConnection> connections = new ArrayList<>();
    private final Deque<HttpConnection> idle = new ArrayDeque<>();
    private final Set<HttpConnection> busy = new LinkedHashSet<>();
    private List<RoundTrip> ended = new ArrayList<>();
    private long nextTick;

    /** Nothing in flight; exchanges that take longer than {@code timeoutNanos} will be given up. */
    EventLoop(Target target, long timeoutNanos) {
        this.target = target;
        this.timeoutNanos = timeoutNanos;
        this.tickNanos = Math.clamp(timeoutNanos / 4, MILLI, TimeUnit.SECONDS.toNanos(1));
        this.nextTick = System.nanoTime() + tickNanos;
        try {
            this.selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a request over the connection used last, or a new one if all are in use. */
    void send(RoundTrip exchange) {
        HttpConnection connection = idle.pollFirst();
        if (connection == null) {
            connection = new HttpConnection(target.address(), selector);
            connections.add(connection);
        }
        busy.add(connection);
        if (connection.begin(exchange)) {
            over(connection);
        }
    }

    /**
     * Waits until exchanges are over or the clock shows {@code untilNanos}, and receives what comes meanwhile.
     *
     * @return the exchanges that are over since the last turn; may be empty before the time is up
     */
    List<RoundTrip> turn(long untilNanos) {
        long now = System.nanoTime();
        if (now - nextTick >= 0) {
            nextTick = now + tickNanos;
            busy.stream()
                    .filter(connection -> connection.expire(now, timeoutNanos))
                    .toList()
                    .forEach(this::over);
        }
        if (ended.isEmpty()) {
            select(Math.min(untilNanos - now, nextTick - now));
        } else {
            select(0);
        }
        List<RoundTrip> over = ended;
        ended = new ArrayList<>();
        return over;
    }

    /** Sends a request and waits for its end; nothing else may be in flight. */
    void perform(RoundTrip exchange) {
        send(exchange);
        while (turn(nextTick).isEmpty()) {
            // What else would end?
        }
    }

    /** How many exchanges were sent and not yet returned by {@link #turn}. */
    int inFlight() {
        return busy.size() + ended.size();
    }

    /** How many connections were opened; more than there are clients means that the server closed some. */
    int opened() {
        return connections.stream().mapToInt(HttpConnection::opened).sum();
    }

    @Override
    public void close() {
        connections.forEach(HttpConnection::disconnect);
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A selector counts whole milliseconds; what is left below one is slept in slices, so that arrivals are on time.
     */
    private void select(long waitNanos) {
        try {
            if (waitNanos >= MILLI) {
                selector.select(this::ready, waitNanos / MILLI);
            } else if (selector.selectNow(this::ready) == 0 && waitNanos > 0) {
                LockSupport.parkNanos(Math.min(waitNanos, SLICE));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void ready(SelectionKey key) {
        var connection = (HttpConnection) key.attachment();
        if (connection.ready(buffer)) {
            over(connection);
        }
    }

    private void over(HttpConnection connection) {
        busy.remove(connection);
        idle.addFirst(connection);
        ended.add(connection.take());
    }
}
