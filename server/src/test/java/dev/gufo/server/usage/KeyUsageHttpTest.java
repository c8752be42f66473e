package dev.gufo.server.usage;

import static dev.gufo.server.TestServer.HELLO;
import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class KeyUsageHttpTest {
    @TempDir
    private Path folder;

    @Test
    void everyoneReadsTheirOwnAndAnAdministratorReadsAll() throws IOException, InterruptedException {
        try (Database database = Database.open("", folder)) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            String alice = store.create(StoredKey.Terms.named("alice")).secret();
            String bob = store.create(StoredKey.Terms.named("bob")).secret();
            String admin =
                    store.create(StoredKey.Terms.named("root").withAdmin(true)).secret();
            try (var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
                    var server = new TestServer(
                            TestServer.settings(), database, keys, new TestModel("scripted", new ScriptedEngine()))) {
                for (int i = 0; i < 3; i++) {
                    server.chat(HELLO, "Authorization", "Bearer " + alice);
                }
                server.chat(HELLO, "Authorization", "Bearer " + bob);
                await().until(() -> json(get(server, "/admin/usage", admin))
                                .at("/total/completed")
                                .asInt()
                        == 4);

                assertThat(json(get(server, "/v1/usage", alice))
                                .at("/total/requests")
                                .asInt())
                        .isEqualTo(3);
                assertThat(json(get(server, "/v1/usage", bob))
                                .at("/total/completion_tokens")
                                .asInt())
                        .isEqualTo(7);
                JsonNode all = json(get(server, "/admin/usage?group_by=key", admin));
                assertThat(all.findValuesAsText("key_name")).containsExactlyInAnyOrder("alice", "bob");
                assertThat(all.at("/total/completion_tokens").asInt()).isEqualTo(28);
                assertThat(get(server, "/admin/usage?group_by=key&format=csv", admin)
                                .body())
                        .startsWith("key_id,key_name,requests,")
                        .hasLineCount(3);
                assertThat(get(server, "/admin/usage", alice).statusCode()).isEqualTo(403);
                assertThat(server.get("/v1/usage").statusCode()).isEqualTo(401);
            }
        }
    }

    private static HttpResponse<String> get(TestServer server, String path, String key)
            throws IOException, InterruptedException {
        return server.get(path, "Authorization", "Bearer " + key);
    }
}
