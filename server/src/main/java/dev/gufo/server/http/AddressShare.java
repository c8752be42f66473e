package dev.gufo.server.http;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many connections of a port one address may hold, so that it can't take all of them; what comes beyond that is
 * closed. All programs of this machine share the usual loopback addresses, so those are not counted. Connections come
 * and go on any thread.
 */
public final class AddressShare extends AbstractLifeCycle implements Connection.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(AddressShare.class);
    private static final Set<String> SHARED = Set.of("127.0.0.1", "0:0:0:0:0:0:0:1");
    private static final Duration BETWEEN_WARNINGS = Duration.ofMinutes(1);

    private final int most;
    private final Map<Connection, String> networks = new ConcurrentHashMap<>();
    private final Map<String, Integer> counts = new ConcurrentHashMap<>();
    private final AtomicLong nextWarning = new AtomicLong(System.nanoTime());

    public AddressShare(int most) {
        this.most = most;
    }

    @Override
    public void onOpened(Connection connection) {
        if (!(connection.getEndPoint().getRemoteSocketAddress() instanceof InetSocketAddress address)
                || address.getAddress() == null) {
            return;
        }
        String text = address.getAddress().getHostAddress();
        if (SHARED.contains(text)) {
            return;
        }
        String network = Network.of(text);
        networks.put(connection, network);
        if (counts.merge(network, 1, Integer::sum) > most) {
            warn(text);
            connection.getEndPoint().close();
        }
    }

    @Override
    public void onClosed(Connection connection) {
        String network = networks.remove(connection);
        if (network != null) {
            counts.computeIfPresent(network, (_, count) -> count == 1 ? null : count - 1);
        }
    }

    private void warn(String address) {
        long now = System.nanoTime();
        long next = nextWarning.get();
        if (now - next >= 0 && nextWarning.compareAndSet(next, now + BETWEEN_WARNINGS.toNanos())) {
            LOG.warn(
                    "{} has {} connections, more are closed; --max-connections-per-address sets how many it may have",
                    address,
                    most);
        }
    }
}
