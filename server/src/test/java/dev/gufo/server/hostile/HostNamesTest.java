package dev.gufo.server.hostile;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A page whose name was made to lead here, and everyone who comes under a right name. */
@Timeout(60)
class HostNamesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "rebound.example",
                "rebound.example:8080",
                "localhost.rebound.example",
                "127.0.0.1.rebound.example",
                "server",
                "internal",
                "host.docker.internal.example"
            })
    void withoutKeysAnUnknownNameIsRefused(String host) throws Exception {
        try (var server = new TestServer(new ScriptedEngine(), settings(List.of(), List.of()))) {
            for (String path : List.of("/v1/models", "/health", "/docs", "/nowhere", "/metrics")) {
                RawResponse response = get(server, path, "Host: " + host, "Origin: http://" + host);
                assertThat(response.status()).as(path).isEqualTo(403);
                assertThat(response.body())
                        .contains("\"code\":\"unknown_host\"", "--allowed-host " + host.replaceFirst(":\\d+$", ""));
                assertThat(response.headers()).doesNotContainKey("access-control-allow-origin");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.0.0.1:8080",
                "localhost:1",
                "LOCALHOST",
                "localhost.",
                "gufo.localhost",
                "[::1]",
                "[::1]:8080",
                "192.168.1.5:8080",
                "[fd00::5]",
                "host.docker.internal:8080",
                "host.containers.internal"
            })
    void addressesAndTheMachinesOwnNamesPass(String host) throws Exception {
        try (var server = new TestServer(new ScriptedEngine(), settings(List.of(), List.of()))) {
            assertThat(get(server, "/v1/models", "Host: " + host).status()).isEqualTo(200);
        }
    }

    @Test
    void namesThatAreListedPassAndWhatAProxyForwardsDoesNotCount() throws Exception {
        try (var server = new TestServer(new ScriptedEngine(), settings(List.of(), List.of("Gufo.example", "owl")))) {
            assertThat(get(server, "/v1/models", "Host: gufo.EXAMPLE:443").status())
                    .isEqualTo(200);
            assertThat(get(server, "/v1/models", "Host: owl").status()).isEqualTo(200);
            assertThat(get(server, "/v1/models", "Host: hawk").status()).isEqualTo(403);
            assertThat(get(server, "/v1/models", "Host: hawk", "X-Forwarded-Host: owl", "Forwarded: host=owl")
                            .status())
                    .isEqualTo(403);
            assertThat(get(server, "/v1/models", "Host: owl", "X-Forwarded-Host: hawk")
                            .status())
                    .isEqualTo(200);
        }
        try (var server = new TestServer(new ScriptedEngine(), settings(List.of(), List.of("*")))) {
            assertThat(get(server, "/v1/models", "Host: hawk").status()).isEqualTo(200);
        }
    }

    @Test
    void theTargetsNameCountsWhereItHasOne() throws Exception {
        try (var server = new TestServer(new ScriptedEngine(), settings(List.of(), List.of()));
                var client = new RawClient(server)) {
            client.sendHead("GET http://rebound.example/v1/models HTTP/1.1", "Host: rebound.example");
            assertThat(client.read().status()).isEqualTo(403);
            client.sendHead("GET http://localhost/v1/models HTTP/1.1", "Host: localhost");
            assertThat(client.read().status()).isEqualTo(200);
        }
    }

    @Test
    void aRequestOfHttp10NeedsNoName() throws Exception {
        try (var server = new TestServer(new ScriptedEngine(), settings(List.of(), List.of()))) {
            try (var client = new RawClient(server)) {
                client.sendHead("GET /v1/models HTTP/1.0");
                assertThat(client.read().status()).isEqualTo(200);
            }
            try (var client = new RawClient(server)) {
                client.sendHead("GET /v1/models HTTP/1.0", "Host: rebound.example");
                assertThat(client.read().status()).isEqualTo(403);
            }
        }
    }

    @Test
    void withKeysEveryNamePassesUnlessNamesAreListed() throws Exception {
        List<String> keys = List.of("a-key-of-many-characters");
        try (var server = new TestServer(new ScriptedEngine(), settings(keys, List.of()))) {
            assertThat(get(server, "/v1/models", "Host: hawk").status()).isEqualTo(401);
            assertThat(get(server, "/health", "Host: hawk").status()).isEqualTo(200);
        }
        try (var server = new TestServer(new ScriptedEngine(), settings(keys, List.of("owl")))) {
            assertThat(get(server, "/v1/models", "Host: hawk").status()).isEqualTo(403);
            assertThat(get(server, "/v1/models", "Host: owl").status()).isEqualTo(401);
        }
    }

    @Test
    void theFirstKeyOfTheDatabaseOpensTheServerToEveryName(@TempDir Path folder) throws Exception {
        try (Database database = Database.open("", folder)) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            try (var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
                    var server = new TestServer(
                            settings(List.of(), List.of())
                                    .with()
                                    .admin(AdminPlace.OFF)
                                    .build(),
                            database,
                            keys,
                            TestModel.two())) {
                assertThat(get(server, "/v1/models", "Host: hawk").status()).isEqualTo(403);
                store.create(StoredKey.Terms.named("first"));
                keys.changed();
                assertThat(get(server, "/v1/models", "Host: hawk").status()).isEqualTo(401);
            }
        }
    }

    private static RawResponse get(TestServer server, String path, String... headers) throws Exception {
        try (var client = new RawClient(server)) {
            client.sendHead("GET " + path + " HTTP/1.1", String.join("\r\n", headers));
            return client.read();
        }
    }

    private static ServerSettings settings(List<String> keys, List<String> allowedHosts) {
        return TestServer.settings(keys, 413, false, Duration.ZERO)
                .with()
                .allowedHosts(allowedHosts)
                .build();
    }
}
