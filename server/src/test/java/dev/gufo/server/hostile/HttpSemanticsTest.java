package dev.gufo.server.hostile;

import static dev.gufo.server.TestServer.HELLO;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.AdminPlace;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What HTTP itself promises: methods, framings and expectations. */
@Timeout(60)
class HttpSemanticsTest {
    private static final String KEY = "a-key-of-many-characters";

    @TempDir
    private Path folder;

    @Test
    void headIsGetWithoutItsBody() throws Exception {
        var settings = TestServer.settings(List.of(KEY), 413, false, Duration.ZERO);
        try (var server = new TestServer(new ScriptedEngine(), settings)) {
            for (String path : List.of(
                    "/health",
                    "/ready",
                    "/openapi.json",
                    "/docs",
                    "/docs/nowhere",
                    "/",
                    "/admin",
                    "/web/nowhere.js",
                    "/v1/models",
                    "/v1/models/scripted",
                    "/v1/models/owl",
                    "/metrics",
                    "/nowhere",
                    "/v1/chat/completions")) {
                for (String key : List.of("", "Authorization: Bearer wrong", "Authorization: Bearer " + KEY)) {
                    RawResponse get = answer(server, "GET", path, key);
                    String head;
                    try (var client = new RawClient(server)) {
                        client.sendHead(lines("HEAD", path, key));
                        head = client.readAll();
                    }
                    String shown = path + " " + key + "\n" + head;
                    assertThat(head)
                            .as(shown)
                            .startsWith("HTTP/1.1 " + get.status() + " ")
                            .endsWith("\r\n\r\n");
                    if (!path.equals("/metrics")) { // which counts between the two
                        assertThat(contentLength(head))
                                .as(shown)
                                .isEqualTo(get.headers().get("content-length"));
                    }
                    assertThat(head).as(shown).contains(get.headers().get("content-type"));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, 'POST, OPTIONS'",
        "/v1/models, 'GET, HEAD, OPTIONS'",
        "/v1/models/org/model, 'GET, HEAD, OPTIONS'",
        "/admin/keys, 'GET, POST, HEAD, OPTIONS'",
        "/admin/keys/some, 'GET, PATCH, DELETE, HEAD, OPTIONS'"
    })
    void aPreflightIsToldWhatThePathTakes(String path, String methods) throws Exception {
        try (Database database = Database.open("", folder);
                var keys = new StoredKeys(
                        new KeyStore(database, InstantSource.system(), new SecureRandom()),
                        InstantSource.system(),
                        Ticker.systemTicker());
                var server = new TestServer(TestServer.settings(), database, keys, TestModel.two())) {
            RawResponse plain = answer(server, "OPTIONS", path, "");
            assertThat(plain.status()).isEqualTo(204);
            assertThat(plain.headers())
                    .containsEntry("allow", methods)
                    .doesNotContainKey("access-control-allow-methods");
            RawResponse preflight = answer(server, "OPTIONS", path, "Origin: https://chat.example");
            assertThat(preflight.headers()).containsEntry("access-control-allow-methods", methods);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nowhere", "/v1/owls", "/admin/keys", "/"})
    void optionsOfWhatIsNotThereAreNotFound(String path) throws Exception {
        ServerSettings withoutPage = TestServer.settings().with().web(false).build();
        ServerSettings settings = withoutPage.with().admin(AdminPlace.OFF).build();
        try (var server = new TestServer(new ScriptedEngine(), settings)) {
            for (String origin : List.of("", "Origin: https://chat.example")) {
                assertThat(answer(server, "OPTIONS", path, origin).status()).isEqualTo(404);
            }
        }
    }

    @Test
    void theMethodIsThatOfTheFirstLine() throws Exception {
        try (Database database = Database.open("", folder)) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            var created = store.create(StoredKey.Terms.named("root").withAdmin(true));
            try (var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
                    var server = new TestServer(TestServer.settings(), database, keys, TestModel.two())) {
                String path = "/admin/keys/" + created.key().id();
                RawResponse read = answer(
                        server,
                        "GET",
                        path,
                        "X-HTTP-Method-Override: DELETE\r\nx-http-method-override: PATCH\r\nAuthorization: Bearer "
                                + created.secret());
                assertThat(read.status()).isEqualTo(200);
                assertThat(store.list().getFirst().revoked()).isEmpty();
            }
        }
    }

    @Test
    void aBodyThatIsTooLargeIsRefusedBeforeItIsAskedFor() throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            for (String path : List.of("/v1/chat/completions", "/v1/embeddings", "/v1/tokenize", "/nowhere")) {
                try (var client = new RawClient(server)) {
                    client.sendHead(
                            "POST " + path + " HTTP/1.1",
                            "Host: gufo",
                            "Content-Type: application/json",
                            "Content-Length: 1000000",
                            "Expect: 100-continue");
                    assertThat(client.readAll())
                            .startsWith(path.equals("/nowhere") ? "HTTP/1.1 404" : "HTTP/1.1 413")
                            .contains("Connection: close");
                }
            }
        }
    }

    @Test
    void aBodyThatFitsIsAskedForAndAnswered() throws Exception {
        try (var server = new TestServer(new ScriptedEngine());
                var client = new RawClient(server)) {
            client.sendHead(
                    "POST /v1/chat/completions HTTP/1.1",
                    "Host: gufo",
                    "Content-Type: application/json",
                    "Connection: close",
                    "Content-Length: " + HELLO.length(),
                    "Expect: 100-continue");
            var asked = new StringBuilder();
            while (!asked.toString().endsWith("\r\n\r\n")) {
                asked.append((char) client.readByte());
            }
            assertThat(asked.toString()).startsWith("HTTP/1.1 100");
            client.send(HELLO);
            assertThat(client.read().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Upgrade: h2c",
                "Connection: Upgrade\r\nUpgrade: h2c",
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
                "Upgrade: websocket",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13",
                "Sec-WebSocket-Version: 13",
                "Connection: Upgrade"
            })
    void anUpgradeIsIgnored(String headers) throws Exception {
        try (var server = new TestServer(new ScriptedEngine())) {
            assertThat(answer(server, "GET", "/v1/models", headers).status()).isEqualTo(200);
        }
    }

    @Test
    void aChunkedRequestOfHttp10IsRefused() throws Exception {
        try (var server = new TestServer(new ScriptedEngine());
                var client = new RawClient(server)) {
            client.sendHead(
                    "POST /v1/chat/completions HTTP/1.0",
                    "Host: gufo",
                    "Connection: keep-alive",
                    "Content-Type: application/json",
                    "Transfer-Encoding: chunked");
            client.send(Integer.toHexString(HELLO.length()) + "\r\n" + HELLO + "\r\n0\r\n\r\n");
            RawResponse response = client.read();
            assertThat(response.status()).isEqualTo(400);
            assertThat(response.body()).contains("\"code\":\"bad_request\"");
            assertThat(client.readByte()).isEqualTo(-1);
        }
    }

    private static RawResponse answer(TestServer server, String method, String path, String more) throws Exception {
        try (var client = new RawClient(server)) {
            client.sendHead(lines(method, path, more));
            return client.read();
        }
    }

    private static String[] lines(String method, String path, String more) {
        return Stream.of(
                        method + " " + path + " HTTP/1.1",
                        "Host: gufo",
                        more.contains("Connection: ") ? "" : "Connection: close",
                        more)
                .filter(line -> !line.isEmpty())
                .toArray(String[]::new);
    }

    private static String contentLength(String head) {
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        head.lines()
                .filter(line -> line.contains(": "))
                .forEach(line -> headers.put(line.split(": ", 2)[0], line.split(": ", 2)[1]));
        return headers.get("Content-Length");
    }
}
