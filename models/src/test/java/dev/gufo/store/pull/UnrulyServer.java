package dev.gufo.store.pull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An HTTP server that answers as a test wants it to, also against all rules. A connection for each request. */
final class UnrulyServer implements AutoCloseable {
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");

    private final ServerSocket socket;
    private final Function<Request, Reply> behaviour;
    final Queue<Request> requests = new ConcurrentLinkedQueue<>();

    /** @param headers by their names in lower case */
    record Request(String path, Map<String, String> headers) {
        boolean isProbe() {
            return "bytes=0-0".equals(headers.get("range"));
        }
    }

    /**
     * An answer.
     *
     * @param headers as they are sent; nothing is added
     * @param sent how much of the body goes out before the connection is closed
     * @param before done between headers and body
     */
    record Reply(int status, Map<String, String> headers, byte[] body, int sent, Runnable before) {
        Reply(int status, Map<String, String> headers, byte[] body) {
            this(status, headers, body, body.length, () -> {});
        }

        Reply with(String name, String value) {
            Map<String, String> more = new TreeMap<>(headers);
            more.put(name, value);
            return new Reply(status, more, body, sent, before);
        }

        Reply without(String name) {
            Map<String, String> fewer = new TreeMap<>(headers);
            fewer.remove(name);
            return new Reply(status, fewer, body, sent, before);
        }

        Reply sending(byte[] other) {
            return new Reply(status, headers, other, other.length, before);
        }

        Reply cutAfter(int bytes) {
            return new Reply(status, headers, body, Math.min(bytes, body.length), before);
        }

        Reply after(Runnable waiting) {
            return new Reply(status, headers, body, sent, waiting);
        }
    }

    UnrulyServer(Function<Request, Reply> behaviour) throws IOException {
        this.behaviour = behaviour;
        this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    URI uri(String path) {
        return uri("127.0.0.1", path);
    }

    URI uri(String host, String path) {
        return URI.create("http://%s:%d%s".formatted(host, socket.getLocalPort(), path));
    }

    static Reply status(int status) {
        return new Reply(status, Map.of("Content-Length", "0"), new byte[0]);
    }

    static Reply json(String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        return new Reply(200, Map.of("Content-Length", Integer.toString(body.length)), body);
    }

    static Reply redirect(URI to) {
        return status(302).with("Location", to.toString());
    }

    /** What an honest server answers. */
    static Reply file(Request request, byte[] content, String etag) {
        Matcher range = RANGE.matcher(request.headers().getOrDefault("range", ""));
        boolean sameVersion = request.headers().getOrDefault("if-range", etag).equals(etag);
        if (!range.matches() || !sameVersion) {
            return new Reply(200, Map.of("Content-Length", Integer.toString(content.length), "ETag", etag), content);
        }
        int from = Integer.parseInt(range.group(1));
        int to = Math.min(Integer.parseInt(range.group(2)), content.length - 1);
        byte[] part = Arrays.copyOfRange(content, from, to + 1);
        return new Reply(
                206,
                Map.of(
                        "Content-Length",
                        Integer.toString(part.length),
                        "Content-Range",
                        "bytes %d-%d/%d".formatted(from, to, content.length),
                        "ETag",
                        etag),
                part);
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket connection = socket.accept();
                Thread.ofVirtual().start(() -> serve(connection));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            var in = new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
            String first = in.readLine();
            if (first == null) {
                return;
            }
            Map<String, String> headers = new TreeMap<>();
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                int colon = line.indexOf(':');
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
            var request = new Request(first.substring(first.indexOf(" ") + 1, first.lastIndexOf(" ")), headers);
            requests.add(request);
            send(connection.getOutputStream(), behaviour.apply(request));
        } catch (IOException e) {
            // The client has gone.
        }
    }

    private static void send(OutputStream out, Reply reply) throws IOException {
        var head = new StringBuilder("HTTP/1.1 %d Whatever\r\nConnection: close\r\n".formatted(reply.status()));
        reply.headers().forEach((name, value) -> head.append("%s: %s\r\n".formatted(name, value)));
        out.write(head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
        out.flush();
        reply.before().run();
        out.write(reply.body(), 0, reply.sent());
        out.flush();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
