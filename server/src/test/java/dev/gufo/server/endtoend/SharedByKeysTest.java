package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.database.Database;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which keys find what of each other's prompts, in slots, in main memory and on disk. */
@Timeout(300)
class SharedByKeysTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path dataDir;

    @TempDir
    private Path cacheDir;

    private RunningGufo start(String... more) throws IOException {
        String[] options = {
            "--parallel", "2", "--cache-ram", "64MiB", "--cache-disk", "64MiB", "--cache-dir", cacheDir.toString()
        };
        String[] all = Arrays.copyOf(options, options.length + more.length);
        System.arraycopy(more, 0, all, options.length, more.length);
        return RunningGufo.start(dataDir, all);
    }

    /** @return tokens that were not computed */
    private static int cached(RunningGufo gufo, String key) throws IOException, InterruptedException {
        ObjectNode body = JSON.createObjectNode().put("temperature", 0).put("max_tokens", 4);
        body.putArray("messages")
                .addObject()
                .put("role", "user")
                .put("content", "Tell me of the owl, the fox and the crow. ".repeat(40));
        HttpRequest request = HttpRequest.newBuilder(URI.create(gufo.baseUrl()).resolve("/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + key)
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            JsonNode json = JSON.readTree(response.body());
            return json.at("/usage/prompt_tokens_details/cached_tokens").asInt();
        }
    }

    @Test
    void keysOfOneGroupShareAndOthersDoNot() throws Exception {
        String one;
        String two;
        String other;
        try (Database database = Database.open("", dataDir)) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            one = store.create(StoredKey.Terms.named("one").withCacheGroup("team"))
                    .secret();
            two = store.create(StoredKey.Terms.named("two").withCacheGroup("team"))
                    .secret();
            other = store.create(StoredKey.Terms.named("other")).secret();
        }
        try (RunningGufo gufo = start()) {
            assertThat(cached(gufo, one)).isZero();
            assertThat(cached(gufo, other)).isZero();
            assertThat(cached(gufo, two)).isGreaterThan(300);
            assertThat(gufo.stop()).isZero();
        }
        try (RunningGufo gufo = start()) {
            assertThat(cached(gufo, two)).as("from disk").isGreaterThan(300);
        }
    }

    @Test
    void aKeyThatTakesAnothersPlaceInTheSettingsFindsNothingOfIt() throws Exception {
        String first = "first-key-of-the-settings";
        try (RunningGufo gufo = start("--api-key", first)) {
            assertThat(cached(gufo, first)).isZero();
            assertThat(gufo.stop()).isZero();
        }
        String second = "another-key-of-the-settings";
        try (RunningGufo gufo = start("--api-key", second, "--api-key", first)) {
            assertThat(cached(gufo, second)).isZero();
        }
        try (RunningGufo gufo = start("--api-key", first)) {
            assertThat(cached(gufo, first)).isGreaterThan(300);
        }
    }
}
