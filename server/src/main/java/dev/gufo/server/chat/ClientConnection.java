package dev.gufo.server.chat;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whether the client that waits for an answer is still there. The web server reads nothing from a connection while a
 * request is answered, so it does not notice a client that closes; but the socket is then readable and has no bytes to read.
 */
public final class ClientConnection {
    private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

    private final HttpServletRequest request;

    public ClientConnection(HttpServletRequest request) {
        this.request = request;
    }

    /** Whether the client has closed its side. Costs a few system calls; never blocks and takes nothing from the socket. */
    public boolean isClosed() {
        var endPoint = ServletContextRequest.getServletContextRequest(request)
                .getConnectionMetaData()
                .getConnection()
                .getEndPoint();
        if (!endPoint.isOpen()) {
            return true;
        }
        return endPoint.getTransport() instanceof SocketChannel channel && atEnd(channel);
    }

    private static boolean atEnd(SocketChannel channel) {
        // A selector of its own leaves the web server's registration of the channel as it is.
        try (Selector selector = Selector.open()) {
            channel.register(selector, SelectionKey.OP_READ);
            return selector.selectNow() > 0 && channel.socket().getInputStream().available() == 0;
        } catch (IOException e) {
            LOG.debug("the connection is gone", e);
            return true;
        }
    }
}
