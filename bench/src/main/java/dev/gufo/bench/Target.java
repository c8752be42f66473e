package dev.gufo.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * The server under load.
 *
 * @param baseUrl as OpenAI clients take it, {@code http(s)://host[:port]/v1}; without a path, {@code /v1} is meant
 * @param apiKey sent as bearer token if present
 */
public record Target(URI baseUrl, Optional<String> apiKey) {
    private static final int CONNECT_TIMEOUT_MILLIS = 10_000;

    public Target {
        boolean known = "http".equals(baseUrl.getScheme()) || "https".equals(baseUrl.getScheme());
        if (!known || baseUrl.getHost() == null) {
            throw new IllegalArgumentException("'%s' is not http://host[:port]/v1".formatted(baseUrl));
        }
        String path = baseUrl.getRawPath().replaceAll("/+$", "");
        baseUrl = baseUrl.resolve(path.isEmpty() ? "/v1" : path);
    }

    /** A whole HTTP/1.1 request in one array, so that it leaves in one write. */
    byte[] post(String path, byte[] json) {
        byte[] head = head("POST", path, "Content-Type: application/json\r\nContent-Length: " + json.length + "\r\n");
        var request = new ByteArrayOutputStream(head.length + json.length);
        request.writeBytes(head);
        request.writeBytes(json);
        return request.toByteArray();
    }

    byte[] get(String path) {
        return head("GET", path, "");
    }

    /**
     * Opens a connection. No read timeout is set: with one, every read of an event would cost three system calls.
     *
     * @throws IOException if nobody accepts within ten seconds
     */
    Socket connect() throws IOException {
        var plain = new Socket();
        try {
            plain.setTcpNoDelay(true);
            plain.connect(new InetSocketAddress(baseUrl.getHost(), port()), CONNECT_TIMEOUT_MILLIS);
            return tls() ? secure(plain) : plain;
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    private SSLSocket secure(Socket plain) throws IOException {
        var factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
        var socket = (SSLSocket) factory.createSocket(plain, baseUrl.getHost(), port(), true);
        var parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS"); // a socket checks no host name by itself
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private byte[] head(String method, String path, String more) {
        String host = baseUrl.getHost() + (baseUrl.getPort() < 0 ? "" : ":" + baseUrl.getPort());
        return "%s %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: gufo-bench\r\n%s%s\r\n"
                .formatted(
                        method,
                        baseUrl.getRawPath(),
                        path,
                        host,
                        apiKey.map("Authorization: Bearer %s\r\n"::formatted).orElse(""),
                        more)
                .getBytes(StandardCharsets.UTF_8);
    }

    private boolean tls() {
        return "https".equals(baseUrl.getScheme());
    }

    private int port() {
        return baseUrl.getPort() >= 0 ? baseUrl.getPort() : tls() ? 443 : 80;
    }

    /** Without the key. */
    @Override
    public String toString() {
        return baseUrl.toString();
    }
}
