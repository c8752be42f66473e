package dev.gufo.server.chat;

import static dev.gufo.server.TestServer.HELLO;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.Reuse;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClientGoneTest {
    private static final String STREAM = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    private final ScriptedEngine engine = new ScriptedEngine().hold();

    @Test
    void aStreamWhoseClientLeavesInTheQueueIsCancelled() throws Exception {
        try (var server = new TestServer(engine)) {
            ScriptedEngine.Scripted generation;
            try (Socket socket = send(server, STREAM)) {
                generation = engine.started.take();
                assertThat(socket.getInputStream().read()).isEqualTo('H');
            }
            assertThat(generation.awaitCancelled()).isTrue();
        }
    }

    @Test
    void aStreamWhoseClientLeavesWhileTokensComeIsCancelled() throws Exception {
        try (var server = new TestServer(engine)) {
            ScriptedEngine.Scripted generation;
            try (Socket _ = send(server, STREAM)) {
                generation = engine.started.take();
                generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
                generation.text("some text");
            }
            assertThat(generation.awaitCancelled()).isTrue();
        }
    }

    @Test
    void aWholeAnswerWhoseClientLeavesIsCancelled() throws Exception {
        try (var server = new TestServer(engine)) {
            ScriptedEngine.Scripted generation;
            try (Socket _ = send(server, HELLO)) {
                generation = engine.started.take();
            }
            assertThat(generation.awaitCancelled()).isTrue();
        }
    }

    @Test
    void aClientThatOnlyEndedItsSideGetsItsWholeAnswer() throws Exception {
        try (var server = new TestServer(engine);
                Socket socket = send(server, HELLO)) {
            socket.shutdownOutput();
            var generation = engine.started.take();
            passHeartbeats(server, 30); // more than there are characters that can go ahead
            generation.text("still here");
            generation.finish(FinishReason.STOP);
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 200 OK\r\n").contains("still here");
            assertThat(answer.substring(1)).doesNotContain("HTTP/1.1");
        }
    }

    @Test
    void aClientThatEndedItsSideAndThenLeavesIsNoticed() throws Exception {
        try (var server = new TestServer(engine)) {
            ScriptedEngine.Scripted generation;
            try (Socket socket = send(server, HELLO)) {
                socket.shutdownOutput();
                generation = engine.started.take();
                assertThat(socket.getInputStream().read()).isEqualTo('H');
            }
            assertThat(generation.awaitCancelled()).isTrue();
        }
    }

    @Test
    void aClientThatEndedItsSideLongAgoAndThenLeavesIsNoticed() throws Exception {
        try (var server = new TestServer(engine)) {
            ScriptedEngine.Scripted generation;
            try (Socket socket = send(server, HELLO)) {
                socket.shutdownOutput();
                generation = engine.started.take();
                passHeartbeats(server, 30); // more than there are characters that can go ahead
            }
            assertThat(generation.awaitCancelled()).isTrue();
        }
    }

    @Test
    void anErrorReachesAClientThatEndedItsSideToo() throws Exception {
        try (var server = new TestServer(engine);
                Socket socket = send(server, HELLO)) {
            socket.shutdownOutput();
            var generation = engine.started.take();
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            generation.send(new GenerationEvent.Failed(new EngineException.Restarted("it died")));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("TTP/1.1 503 ")
                    .contains("\"code\":\"engine_restarted\"");
        }
    }

    @Test
    void aStreamWhoseClientEndedItsSideGoesOn() throws Exception {
        try (var server = new TestServer(engine);
                Socket socket = send(server, STREAM)) {
            socket.shutdownOutput();
            var generation = engine.started.take();
            passHeartbeats(server, 10);
            generation.text("still here");
            generation.finish(FinishReason.STOP);
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .contains(": ping", "[DONE]");
        }
    }

    @Test
    void aRequestThatComesDuringAnotherIsAnsweredAfterIt() throws Exception {
        try (var server = new TestServer(engine);
                Socket socket = send(server, HELLO)) {
            var generation = engine.started.take();
            socket.getOutputStream()
                    .write("GET /health HTTP/1.1\r\nHost: gufo\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.UTF_8));
            passHeartbeats(server, 5);
            generation.text("first");
            generation.finish(FinishReason.STOP);
            String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answers).containsSubsequence("HTTP/1.1 200", "first", "HTTP/1.1 200", "\"status\":\"ok\"");
        }
    }

    /** So many heartbeats later, seen on another connection; its request stays under way. */
    private void passHeartbeats(TestServer server, int count) throws Exception {
        try (var lines = server.streamLines(STREAM).body()) {
            lines.filter(": ping"::equals).limit(count).forEach(_ -> {});
        }
    }

    @Test
    void aClientThatWaitsOverManyHeartbeatsIsNotTakenForGone() throws Exception {
        try (var server = new TestServer(engine)) {
            var pending = server.client.sendAsync(
                    server.chatRequest(HELLO), java.net.http.HttpResponse.BodyHandlers.ofString());
            var generation = engine.started.take();
            // The second request is answered after several checks of the first one's client.
            try (var lines = server.streamLines(STREAM).body()) {
                lines.filter(": ping"::equals).limit(5).forEach(_ -> {});
            }
            generation.text("still here");
            generation.finish(FinishReason.STOP);
            assertThat(TestServer.json(pending.join())
                            .at("/choices/0/message/content")
                            .asText())
                    .isEqualTo("still here");
        }
    }

    private static Socket send(TestServer server, String json) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port());
        String head =
                "POST /v1/chat/completions HTTP/1.1\r\nHost: gufo\r\nContent-Type: application/json\r\nContent-Length: "
                        + json.length() + "\r\n\r\n";
        socket.getOutputStream().write((head + json).getBytes(StandardCharsets.UTF_8));
        return socket;
    }
}
