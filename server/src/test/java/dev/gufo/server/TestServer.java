package dev.gufo.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.access.AdminPlace;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.database.Database;
import dev.gufo.server.http.ConnectionLimits;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The real server on a free port in front of a {@link ScriptedEngine}, and a client for it. */
public final class TestServer implements AutoCloseable {
    public static final String HELLO = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    private static final ObjectMapper JSON = new ObjectMapper();

    public final GufoServer server;
    public final HttpClient client = HttpClient.newHttpClient();

    public TestServer(ScriptedEngine engine) {
        this(engine, settings());
    }

    public TestServer(ScriptedEngine engine, ServerSettings settings) {
        this(settings, new ServedModel("scripted", engine, Optional.empty(), Instant.ofEpochSecond(1_700_000_000)));
    }

    public TestServer(ServerSettings settings, ServedModel... models) {
        server = GufoServer.start(settings, new ServedModels(List.of(models)));
    }

    /** With all that a server keeps. */
    public TestServer(ServerSettings settings, Keeping keeping, ServedModel... models) {
        server = GufoServer.start(settings, new ServedModels(List.of(models)), keeping);
    }

    /** With all that a server keeps. */
    public TestServer(ServerSettings settings, ServedModels models, Keeping keeping) {
        server = GufoServer.start(settings, models, keeping);
    }

    public TestServer(ServerSettings settings, ServedModels models) {
        server = GufoServer.start(settings, models);
    }

    /** With a ledger. */
    public TestServer(ScriptedEngine engine, ServerSettings settings, Accounting.Settings accounts, Database database) {
        this(engine, settings, accounts, Optional.empty(), database);
    }

    /** With a ledger, and the keys of a database. */
    public TestServer(
            ScriptedEngine engine,
            ServerSettings settings,
            Accounting.Settings accounts,
            Optional<StoredKeys> keys,
            Database database) {
        var model = new ServedModel("scripted", engine, Optional.empty(), Instant.ofEpochSecond(1_700_000_000));
        server = GufoServer.start(
                settings,
                new ServedModels(List.of(model)),
                new Keeping(Optional.of(database), keys, Keeping.nothing().limits(), AdminPlace.BESIDE, accounts));
    }

    /** With the keys of a database, in front of two models: {@code scripted} and {@code other/model}. */
    public TestServer(ServerSettings settings, StoredKeys keys, AdminPlace admin) {
        var engine = new ScriptedEngine();
        var models = Stream.of("scripted", "other/model")
                .map(id -> new ServedModel(id, engine, Optional.empty(), Instant.ofEpochSecond(1_700_000_000)))
                .toList();
        server = GufoServer.start(
                settings,
                new ServedModels(models),
                new Keeping(
                        Optional.empty(),
                        Optional.of(keys),
                        Keeping.nothing().limits(),
                        admin,
                        Accounting.Settings.DEFAULT));
    }

    /** Free port, short heartbeat, small bodies. */
    public static ServerSettings settings() {
        return settings(List.of(), 413, false, Duration.ofSeconds(20));
    }

    public static ServerSettings settings(
            List<String> keys, int overflowStatus, boolean strict, Duration drainTimeout) {
        return new ServerSettings(
                "127.0.0.1",
                0,
                keys,
                false,
                64 << 10,
                overflowStatus,
                strict,
                drainTimeout,
                Duration.ofMillis(20),
                List.of("https://chat.example"),
                List.of("gufo"),
                ServerSettings.DEFAULT.loadWait(),
                ConnectionLimits.DEFAULT);
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
    }
}
