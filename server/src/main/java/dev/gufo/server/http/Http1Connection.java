package dev.gufo.server.http;

import java.util.Set;
import java.util.TreeSet;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;

/** A connection that speaks HTTP/1.1 and nothing else, and takes a request for what its first line says. */
public final class Http1Connection extends HttpConnection {
    /**
     * Headers that are left out of every request. Two ask for another protocol, which a server may ignore (RFC 9110,
     * section 7.8), with or without {@code Connection: Upgrade}; the router takes the second for a WebSocket by itself.
     * The third would have the router take a request for one of another method.
     */
    private static final Set<String> IGNORED = ignored("Upgrade", "Sec-WebSocket-Version", "X-HTTP-Method-Override");

    private Http1Connection(HttpConfiguration configuration, Connector connector, EndPoint endPoint) {
        super(configuration, connector, endPoint);
    }

    /** Makes such connections. */
    public static HttpConnectionFactory factory(HttpConfiguration http) {
        return new HttpConnectionFactory(http) {
            @Override
            public Connection newConnection(Connector connector, EndPoint endPoint) {
                return configure(new Http1Connection(http, connector, endPoint), connector, endPoint);
            }
        };
    }

    private static Set<String> ignored(String... names) {
        var set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        set.addAll(Set.of(names));
        return set;
    }

    @Override
    protected RequestHandler newRequestHandler() {
        return new RequestHandler() {
            private HttpVersion version = HttpVersion.HTTP_1_1;

            @Override
            public void startRequest(String method, String uri, HttpVersion spoken) {
                version = spoken;
                super.startRequest(method, uri, spoken);
            }

            @Override
            public void parsedHeader(HttpField field) {
                if (field.getHeader() == HttpHeader.TRANSFER_ENCODING && version == HttpVersion.HTTP_1_0) {
                    // It is not known where such a body ends: RFC 9112, section 6.1.
                    throw new HttpException.RuntimeException(
                            HttpStatus.BAD_REQUEST_400, "Transfer-Encoding in a request of HTTP/1.0");
                }
                if (!IGNORED.contains(field.getName())) {
                    super.parsedHeader(field);
                }
            }
        };
    }
}
