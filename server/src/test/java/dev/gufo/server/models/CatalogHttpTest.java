package dev.gufo.server.models;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.pool.Footprint;
import dev.gufo.server.KeyedServer;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.store.pull.PullSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models that could be downloaded, and whether they would fit. */
@Timeout(60)
class CatalogHttpTest {
    private static final Catalog.Entry SMALL = Catalog.entries().getFirst();

    @Test
    void everyEntryIsADownloadFromTheHubAndStandsInTheDocs() throws Exception {
        String docs = Files.readString(Path.of(System.getProperty("gufo.models"), "../docs/models.md"));
        for (Catalog.Entry entry : Catalog.entries()) {
            assertThat(PullSource.parse(entry.source())).isInstanceOf(PullSource.Hub.class);
            assertThat(docs).contains("`" + entry.source() + "`");
            assertThat(entry.id()).isLowerCase();
            assertThat(entry.sizeBytes()).isPositive();
        }
        assertThat(Catalog.entries()).extracting(Catalog.Entry::source).doesNotHaveDuplicates();
        List<Catalog.Entry> chat = Catalog.entries().stream()
                .filter(entry -> entry.use().equals("chat"))
                .toList();
        assertThat(chat).isSortedAccordingTo(Comparator.comparingLong(Catalog.Entry::sizeBytes));
    }

    @Test
    void aModelFitsWhereFileCacheAndBuffersHaveRoom() {
        long needs = SMALL.sizeBytes() + SMALL.kvBytesPerToken() * SMALL.contextTokens() + (1L << 30);
        assertThat(SMALL.memoryBytes()).isEqualTo(needs);
        assertThat(SMALL.fitsIn(room(needs, 0))).isEqualTo(Catalog.Fit.MAIN_MEMORY);
        assertThat(SMALL.fitsIn(room(needs - 1, 0))).isEqualTo(Catalog.Fit.NO);
        assertThat(SMALL.fitsIn(room(0, needs))).isEqualTo(Catalog.Fit.GPU);
        assertThat(SMALL.fitsIn(room(needs, needs - 1))).isEqualTo(Catalog.Fit.MAIN_MEMORY);
    }

    @Test
    void theListSaysWhatIsThereAlready(@TempDir Path folder) throws Exception {
        var there = new TestModel(SMALL.id(), new ScriptedEngine());
        try (var gufo = new KeyedServer(folder, TestServer.settings(), there)) {
            JsonNode all = gufo.asked("GET /admin/catalog", "/admin/catalog", 200);
            assertThat(all.at("/data/0/there").asBoolean()).isTrue();
            assertThat(all.at("/data/1/there").asBoolean()).isFalse();
            assertThat(all.at("/data/0/fits").asText()).isEqualTo("no"); // a test's pool has a byte
            assertThat(all.at("/memory/CPU/budget_bytes").asLong()).isEqualTo(1);
            JsonNode users = TestServer.json(gufo.send("GET", "/v1/catalog", "", gufo.user));
            assertThat(users.path("data")).isEqualTo(all.path("data"));
            assertThat(users.has("memory")).isFalse();
        }
    }

    private static Footprint room(long host, long gpu) {
        return new Footprint(Map.of("CPU", host, "CUDA0", gpu));
    }
}
