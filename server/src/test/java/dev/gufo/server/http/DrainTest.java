package dev.gufo.server.http;

import static dev.gufo.server.TestServer.HELLO;
import static dev.gufo.server.TestServer.events;
import static dev.gufo.server.TestServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DrainTest {
    private static final String STREAM = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    private final ScriptedEngine engine = new ScriptedEngine().hold();

    @Test
    void whileDrainingNewRequestsAreRefusedAndRunningOnesFinish() throws Exception {
        try (var server = new TestServer(engine)) {
            var running = server.client.sendAsync(server.chatRequest(HELLO), BodyHandlers.ofString());
            var generation = engine.started.take();
            var drained = CompletableFuture.runAsync(server.server::drain);
            Awaitility.await().until(() -> server.get("/ready").statusCode() == 503);

            var refused = server.chat(HELLO);
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(json(refused).at("/error/code").asText()).isEqualTo("draining");
            assertThat(refused.headers().firstValue("retry-after")).isPresent();
            assertThat(server.get("/health").statusCode()).isEqualTo(200);
            assertThat(drained).isNotDone();

            generation.text("done");
            generation.finish(FinishReason.STOP);
            assertThat(running.join().statusCode()).isEqualTo(200);
            drained.join();
        }
    }

    @Test
    void whatIsNotDoneInTimeIsCancelledAndToldSo() throws Exception {
        var settings = TestServer.settings(List.of(), 413, false, Duration.ofMillis(50));
        try (var server = new TestServer(engine, settings)) {
            var whole = server.client.sendAsync(server.chatRequest(HELLO), BodyHandlers.ofString());
            var first = engine.started.take();
            var stream = server.client.sendAsync(server.chatRequest(STREAM), BodyHandlers.ofString());
            var second = engine.started.take();
            second.text("half an ans");

            server.server.drain();
            assertThat(first.awaitCancelled() && second.awaitCancelled()).isTrue();
            assertThat(whole.join().statusCode()).isEqualTo(503);
            assertThat(stream.join().body()).contains("\"draining\"").doesNotContain("[DONE]");
            assertThat(events(stream.join().body()).getLast().at("/error/code").asText())
                    .isEqualTo("draining");
        }
    }

    @Test
    void anAnswerThatIsDoneWhenTheServerStopsStillArrives() throws Exception {
        for (int round = 0; round < 5; round++) {
            try (var server = new TestServer(engine)) {
                var running = server.client.sendAsync(server.chatRequest(HELLO), BodyHandlers.ofString());
                var generation = engine.started.take();
                generation.text("done");
                generation.finish(FinishReason.STOP);
                server.server.drain();
                server.server.close();
                assertThat(running.join().statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void closingTellsTheClientsOfRunningStreams() throws Exception {
        try (var server = new TestServer(engine)) {
            var stream = server.client.sendAsync(server.chatRequest(STREAM), BodyHandlers.ofString());
            engine.started.take().text("half");
            server.server.close();
            assertThat(stream.join().body()).contains("\"draining\"");
        }
    }

    @Test
    void drainingAnIdleServerReturnsAtOnce() {
        try (var server = new TestServer(engine)) {
            server.server.drain();
            server.server.drain();
        }
    }
}
