package dev.gufo.bench;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** The connections of a run, kept for the next request, and the clock that breaks overdue exchanges off. Any thread. */
final class Connections implements AutoCloseable {
    private final Target target;
    private final long timeoutNanos;
    private final List<HttpConnection> all = new CopyOnWriteArrayList<>();
    private final ConcurrentLinkedDeque<HttpConnection> idle = new ConcurrentLinkedDeque<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("timeouts").factory());
    private final ScheduledFuture<?> ticking;

    Connections(Target target, long timeoutNanos) {
        this.target = target;
        this.timeoutNanos = timeoutNanos;
        long period = Math.clamp(timeoutNanos / 4, 1, TimeUnit.SECONDS.toNanos(1));
        this.ticking = clock.scheduleAtFixedRate(
                () -> all.forEach(connection -> connection.expire(System.nanoTime())),
                period,
                period,
                TimeUnit.NANOSECONDS);
    }

    /** The connection used last, so that few are open; a new one if all are in use. */
    HttpConnection take() {
        HttpConnection connection = idle.pollFirst();
        if (connection == null) {
            connection = new HttpConnection(target);
            all.add(connection);
        }
        return connection;
    }

    void giveBack(HttpConnection connection) {
        idle.addFirst(connection);
    }

    /** Sends one chat completion request and waits for the end of its answer. */
    Outcome complete(HttpConnection connection, byte[] json, boolean stream) {
        var reader = new CompletionReader(stream);
        try {
            connection.exchange(target.post("/chat/completions", json), timeoutNanos, reader);
            return reader.complete(System.nanoTime());
        } catch (ExchangeFailed e) {
            return reader.brokenOff(e.failure(), System.nanoTime());
        }
    }

    /** Fetches {@code path} under the base URL. */
    void get(String path, HttpConnection.Receiver receiver) throws ExchangeFailed {
        HttpConnection connection = take();
        try {
            connection.exchange(target.get(path), timeoutNanos, receiver);
        } finally {
            giveBack(connection);
        }
    }

    /** How many connections were opened; more than there are clients means that the server closed some. */
    int opened() {
        return all.stream().mapToInt(HttpConnection::opened).sum();
    }

    @Override
    public void close() {
        ticking.cancel(false);
        clock.shutdownNow();
        all.forEach(HttpConnection::close);
    }
}
