package dev.gufo.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.engine.Engine;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.limits.KeyLimits;
import dev.gufo.server.models.ServedModels;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;

/**
 * The real server on a free port, with a database and a pool of models, usually a {@link ScriptedEngine}; and a client
 * for it.
 */
public final class TestServer implements AutoCloseable {
    public static final String HELLO = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    private static final ObjectMapper JSON = new ObjectMapper();

    public final GufoServer server;
    public final HttpClient client = HttpClient.newHttpClient();

    private final Parts parts;

    /**
     * What a server is put together of.
     *
     * @param own what is closed with the server, in this order
     */
    private record Parts(Storage storage, ServedModels models, List<Runnable> own) {
        static Parts of(TestModel... models) {
            var all = new TestModels(models);
            return of(all.served(), all::close);
        }

        static Parts of(ServedModels models, Runnable close) {
            Path folder = TestStorage.newFolder();
            var storage = Storage.open(TestStorage.database(folder), Limits.NONE, "");
            return new Parts(storage, models, List.of(close, storage::close, () -> TestStorage.delete(folder)));
        }

        static Parts of(Storage storage, TestModel... models) {
            var all = new TestModels(models);
            return new Parts(storage, all.served(), List.of(all::close));
        }

        static Parts of(Database database, TestModel... models) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
            Parts parts = of(database, keys, models);
            return new Parts(
                    parts.storage(),
                    parts.models(),
                    Stream.concat(parts.own().stream(), Stream.<Runnable>of(keys::close))
                            .toList());
        }

        static Parts of(Database database, StoredKeys keys, TestModel... models) {
            KeyLimits limits = TestStorage.unlimited(database);
            var all = new TestModels(models);
            return new Parts(new Storage(database, keys, limits), all.served(), List.of(all::close, limits::close));
        }
    }

    private TestServer(ServerSettings settings, Parts parts) {
        this.parts = parts;
        server = GufoServer.start(settings, parts.models(), parts.storage());
    }

    /** In front of one model, {@code scripted}. */
    public TestServer(Engine engine) {
        this(engine, settings());
    }

    public TestServer(Engine engine, ServerSettings settings) {
        this(settings, new TestModel("scripted", engine));
    }

    public TestServer(ServerSettings settings, TestModel... models) {
        this(settings, Parts.of(models));
    }

    /** @param models in a pool of the test's */
    public TestServer(ServerSettings settings, ServedModels models) {
        this(settings, Parts.of(models, () -> {}));
    }

    /** @param storage closed by the test */
    public TestServer(ServerSettings settings, Storage storage, TestModel... models) {
        this(settings, Parts.of(storage, models));
    }

    /**
     * The same with models in a pool of the test's.
     *
     * @param storage closed by the test
     */
    public TestServer(ServerSettings settings, Storage storage, ServedModels models) {
        this(settings, new Parts(storage, models, List.of()));
    }

    /** @param database closed by the test */
    public TestServer(ServerSettings settings, Database database, TestModel... models) {
        this(settings, Parts.of(database, models));
    }

    /**
     * Without limits.
     *
     * @param database closed by the test
     * @param keys closed by the test
     */
    public TestServer(ServerSettings settings, Database database, StoredKeys keys, TestModel... models) {
        this(settings, Parts.of(database, keys, models));
    }

    /** Free port, short heartbeat, small bodies. */
    public static ServerSettings settings() {
        return settings(List.of(), 413, false, Duration.ofSeconds(20));
    }

    public static ServerSettings settings(
            List<String> keys, int overflowStatus, boolean strict, Duration drainTimeout) {
        return ServerSettings.builder()
                .port(0)
                .apiKeys(keys)
                .maxBodyBytes(64 << 10)
                .overflowStatus(overflowStatus)
                .strictContext(strict)
                .drainTimeout(drainTimeout)
                .heartbeat(Duration.ofMillis(20))
                .corsOrigins(List.of("https://chat.example"))
                .allowedHosts(List.of("gufo"))
                .build();
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    public HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(uri(path));
        return client.send((headers.length == 0 ? request : request.headers(headers)).build(), BodyHandlers.ofString());
    }

    public HttpResponse<String> chat(String json, String... headers) throws IOException, InterruptedException {
        return client.send(chatRequest(json, headers), BodyHandlers.ofString());
    }

    public HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(uri(path))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(json))
                        .build(),
                BodyHandlers.ofString());
    }

    /** The lines of a stream, as they come. */
    public HttpResponse<Stream<String>> streamLines(String json) throws IOException, InterruptedException {
        return client.send(chatRequest(json), BodyHandlers.ofLines());
    }

    public HttpRequest chatRequest(String json, String... headers) {
        var request = HttpRequest.newBuilder(uri("/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json));
        return (headers.length == 0 ? request : request.headers(headers)).build();
    }

    public static JsonNode json(HttpResponse<String> response) throws IOException {
        return JSON.readTree(response.body());
    }

    /** The data of a stream's events that are JSON. */
    public static List<JsonNode> events(String body) {
        return body.lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> {
                    try {
                        return JSON.readTree(line.substring("data: ".length()));
                    } catch (IOException e) {
                        throw new AssertionError("no JSON: " + line, e);
                    }
                })
                .toList();
    }

    @Override
    public void close() {
        client.shutdownNow(); // close alone waits for streams that nobody reads to their end
        client.close();
        server.close();
        parts.own().forEach(Runnable::run);
    }
}
