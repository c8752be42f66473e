package dev.gufo.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.docs.DocumentedApi;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DocumentedRoutesTest {
    /** Pages and their parts, no routes of the API. */
    private static final Set<String> PAGES = Set.of("GET /docs/{file}", "GET /", "GET /admin", "GET /web/{file}");

    @Test
    void theDocumentListsEveryRouteAndNoOther(@TempDir Path folder) throws Exception {
        try (Database database = Database.open("", folder);
                StoredKeys keys = new StoredKeys(
                        new KeyStore(database, InstantSource.system(), new SecureRandom()),
                        InstantSource.system(),
                        Ticker.systemTicker());
                var server = new TestServer(
                        TestServer.settings(), database, keys, new TestModel("scripted", new ScriptedEngine()))) {
            Set<String> served = server.server.served().stream()
                    .map(route -> route.replace('<', '{').replace('>', '}'))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(served).containsAll(PAGES);
            served.removeAll(PAGES);
            var document = new DocumentedApi(TestServer.json(server.get("/openapi.json")));
            assertThat(document.operations()).isEqualTo(served);
        }
    }
}
