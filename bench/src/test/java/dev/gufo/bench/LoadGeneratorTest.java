package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoadGeneratorTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private static LoadPlan plan(Arrivals arrivals, int requests, int warmUp, boolean stream, Duration timeout) {
        var workload = new Workload(
                new Lengths.Uniform(20, 40),
                new Lengths.Fixed(8),
                0,
                stream,
                false,
                OptionalDouble.empty(),
                OptionalLong.empty(),
                OptionalDouble.of(1.5));
        return new LoadPlan(
                arrivals, new LoadPlan.Extent.Requests(requests), warmUp, workload, Optional.empty(), 1, timeout);
    }

    private static LoadPlan closed(int clients, int requests, int warmUp) {
        return plan(new Arrivals.ClosedLoop(clients), requests, warmUp, true, LONG);
    }

    private static Figures run(FakeServer server, LoadPlan plan) throws Exception {
        return report(server, plan).figures();
    }

    private static LoadReport report(FakeServer server, LoadPlan plan) throws Exception {
        return new LoadGenerator(server.target(), plan, new MemoryWatch(List.of(), 1)).run();
    }

    private static void answer(HttpExchange exchange, int tokens, int chunk) throws IOException {
        FakeServer.stream(exchange, FakeServer.events(tokens) + FakeServer.end(30, tokens), chunk)
                .close();
    }

    @Test
    void chunksThatCutLinesAndCharactersCountAsTheyWouldWhole() throws Exception {
        var chunk = new AtomicInteger();
        try (var server = new FakeServer((exchange, _) -> answer(exchange, 5, 1 + chunk.getAndIncrement()))) {
            Figures figures = run(server, closed(3, 40, 0));
            assertThat(figures.failures()).isEmpty();
            assertThat(figures.completed()).isEqualTo(40);
            assertThat(figures.completionTokens()).isEqualTo(200);
            assertThat(figures.promptTokens()).isEqualTo(1_200);
            assertThat(figures.firstToken().count()).isEqualTo(40);
            assertThat(figures.tokenGap().count()).isEqualTo(160);
            assertThat(figures.total().count()).isEqualTo(40);
            assertThat(figures.connections()).isLessThanOrEqualTo(4); // one more listed the models
        }
    }

    @Test
    void warmUpRequestsAreSentAndCountNowhere() throws Exception {
        try (var server = new FakeServer((exchange, _) -> answer(exchange, 2, 64))) {
            Figures figures = run(server, closed(2, 10, 6));
            assertThat(figures.completed()).isEqualTo(10);
            assertThat(server.requests()).hasSize(16);
            assertThat(new HashSet<>(server.requests())).hasSize(16); // no prompt twice
            assertThat(server.authorizations()).containsOnly("Bearer secret");
        }
    }

    @Test
    void twoRunsWithOneSeedSendTheSameRequests() throws Exception {
        try (var server = new FakeServer((exchange, _) -> answer(exchange, 1, 64))) {
            run(server, closed(3, 20, 3));
            var first = new HashSet<>(server.requests());
            run(server, closed(2, 20, 3));
            assertThat(new HashSet<>(server.requests())).isEqualTo(first);
        }
    }

    @Test
    void everyKindOfFailureIsCountedAndTheNextRequestGoesOn() throws Exception {
        var number = new AtomicInteger();
        try (var server = new FakeServer((exchange, _) -> {
            switch (number.getAndIncrement() % 6) {
                case 0 -> answer(exchange, 3, 100);
                case 1 -> FakeServer.json(exchange, 503, "{\"error\":{\"code\":\"queue_full\"}}");
                case 2 -> {
                    String error = "data: {\"error\":{\"code\":\"engine_restarted\"}}\n\n";
                    FakeServer.stream(exchange, FakeServer.events(2) + error, 100)
                            .close();
                }
                case 3 -> {
                    OutputStream _ = FakeServer.stream(exchange, FakeServer.events(2), 100);
                    throw new IOException("this makes the server close the connection, without the last chunk");
                }
                case 4 -> FakeServer.stream(exchange, FakeServer.events(2), 100).close();
                default -> FakeServer.json(exchange, 401, "no");
            }
        })) {
            Figures figures = run(server, closed(1, 30, 0));
            assertThat(figures.completed()).isEqualTo(5);
            assertThat(figures.completionTokens()).isEqualTo(15);
            assertThat(figures.failures())
                    .isEqualTo(Map.of(
                            "HTTP 503 queue_full", 5L,
                            "error event engine_restarted", 5L,
                            "connection closed within the response", 5L,
                            "stream ended without [DONE]", 5L,
                            "HTTP 401", 5L));
        }
    }

    @Test
    void anAnswerThatDoesNotEndIsBrokenOff() throws Exception {
        var over = new CountDownLatch(1);
        try (var server = new FakeServer((exchange, _) -> {
            OutputStream _ = FakeServer.stream(exchange, FakeServer.events(1), 100);
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        })) {
            LoadPlan plan = plan(new Arrivals.ClosedLoop(2), 4, 0, true, Duration.ofMillis(200));
            assertThat(run(server, plan).failures()).isEqualTo(Map.of("timeout", 4L));
            over.countDown();
        }
    }

    @Test
    void arrivalsOfTheOpenLoopDoNotWaitForAnswers() throws Exception {
        // Nobody is answered before all have arrived: a closed loop would wait for ever.
        var arrived = new CountDownLatch(20);
        try (var server = new FakeServer((exchange, _) -> {
            arrived.countDown();
            try {
                arrived.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            answer(exchange, 2, 64);
        })) {
            Figures figures = run(server, plan(new Arrivals.Poisson(500), 20, 0, true, LONG));
            assertThat(figures.completed()).isEqualTo(20);
            assertThat(figures.total().max())
                    .isGreaterThanOrEqualTo(figures.firstToken().max());
            assertThat(figures.saturatedTokensPerSecond()).isEmpty();
        }
    }

    @Test
    void answersInOnePieceHaveTokensAndNoGaps() throws Exception {
        try (var server = new FakeServer((exchange, _) -> FakeServer.json(exchange, 200, FakeServer.whole(20, 8)))) {
            Figures figures = run(server, plan(new Arrivals.ClosedLoop(2), 10, 2, false, LONG));
            assertThat(figures.completed()).isEqualTo(10);
            assertThat(figures.completionTokens()).isEqualTo(80);
            assertThat(figures.firstToken().count()).isZero();
            assertThat(figures.tokenGap().count()).isZero();
            assertThat(figures.total().count()).isEqualTo(10);
        }
    }

    @Test
    void theServersModelAndTokensPerWordAreFoundOut() throws Exception {
        try (var server = new FakeServer((exchange, request) -> {
            int words = request.replaceAll(".*\"content\":\"([^\"]*)\".*", "$1").split(" ").length;
            if (request.contains("\"stream\":true")) {
                FakeServer.stream(exchange, FakeServer.events(1) + FakeServer.end(words * 2 + 11, 1), 64)
                        .close();
            } else {
                FakeServer.json(exchange, 200, FakeServer.whole(words * 2 + 11, 1));
            }
        })) {
            var workload = new Workload(
                    new Lengths.Fixed(211),
                    new Lengths.Fixed(4),
                    0,
                    true,
                    false,
                    OptionalDouble.empty(),
                    OptionalLong.empty(),
                    OptionalDouble.empty());
            var extent = new LoadPlan.Extent.Requests(5);
            LoadReport report = report(
                    server, new LoadPlan(new Arrivals.ClosedLoop(1), extent, 0, workload, Optional.empty(), 1, LONG));
            assertThat(report.model()).isEqualTo("owl");
            assertThat(report.tokensPerWord()).isEqualTo(2.0);
            assertThat(report.figures().promptTokens()).isEqualTo(5 * 211);
        }
    }

    @Test
    void aServerThatIsNotThereIsSaidSo() {
        var server = new FakeServer((_, _) -> {});
        server.close();
        assertThatThrownBy(() -> run(server, closed(1, 1, 0)))
                .isInstanceOf(LoadGenerator.TargetUnusable.class)
                .hasMessageContaining("connection refused");
    }

    @Test
    void aRunForATimeEnds() throws Exception {
        try (var server = new FakeServer((exchange, _) -> answer(exchange, 2, 200))) {
            LoadPlan plan = closed(2, 1, 0);
            var extent = new LoadPlan.Extent.For(Duration.ofMillis(50));
            Figures figures = run(
                    server, new LoadPlan(plan.arrivals(), extent, 0, plan.workload(), plan.model(), plan.seed(), LONG));
            assertThat(figures.failures()).isEmpty();
            assertThat(figures.completed()).isEqualTo(server.requests().size());
        }
    }
}
