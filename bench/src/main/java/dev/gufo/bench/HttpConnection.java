package dev.gufo.bench;

import static java.util.Objects.requireNonNull;

import dev.gufo.bench.Failure.Broken;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One connection that is kept from exchange to exchange, and opened anew when the server closes it. Belongs to the
 * loop's thread and never blocks; what it starts goes on in {@link #ready}.
 */
final class HttpConnection {
    private final InetSocketAddress address;
    private final Selector selector;

    private @Nullable SocketChannel channel; // while connected
    private @Nullable SelectionKey key;
    private @Nullable RoundTrip exchange; // until it is over
    private boolean used; // the channel has carried an exchange
    private int opened;

    HttpConnection(InetSocketAddress address, Selector selector) {
        this.address = address;
        this.selector = selector;
    }

    /** Starts an exchange; there must be none. Returns whether it is over already. */
    boolean begin(RoundTrip next) {
        exchange = next;
        return channel == null ? connect() : write();
    }

    /** Goes on when the channel is ready; {@code buffer} has an array. Returns whether the exchange is over by that. */
    boolean ready(ByteBuffer buffer) {
        if (exchange == null) {
            disconnect(); // the server closed it, or speaks unasked
            return false;
        }
        if (requireNonNull(key).isConnectable()) {
            try {
                channel().finishConnect();
            } catch (IOException e) {
                return fail(Broken.CONNECT);
            }
            opened++;
            return write();
        }
        if (key.isWritable() && write()) {
            return true;
        }
        return key.isValid() && key.isReadable() && read(buffer);
    }

    /** Gives the exchange up if it started {@code timeoutNanos} ago. Returns whether it is over by that. */
    boolean expire(long nowNanos, long timeoutNanos) {
        return nowNanos - exchange().startNanos() >= timeoutNanos && fail(Broken.TIMEOUT);
    }

    /** Hands over the exchange that is over. */
    RoundTrip take() {
        RoundTrip over = exchange();
        exchange = null;
        return over;
    }

    /** How often this connected. */
    int opened() {
        return opened;
    }

    void disconnect() {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // Closing was all that was left to do with it.
            }
            channel = null;
        }
    }

    private boolean connect() {
        if (address.isUnresolved()) {
            return fail(Broken.CONNECT);
        }
        try {
            used = false;
            channel = SocketChannel.open();
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            boolean connected = channel.connect(address);
            key = channel.register(selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
            if (connected) {
                opened++;
                return write();
            }
            return false;
        } catch (IOException e) {
            return fail(Broken.CONNECT);
        }
    }

    private boolean write() {
        try {
            channel().write(exchange().unsent());
        } catch (IOException e) {
            return lost();
        }
        int more = exchange().unsent().hasRemaining() ? SelectionKey.OP_WRITE : 0;
        if (requireNonNull(key).interestOps() != (SelectionKey.OP_READ | more)) {
            key.interestOps(SelectionKey.OP_READ | more);
        }
        return false;
    }

    private boolean read(ByteBuffer buffer) {
        HttpResponse response = exchange().response();
        int count;
        try {
            count = channel().read(buffer.clear());
        } catch (IOException e) {
            return lost();
        }
        if (count < 0) {
            return response.endsWithConnection() ? complete(System.nanoTime()) : lost();
        }
        long now = System.nanoTime(); // the one clock reading for all events that came together
        int start = buffer.arrayOffset();
        response.feed(buffer.array(), start, start + count, now);
        if (response.malformed()) {
            return fail(Broken.MALFORMED);
        }
        return response.complete() && complete(now);
    }

    private boolean complete(long nanos) {
        used = true;
        if (!exchange().response().keepAlive()) {
            disconnect();
        }
        exchange().end(Optional.empty(), nanos);
        return true;
    }

    /**
     * A server may close an idle connection at any time; a request that got no byte back over one is sent again, once.
     */
    private boolean lost() {
        boolean started = exchange().response().started();
        if (used && !started) {
            disconnect();
            exchange().rewind();
            return connect();
        }
        return fail(started ? Broken.CUT : Broken.NO_RESPONSE);
    }

    private boolean fail(Broken failure) {
        disconnect();
        exchange().end(Optional.of(failure), System.nanoTime());
        return true;
    }

    private RoundTrip exchange() {
        return requireNonNull(exchange, "idle");
    }

    private SocketChannel channel() {
        return requireNonNull(channel, "not connected");
    }
}
