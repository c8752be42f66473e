package dev.gufo.server.http;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes connections whose client takes too long for a request's line and headers. The web server's own timeout starts
 * anew with every byte, so a byte now and then would keep a connection for ever. Looks at all of them a few times
 * within the deadline, on the scheduler's thread; connections come and go on any thread.
 */
public final class HeaderDeadline extends AbstractLifeCycle implements Connection.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(HeaderDeadline.class);
    private static final EnumSet<HttpParser.State> HEAD =
            EnumSet.range(HttpParser.State.START, HttpParser.State.HEADER);
    private static final int LOOKS = 4;

    private final Scheduler scheduler;
    private final Duration deadline;
    private final Map<HttpConnection, Head> connections = new ConcurrentHashMap<>();
    private volatile Scheduler.@Nullable Task next;

    /**
     * A request's head that is expected or under way.
     *
     * @param requests that came on this connection before it
     * @param bytes that had come by the first look at it
     * @param since that look, or the first one at which more bytes were there, in nanoTime
     * @param begun whether more bytes were there
     */
    private record Head(long requests, long bytes, long since, boolean begun) {}

    /** @param scheduler started before this, as both are the connector's */
    public HeaderDeadline(Scheduler scheduler, Duration deadline) {
        this.scheduler = scheduler;
        this.deadline = deadline;
    }

    @Override
    public void onOpened(Connection connection) {
        if (connection instanceof HttpConnection http) {
            connections.put(http, new Head(0, 0, System.nanoTime(), false));
        }
    }

    @Override
    public void onClosed(Connection connection) {
        if (connection instanceof HttpConnection http) {
            connections.remove(http);
        }
    }

    @Override
    protected void doStart() {
        lookLater();
    }

    @Override
    protected void doStop() {
        requireNonNull(next).cancel();
        connections.clear();
    }

    private void lookLater() {
        next = scheduler.schedule(this::look, deadline.toNanos() / LOOKS, TimeUnit.NANOSECONDS);
    }

    private void look() {
        long now = System.nanoTime();
        connections.replaceAll((connection, head) -> look(connection, head, now));
        if (isStarted() || isStarting()) {
            lookLater();
        }
    }

    private Head look(HttpConnection connection, Head head, long now) {
        long requests = connection.getMessagesIn();
        long bytes = connection.getBytesIn();
        if (requests != head.requests() || !awaitsHead(connection.getParser())) {
            return new Head(requests, bytes, now, false);
        }
        if (bytes > head.bytes() && !head.begun()) {
            return new Head(requests, bytes, now, true);
        }
        if (head.begun() && now - head.since() >= deadline.toNanos()) {
            LOG.debug(
                    "{} sends its headers too slowly", connection.getEndPoint().getRemoteSocketAddress());
            connection.getEndPoint().close();
        }
        return head;
    }

    private static boolean awaitsHead(HttpParser parser) {
        return HEAD.contains(parser.getState());
    }
}
