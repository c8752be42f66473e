package dev.gufo.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server of the JDK that lists one model, answers chat completions as a test says, and has no vectors. */
final class FakeServer implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> embedded = new CopyOnWriteArrayList<>();
    private final List<String> keys = new CopyOnWriteArrayList<>();

    /** Answers one chat completion request. */
    interface Answer {
        void send(HttpExchange exchange, String request) throws IOException;
    }

    FakeServer(Answer answer) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext(
                "/v1/models", exchange -> json(exchange, 200, "{\"data\":[{\"id\":\"owl\"},{\"id\":\"b\"}]}"));
        server.createContext("/v1/chat/completions", exchange -> {
            String request = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            requests.add(request);
            keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            answer.send(exchange, request);
        });
        server.createContext("/v1/embeddings", exchange -> {
            embedded.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            json(exchange, 200, "{\"data\":[]}");
        });
        server.start();
    }

    /** Has it answer on another path, and on those below it. */
    void serve(String path, HttpHandler handler) {
        server.createContext(path, handler);
    }

    Target target() {
        return new Target(URI.create("http://127.0.0.1:" + server.getAddress().getPort()), Optional.of("secret"));
    }

    /** The bodies of all chat completion requests so far, in the order in which they came. */
    List<String> requests() {
        return requests;
    }

    /** The bodies of all requests for embeddings so far. */
    List<String> embedded() {
        return embedded;
    }

    List<String> authorizations() {
        return keys;
    }

    static void json(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    /** Sends {@code text} in chunks of {@code size} bytes, whatever they cut; the stream stays open. */
    static OutputStream stream(HttpExchange exchange, String text, int size) throws IOException {
        exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i += size) {
            out.write(bytes, i, Math.min(size, bytes.length - i));
            out.flush();
        }
        return out;
    }

    /** The events of an answer with {@code tokens} pieces of text. */
    static String events(int tokens) {
        var text = new StringBuilder("data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n");
        for (int i = 0; i < tokens; i++) {
            text.append("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Käuzchen 🦉\"}}]}\n\n");
        }
        return text.toString();
    }

    static String end(int promptTokens, int completionTokens) {
        return "data: {\"choices\":[],\"usage\":" + usage(promptTokens, completionTokens) + "}\n\ndata: [DONE]\n\n";
    }

    static String whole(int promptTokens, int completionTokens) {
        return "{\"choices\":[{\"message\":{\"content\":\"hu\"}}],\"usage\":" + usage(promptTokens, completionTokens)
                + "}";
    }

    private static String usage(int promptTokens, int completionTokens) {
        return "{\"prompt_tokens\":%d,\"completion_tokens\":%d}".formatted(promptTokens, completionTokens);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
