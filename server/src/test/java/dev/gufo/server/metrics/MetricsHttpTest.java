package dev.gufo.server.metrics;

import static dev.gufo.server.TestServer.HELLO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.gufo.engine.Drafts;
import dev.gufo.engine.EngineStatus;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.AdminPlace;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.Patterns;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.accounting.MetricsAccess;
import dev.gufo.server.database.Database;
import dev.gufo.server.usage.Ledger;
import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.Status;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MetricsHttpTest {
    /** Beside the module, wherever the checkout is. */
    private static final Path DASHBOARD =
            Path.of(System.getProperty("gufo.models")).resolveSibling("docs").resolve("grafana/gufo.json");

    private static final Pattern METRIC = Pattern.compile("gufo_[a-z0-9_]+");

    @TempDir
    private Path folder;

    @Test
    void aScrapeTellsWhatHappened() throws IOException, InterruptedException {
        var engine = new ScriptedEngine().status(new EngineStatus.Ready(2, 5, 0.25f, 3));
        String scrape = scrapeAfterARequest(engine);
        String prompt = "(\\d+)\\.0";
        assertThat(scrape)
                .contains("gufo_num_requests_running{model_name=\"scripted\"} 2.0")
                .contains("gufo_num_requests_waiting{model_name=\"scripted\"} 5.0")
                .contains("gufo_kv_cache_usage_perc{model_name=\"scripted\"} 0.25")
                .contains("gufo_target_gap_seconds{model_name=\"scripted\"} 0.2")
                .contains("gufo_num_preemptions_total{model_name=\"scripted\"} 3.0")
                .contains("gufo_generation_tokens_total{model_name=\"scripted\"} 7.0")
                .contains("gufo_prefix_cache_hits_total{model_name=\"scripted\"} 3.0")
                .contains("gufo_request_success_total{finished_reason=\"stop\",model_name=\"scripted\"} 1.0")
                .contains("gufo_time_to_first_token_seconds_bucket{model_name=\"scripted\",le=\"0.001\"}")
                .contains("gufo_time_to_first_token_seconds_count{model_name=\"scripted\"} 1")
                .contains("gufo_inter_token_latency_seconds_count{model_name=\"scripted\"} 6")
                .contains("gufo_e2e_request_latency_seconds_bucket{model_name=\"scripted\",le=\"7680.0\"} 1")
                .containsPattern("gufo_prompt_tokens_total\\{model_name=\"scripted\"} " + prompt);
    }

    @Test
    void theDashboardNamesOnlyWhatAScrapeHas() throws IOException, InterruptedException {
        JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
        List<String> expressions = new ArrayList<>(dashboard.findValuesAsText("expr"));
        expressions.addAll(dashboard.findValuesAsText("definition"));
        assertThat(expressions).hasSizeGreaterThan(20);
        String scrape = scrapeAfterARequest(new ScriptedEngine());
        for (String expression : expressions) {
            assertThat(METRIC.matcher(expression).results())
                    .isNotEmpty()
                    .allSatisfy(name -> assertThat(scrape).contains("\n" + name.group() + "{"));
        }
    }

    @Test
    void guessesAreCountedOnceARequestHasEnded() throws IOException, InterruptedException {
        String scrape = scrapeAfterARequest(new ScriptedEngine().guessing(new Drafts(3, 2)));
        assertThat(scrape)
                .contains("gufo_spec_decode_num_draft_tokens_total{model_name=\"scripted\"} 5.0")
                .contains("gufo_spec_decode_num_accepted_tokens_total{model_name=\"scripted\"} 3.0");
    }

    @Test
    void withoutADatabaseRequestsAreCountedToo() throws IOException, InterruptedException {
        try (var server = new TestServer(new ScriptedEngine())) {
            server.chat(HELLO);
            assertThat(server.get("/metrics").body())
                    .contains("gufo_generation_tokens_total{model_name=\"scripted\"} 7.0");
            assertThat(server.get("/metrics", "Accept", "application/openmetrics-text; version=1.0.0")
                            .body())
                    .endsWith("# EOF\n");
        }
    }

    @Test
    void whoMayReadThemIsTheOperatorsChoice() throws IOException, InterruptedException {
        assertThat(statusOf(MetricsAccess.KEY)).isEqualTo(401);
        assertThat(statusOf(MetricsAccess.OPEN)).isEqualTo(200);
        assertThat(statusOf(MetricsAccess.OFF)).isEqualTo(404);
    }

    @Test
    void aKeySeesItsOwnSeriesAndAnAdministratorAll() throws Exception {
        try (Database database = Database.open("", folder)) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            String owl = store.create(StoredKey.Terms.named("owl").withModels(new Patterns(List.of("scripted"))))
                    .secret();
            String hawk = store.create(StoredKey.Terms.named("hawk")).secret();
            String other = store.create(StoredKey.Terms.named("other")).secret();
            String root =
                    store.create(StoredKey.Terms.named("root").withAdmin(true)).secret();
            try (var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
                    var server = new TestServer(
                            TestServer.settings().with().admin(AdminPlace.OFF).build(),
                            database,
                            keys,
                            TestModel.two())) {
                for (String key : List.of(owl, hawk)) {
                    assertThat(server.chat(HELLO, "Authorization", "Bearer " + key)
                                    .statusCode())
                            .isEqualTo(200);
                }
                String all = await().until(
                                () -> scrape(server, root),
                                text -> text.contains("{key=\"owl\"} 1.0") && text.contains("{key=\"hawk\"} 1.0"));
                assertThat(all).contains("key=\"other\"", "model_name=\"scripted\"", "model_name=\"other/model\"");
                assertThat(scrape(server, owl))
                        .contains(
                                "gufo_key_requests_total{key=\"owl\"} 1.0",
                                "gufo_model_ready{model_name=\"scripted\"} 1.0",
                                "gufo_time_to_first_token_seconds_bucket{model_name=\"scripted\",le=\"0.001\"}",
                                "# TYPE gufo_key_requests_total counter")
                        .doesNotContain("hawk", "key=\"other\"", "other/model");
                assertThat(scrape(server, hawk))
                        .contains("key=\"hawk\"", "other/model")
                        .doesNotContain("owl");
                assertThat(scrape(server, other)).doesNotContain("key=");
                assertThat(server.get(
                                        "/metrics",
                                        "Authorization",
                                        "Bearer " + owl,
                                        "Accept",
                                        "application/openmetrics-text")
                                .body())
                        .contains("key=\"owl\"")
                        .doesNotContain("hawk")
                        .endsWith("# EOF\n");
            }
        }
    }

    private static String scrape(TestServer server, String key) throws IOException, InterruptedException {
        return server.get("/metrics", "Authorization", "Bearer " + key).body();
    }

    @Test
    void onlySoManyKeysAreCountedByName() {
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        var keys = new KeyMeters(registry, 2);
        for (int i = 0; i < 100; i++) {
            keys.settled("key-" + i, Outcome.withoutTokens(Status.COMPLETED, false));
        }
        keys.settled("key-0", Outcome.withoutTokens(Status.COMPLETED, false));
        assertThat(registry.scrape().lines().filter(line -> line.startsWith("gufo_key_requests_total")))
                .containsExactlyInAnyOrder(
                        "gufo_key_requests_total{key=\"key-0\"} 2.0",
                        "gufo_key_requests_total{key=\"key-1\"} 1.0",
                        "gufo_key_requests_total{key=\"other\"} 98.0");
    }

    private int statusOf(MetricsAccess access) throws IOException, InterruptedException {
        var settings = TestServer.settings(List.of("key"), 413, false, java.time.Duration.ofSeconds(1))
                .with()
                .accounting(new Accounting.Settings(Ledger.Settings.DEFAULT, access, false))
                .build();
        try (var server = new TestServer(new ScriptedEngine(), settings)) {
            return server.get("/metrics").statusCode();
        }
    }

    private static String scrapeAfterARequest(ScriptedEngine engine) throws IOException, InterruptedException {
        try (var server = new TestServer(engine)) {
            assertThat(server.chat(HELLO).statusCode()).isEqualTo(200);
            return await().until(
                            () -> server.get("/metrics").body(), text -> text.contains("gufo_request_success_total{"));
        }
    }
}
