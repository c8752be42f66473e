package dev.gufo.server.limits;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.TestStorage;
import dev.gufo.server.access.Caller;
import dev.gufo.server.access.Limit;
import dev.gufo.server.access.Limits;
import dev.gufo.server.database.Database;
import dev.gufo.server.error.ErrorResponses;
import dev.gufo.server.error.ErrorTable;
import io.javalin.Javalin;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a client sees of limits, behind a route that does nothing but reserve and settle. */
@Timeout(60)
class LimitsHttpTest {
    private final ManualTime time = new ManualTime("2026-01-31T12:00:00Z");

    @TempDir
    private Path folder;

    @Test
    void refusalsSayWhichLimitAndWhenToComeBack() throws Exception {
        var caller = KeyLimitsTest.caller(
                Map.of(Limit.REQUESTS_PER_MINUTE, 40L, Limit.TOKENS_PER_MINUTE, 700L, Limit.TOKENS_PER_MONTH, 1_000L));
        try (Database database = TestStorage.database(folder);
                KeyLimits limits = KeyLimits.open(Limits.NONE, "", database, time, time);
                HttpClient client = HttpClient.newHttpClient()) {
            Javalin server = Javalin.create(config -> {
                        config.startup.showJavalinBanner = false;
                        new ErrorResponses(new ErrorTable(413), 1_000, Duration.ofSeconds(5)).register(config.routes);
                        config.routes.get("/use/{prompt}/{output}", ctx -> use(limits, caller, ctx));
                    })
                    .start("127.0.0.1", 0);
            try {
                HttpResponse<String> first = get(client, server.port(), "/use/100/500");
                assertThat(first.statusCode()).isEqualTo(200);
                assertThat(first.headers().firstValue("x-ratelimit-limit-requests"))
                        .hasValue("40");
                assertThat(first.headers().firstValue("x-ratelimit-remaining-requests"))
                        .hasValue("39");
                assertThat(first.headers().firstValue("x-ratelimit-reset-requests"))
                        .hasValue("1.5s");
                assertThat(first.headers().firstValue("x-ratelimit-limit-tokens"))
                        .hasValue("700");
                assertThat(first.headers().firstValue("x-ratelimit-remaining-tokens"))
                        .hasValue("100");

                HttpResponse<String> limited = get(client, server.port(), "/use/100/15");
                assertThat(limited.statusCode()).isEqualTo(429);
                assertThat(limited.headers().firstValue("retry-after")).hasValue("2");
                assertThat(limited.headers().firstValue("retry-after-ms")).hasValue("1286");
                var error = new ObjectMapper().readTree(limited.body()).get("error");
                assertThat(error.get("code").asText()).isEqualTo("rate_limit_exceeded");
                assertThat(error.get("type").asText()).isEqualTo("tokens");
                assertThat(error.get("message").asText()).contains("tokens_per_minute is 700, used 600, requested 115");

                HttpResponse<String> never = get(client, server.port(), "/use/100/700");
                assertThat(never.statusCode()).isEqualTo(429);
                assertThat(never.headers().map()).doesNotContainKeys("retry-after", "retry-after-ms");

                time.pass(java.time.Duration.ofMinutes(1));
                HttpResponse<String> usedUp = get(client, server.port(), "/use/100/400");
                assertThat(usedUp.statusCode()).isEqualTo(429);
                assertThat(new ObjectMapper()
                                .readTree(usedUp.body())
                                .at("/error/code")
                                .asText())
                        .isEqualTo("insufficient_quota");
                assertThat(usedUp.headers().map()).doesNotContainKeys("retry-after", "retry-after-ms");
            } finally {
                server.stop();
            }
        }
    }

    private static void use(KeyLimits limits, Caller caller, io.javalin.http.Context ctx) {
        long prompt = Long.parseLong(ctx.pathParam("prompt"));
        long output = Long.parseLong(ctx.pathParam("output"));
        try (Reservation reservation = limits.reserve(caller, new RequestCost(prompt, output, 1))) {
            reservation.headers().headers().forEach(ctx::header);
            reservation.settle(prompt, output);
        }
    }

    private static HttpResponse<String> get(HttpClient client, int port, String path) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
        return client.send(request, BodyHandlers.ofString());
    }
}
