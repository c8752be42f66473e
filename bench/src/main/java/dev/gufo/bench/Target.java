package dev.gufo.bench;

import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The server under load.
 *
 * @param baseUrl as OpenAI clients take it, {@code http://host[:port]/v1}; without a path, {@code /v1} is meant. There
 *     is no TLS: what is measured stands near, and encryption would be measured with it
 * @param apiKey sent as bearer token if present
 */
public record Target(URI baseUrl, Optional<String> apiKey) {
    public Target {
        if (!"http".equals(baseUrl.getScheme()) || baseUrl.getHost() == null) {
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

    /** Where to connect; unresolved if the host has no address. */
    InetSocketAddress address() {
        return new InetSocketAddress(baseUrl.getHost(), baseUrl.getPort() < 0 ? 80 : baseUrl.getPort());
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

    /** Without the key. */
    @Override
    public String toString() {
        return baseUrl.toString();
    }
}
