package dev.gufo.server.http;

import jakarta.servlet.http.HttpServletRequest;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;

/**
 * Tells whether the client that waits for an answer is still there. The web server reads nothing from a connection
 * while a request is answered, so it does not notice a client that closes.
 *
 * <p>A client that resets its connection is gone. One that has closed it is found out when something is sent to it:
 * what a stream sends, or the first characters of any answer, see {@link ClientEndPoint}. One that has only ended its
 * own side goes on waiting and gets its answer. Where nothing is known it counts as there.
 */
public final class ClientConnection {
    private final HttpServletRequest request;

    public ClientConnection(HttpServletRequest request) {
        this.request = request;
    }

    /**
     * Whether the client is known to be gone; asked again and again while it waits. Costs a system call or two and
     * never blocks.
     */
    public boolean isClosed() {
        ServletContextRequest context = ServletContextRequest.getServletContextRequest(request);
        var endPoint = context.getConnectionMetaData().getConnection().getEndPoint();
        return endPoint instanceof ClientEndPoint client
                ? client.isGone(context.getServletContextResponse().isCommitted())
                : !endPoint.isOpen();
    }
}
