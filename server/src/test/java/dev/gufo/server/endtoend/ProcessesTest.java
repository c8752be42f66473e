package dev.gufo.server.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of requests, server and worker when one of the processes ends. */
@Timeout(180)
class ProcessesTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String HELLO = """
            {"messages": [{"role": "user", "content": "Hello"}], "temperature": 0}""";
    private static final String LONG_STREAM = """
            {"messages": [{"role": "user", "content": "Tell me a story."}], "temperature": 0,
             "stream": true, "ignore_eos": true, "max_tokens": 300}""";

    @TempDir
    private Path dataDir;

    @Test
    void aStreamGoesOnInTheNextWorkerWhenItsOwnIsKilled() throws IOException, InterruptedException {
        try (RunningGufo gufo = RunningGufo.start(dataDir)) {
            ProcessHandle first = gufo.worker();
            Iterator<String> events = gufo.stream(LONG_STREAM).body().iterator();
            for (int chunks = 0; chunks < 10; ) {
                chunks += events.next().contains("\"content\":") ? 1 : 0;
            }
            first.destroyForcibly();
            String last = "";
            while (events.hasNext()) {
                String line = events.next();
                last = line.isEmpty() ? last : line;
            }
            assertThat(last).isEqualTo("data: [DONE]");
            assertThat(gufo.worker()).isNotEqualTo(first);
            assertThat(gufo.get("/ready").statusCode()).isEqualTo(200);
            assertThat(gufo.chat(HELLO).body()).contains("Hello! How can I help you today?");
        }
    }

    @Test
    void whileTheWorkerIsGoneRequestsAreToldToComeBack() throws IOException, InterruptedException {
        try (RunningGufo gufo = RunningGufo.start(dataDir)) {
            gufo.worker().destroyForcibly();
            await().atMost(SOON).until(() -> gufo.get("/ready").statusCode() == 503);
            var response = gufo.chat(HELLO);
            if (response.statusCode() == 503) { // unless the new worker was quicker
                assertThat(response.body()).contains("engine_restarted");
                assertThat(response.headers().firstValueAsLong("Retry-After").orElse(0))
                        .isPositive();
            }
            await().atMost(SOON).until(() -> gufo.chat(HELLO).statusCode() == 200);
        }
    }

    @Test
    void aStopLetsARunningStreamEndAndLeavesNoProcess() throws IOException, InterruptedException, ExecutionException {
        try (RunningGufo gufo = RunningGufo.start(dataDir)) {
            ProcessHandle worker = gufo.worker();
            Iterator<String> events = gufo.stream(LONG_STREAM).body().iterator();
            events.next();
            CompletableFuture<List<String>> rest = CompletableFuture.supplyAsync(() -> {
                List<String> lines = new java.util.ArrayList<>();
                events.forEachRemaining(lines::add);
                return lines;
            });
            assertThat(gufo.stop()).isZero();
            assertThat(rest.get().stream().filter(line -> !line.isEmpty()).collect(Collectors.toList()))
                    .endsWith("data: [DONE]");
            await().atMost(SOON).until(() -> !worker.isAlive());
        }
    }

    @Test
    void aKilledServerLeavesNoWorker() throws IOException, InterruptedException {
        try (RunningGufo gufo = RunningGufo.start(dataDir)) {
            ProcessHandle worker = gufo.worker();
            Iterator<String> events = gufo.stream(LONG_STREAM).body().iterator();
            events.next();
            gufo.process().destroyForcibly().waitFor();
            await().atMost(SOON).until(() -> !worker.isAlive());
        }
    }
}
