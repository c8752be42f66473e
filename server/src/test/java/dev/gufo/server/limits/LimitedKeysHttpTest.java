package dev.gufo.server.limits;

import static dev.gufo.server.TestServer.HELLO;
import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Reuse;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.Storage;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.Limit;
import dev.gufo.server.access.Limits;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.usage.MonthTokens;
import dev.gufo.template.Rendering;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Limits of stored keys, through the real routes. Buckets do not refill, as their time stands still. */
@Timeout(60)
class LimitedKeysHttpTest {
    /** The scripted engine answers it with six tokens. */
    private static final String ASK = HELLO.substring(0, HELLO.length() - 1) + ",\"max_tokens\":6}";

    private static final String STREAM = "{\"stream\":true," + ASK.substring(1);

    private final ManualTime time = new ManualTime("2026-01-31T12:00:00Z");
    private final ScriptedEngine engine = new ScriptedEngine();

    @TempDir
    private Path folder;

    private Database database;
    private KeyStore store;
    private StoredKeys keys;
    private KeyLimits limits;
    private TestServer server;
    private int prompt;
    private String secret = "";

    @BeforeEach
    void start() throws Exception {
        database = Database.open("", folder);
        store = new KeyStore(database, InstantSource.system(), new SecureRandom());
        open();
        String free = key(Map.of());
        prompt = json(chat(free, ASK)).at("/usage/prompt_tokens").asInt();
    }

    private void open() {
        keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
        limits = KeyLimits.open(Limits.NONE, "", database, InstantSource.system(), time);
        server = new TestServer(
                TestServer.settings(), new Storage(database, keys, limits), new TestModel("scripted", engine));
    }

    @AfterEach
    void stop() {
        server.close();
        limits.close();
        keys.close();
        database.close();
    }

    @Test
    void tokensAreTakenWhenARequestComesAndWhatWasNotUsedComesBack() throws Exception {
        String key = key(Map.of(Limit.TOKENS_PER_MINUTE, 10_000L, Limit.REQUESTS_PER_MINUTE, 10L));
        HttpResponse<String> answer = chat(key, HELLO.replace("}]}", "}],\"max_tokens\":500}"));
        assertThat(remaining(answer, "tokens")).isEqualTo(10_000 - prompt - 500);
        assertThat(remaining(answer, "requests")).isEqualTo(9);
        int used = json(answer).at("/usage/total_tokens").asInt();
        assertThat(used).isEqualTo(prompt + 7);
        HttpResponse<String> models = server.get("/v1/models", "Authorization", "Bearer " + key);
        await().untilAsserted(() -> assertThat(
                        remaining(server.get("/v1/models", "Authorization", "Bearer " + key), "tokens"))
                .isEqualTo(10_000 - used));
        assertThat(remaining(models, "requests")).isEqualTo(9);
        assertThat(models.headers().firstValue("x-ratelimit-limit-tokens")).hasValue("10000");
        assertThat(models.headers().firstValue("x-ratelimit-reset-requests")).hasValue("6s");
    }

    @Test
    void mistakesTellTheRatesAndCostNothing() throws Exception {
        String key = key(Map.of(Limit.REQUESTS_PER_DAY, 5L, Limit.TOKENS_PER_DAY, 1_000L));
        HttpResponse<String> bad = chat(key, "{\"messages\":7}");
        assertThat(bad.statusCode()).isEqualTo(400);
        assertThat(remaining(bad, "requests")).isEqualTo(5);
        HttpResponse<String> unknown = chat(key, "{\"model\":\"owl\"," + HELLO.substring(1));
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(remaining(unknown, "tokens")).isEqualTo(1_000);
    }

    @Test
    void aKeyWhoseTokensAreUsedUpIsRefusedBeforeItsPromptIsRead() throws Exception {
        String key = key(Map.of(Limit.TOKENS_PER_DAY, (long) prompt + 7));
        assertThat(chat(key, HELLO.replace("}]}", "}],\"max_tokens\":7}")).statusCode())
                .isEqualTo(200);
        Rendering before = engine.lastPrompt();
        for (String body : List.of(HELLO, "{\"messages\":7}", "no JSON")) {
            assertRefused(chat(key, body), "rate_limit_exceeded", "tokens_per_day is");
        }
        assertThat(engine.lastPrompt()).isSameAs(before);
    }

    @Test
    void aPromptThatTheTokensLeftCannotPayIsRefusedBeforeItIsTokenized() throws Exception {
        String key = key(Map.of(Limit.TOKENS_PER_DAY, 100L));
        Rendering before = engine.lastPrompt();
        String words = "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}".formatted("owl ".repeat(1_000));
        assertRefused(chat(key, words), "rate_limit_exceeded", "tokens_per_day is 100");
        assertThat(engine.lastPrompt()).isSameAs(before);
    }

    @Test
    void countingTokensCountsAsARequest() throws Exception {
        String key = key(Map.of(Limit.REQUESTS_PER_DAY, 3L));
        for (String path : List.of("/v1/tokenize", "/v1/detokenize", "/v1/chat/completions/input_tokens")) {
            assertThat(post(
                                    key,
                                    path,
                                    "{\"prompt\":\"a\",\"tokens\":[97],\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}")
                            .statusCode())
                    .isEqualTo(200);
        }
        assertThat(post(key, "/v1/tokenize", "{\"prompt\":\"a\"}").statusCode()).isEqualTo(429);
    }

    private HttpResponse<String> post(String key, String path, String body) throws Exception {
        return server.client.send(
                HttpRequest.newBuilder(server.uri(path))
                        .header("Content-Type", "application/json")
                        .header("Authorization", "Bearer " + key)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void ratesAreRefusedWithTheLimitsNameAndTheTimeToWait() throws Exception {
        String often = key(Map.of(Limit.REQUESTS_PER_MINUTE, 1L));
        assertThat(chat(often, ASK).statusCode()).isEqualTo(200);
        HttpResponse<String> refused = chat(often, ASK);
        assertRefused(refused, "rate_limit_exceeded", "requests_per_minute is 1, used 1, requested 1");
        assertThat(refused.headers().firstValue("retry-after")).hasValue("60");
        assertThat(refused.headers().firstValue("retry-after-ms")).hasValue("60000");
        assertThat(remaining(refused, "requests")).isZero();

        String daily = key(Map.of(Limit.REQUESTS_PER_DAY, 1L));
        assertThat(chat(daily, ASK).statusCode()).isEqualTo(200);
        assertRefused(chat(daily, ASK), "rate_limit_exceeded", "requests_per_day is 1");

        String much = key(Map.of(Limit.TOKENS_PER_DAY, prompt + 6L));
        assertThat(chat(much, ASK).statusCode()).isEqualTo(200);
        assertRefused(chat(much, ASK), "rate_limit_exceeded", "tokens_per_day is " + (prompt + 6));
        HttpResponse<String> never = chat(key(Map.of(Limit.TOKENS_PER_MINUTE, 3L)), ASK);
        assertRefused(never, "rate_limit_exceeded", "A request this large exceeds the limit");
        assertThat(never.headers().map()).doesNotContainKeys("retry-after", "retry-after-ms");
    }

    @Test
    void everyAnswerOfARequestCountsAndTheCeilingHoldsForEach() throws Exception {
        String key = key(Map.of(Limit.MAX_TOKENS, 4L, Limit.TOKENS_PER_DAY, 10_000L));
        HttpResponse<String> answer = chat(key, HELLO.replace("}]}", "}],\"n\":3}"));
        assertThat(json(answer).at("/choices/0/message/content").asText()).isEqualTo("Hell");
        assertThat(json(answer).at("/choices/0/finish_reason").asText()).isEqualTo("length");
        assertThat(remaining(answer, "tokens")).isEqualTo(10_000 - prompt - 3 * 4);
    }

    @Test
    void concurrentAndWaitingRequestsAreCountedUntilTheyEndOrStart() throws Exception {
        engine.hold();
        engine.started.clear();
        String key = key(Map.of(Limit.CONCURRENT_REQUESTS, 2L, Limit.QUEUED_REQUESTS, 1L));
        var first = stream(key);
        var one = engine.started.take();
        assertRefused(chat(key, ASK), "rate_limit_exceeded", "queued_requests is 1, used 1");
        one.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
        one.text("a");
        try (var lines = first.join().body()) {
            assertThat(lines.filter(line -> line.contains("\"a\"")).findFirst()).isPresent();
            var second = stream(key);
            var two = engine.started.take();
            assertRefused(chat(key, ASK), "rate_limit_exceeded", "concurrent_requests is 2");
            two.finish(FinishReason.STOP);
            try (var all = second.join().body()) {
                assertThat(all).contains("data: [DONE]");
            }
            var third = stream(key);
            engine.started.take().finish(FinishReason.STOP);
            try (var all = third.join().body()) {
                assertThat(all).contains("data: [DONE]");
            }
            one.finish(FinishReason.STOP);
        }
    }

    private CompletableFuture<HttpResponse<Stream<String>>> stream(String key) {
        return server.client.sendAsync(
                server.chatRequest(STREAM, "Authorization", "Bearer " + key), BodyHandlers.ofLines());
    }

    @Test
    void aStreamThatItsClientLeavesGivesTheRestBack() throws Exception {
        engine.hold();
        String key = key(Map.of(Limit.TOKENS_PER_DAY, 10_000L));
        var request = server.chatRequest(STREAM, "Authorization", "Bearer " + key);
        engine.started.clear();
        try (var client = HttpClient.newHttpClient()) {
            var pending = client.sendAsync(request, BodyHandlers.ofLines());
            var generation = engine.started.take();
            generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
            generation.text("ab");
            try (var lines = pending.join().body()) {
                lines.limit(3).forEach(_ -> {});
            }
            client.shutdownNow();
            assertThat(generation.awaitCancelled()).isTrue();
        }
        awaitRemaining(key, 10_000 - prompt - 2);
    }

    @Test
    void anEngineThatFailsOrRefusesCostsWhatItGave() throws Exception {
        engine.hold();
        String key = key(Map.of(Limit.TOKENS_PER_DAY, 10_000L));
        engine.started.clear();
        var pending = server.client.sendAsync(
                server.chatRequest(ASK, "Authorization", "Bearer " + key), BodyHandlers.ofString());
        var generation = engine.started.take();
        generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
        generation.text("ab");
        generation.send(new GenerationEvent.Failed(new EngineException.Restarted("it died")));
        assertThat(pending.join().statusCode()).isEqualTo(503);
        awaitRemaining(key, 10_000 - prompt - 2);
        engine.refusing(new Refusal.QueueFull(3, Duration.ofSeconds(1)));
        assertThat(chat(key, ASK).statusCode()).isEqualTo(503);
        awaitRemaining(key, 10_000 - prompt - 2);
    }

    @Test
    void aBudgetThatIsUsedUpIsToldWithoutATimeToWait() throws Exception {
        String key = key(Map.of(Limit.TOKENS_PER_MONTH, 2L * prompt + 12));
        assertThat(chat(key, ASK).statusCode()).isEqualTo(200);
        assertThat(chat(key, ASK).statusCode()).isEqualTo(200);
        HttpResponse<String> refused = chat(key, ASK);
        assertRefused(refused, "insufficient_quota", "tokens_per_month is " + (2 * prompt + 12));
        assertThat(json(refused).at("/error/type").asText()).isEqualTo("insufficient_quota");
        assertThat(refused.headers().map()).doesNotContainKeys("retry-after", "retry-after-ms");
    }

    @Test
    void whatAKilledServerDidNotCountForTheMonthIsTakenFromTheLedger() throws Exception {
        StoredKey stored = create(Map.of(Limit.TOKENS_PER_MONTH, 3L * prompt + 18));
        String key = secret;
        assertThat(chat(key, ASK).statusCode()).isEqualTo(200);
        assertThat(chat(key, ASK).statusCode()).isEqualTo(200);
        server.close();
        limits.close();
        keys.close();
        // As if the last seconds had not been written.
        database.write(session -> session.update("DELETE FROM key_month WHERE key_id = ?", stored.id()));
        open();
        YearMonth month = YearMonth.from(Instant.now().atOffset(ZoneOffset.UTC));
        assertThat(MonthTokens.byKey(database, month)).containsEntry(stored.id(), 2L * (prompt + 6));
        assertThat(chat(key, ASK).statusCode()).isEqualTo(200);
        assertRefused(chat(key, ASK), "insufficient_quota", ", " + 3 * (prompt + 6) + " are used");
    }

    private String key(Map<Limit, Long> of) {
        create(of);
        return secret;
    }

    private StoredKey create(Map<Limit, Long> of) {
        StoredKey.Terms terms = StoredKey.Terms.named("limited");
        var created = store.create(terms.withLimits(_ -> new Limits(of)));
        keys.changed();
        secret = created.secret();
        return created.key();
    }

    private HttpResponse<String> chat(String key, String json) throws Exception {
        return server.chat(json, "Authorization", "Bearer " + key);
    }

    private void awaitRemaining(String key, int tokens) {
        await().untilAsserted(() -> assertThat(
                        remaining(server.get("/v1/models", "Authorization", "Bearer " + key), "tokens"))
                .isEqualTo(tokens));
    }

    private static int remaining(HttpResponse<?> response, String unit) {
        return Integer.parseInt(response.headers()
                .firstValue("x-ratelimit-remaining-" + unit)
                .orElseThrow(() -> new AssertionError(response + " tells nothing of " + unit)));
    }

    private static void assertRefused(HttpResponse<String> response, String code, String text) throws Exception {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(429);
        JsonNode error = json(response).get("error");
        assertThat(error.get("code").asText()).isEqualTo(code);
        assertThat(error.get("message").asText()).contains(text);
    }
}
