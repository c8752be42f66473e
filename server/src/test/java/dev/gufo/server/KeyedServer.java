package dev.gufo.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.docs.DocumentedApi;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;

/** A server that needs keys, with an administrator's and a user's; its answers are held against the API's document. */
public final class KeyedServer implements AutoCloseable {
    public final TestServer server;
    public final String admin;
    public final String user;

    private final Database database;
    private final StoredKeys keys;
    private final DocumentedApi api;

    /** @param folder where its database is */
    public KeyedServer(Path folder, ServerSettings settings, TestModel... models)
            throws IOException, InterruptedException {
        database = Database.open("", folder);
        var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
        keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
        admin = store.create(StoredKey.Terms.named("root").withAdmin(true)).secret();
        user = store.create(StoredKey.Terms.named("user")).secret();
        server = new TestServer(settings, database, keys, models);
        api = new DocumentedApi(TestServer.json(server.get("/openapi.json")));
    }

    /** Asks with a key. */
    public HttpResponse<String> send(String method, String path, String body, String key)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(server.uri(path))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + key)
                .method(method, BodyPublishers.ofString(body))
                .build();
        return server.client.send(request, BodyHandlers.ofString());
    }

    /**
     * Asks as the administrator, and compares the answer with the document.
     *
     * @param operation as the document has it, such as {@code DELETE /admin/keys/{id}}
     * @param path what stands in the place of the operation's
     */
    public JsonNode asked(String operation, String path, int status) throws IOException, InterruptedException {
        HttpResponse<String> response = send(operation.split(" ", 2)[0], path, "", admin);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(api.faults(operation, response)).isEmpty();
        return TestServer.json(response);
    }

    @Override
    public void close() {
        server.close();
        keys.close();
        database.close();
    }
}
