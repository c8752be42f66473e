package dev.gufo.server.chat;

import static dev.gufo.server.TestServer.HELLO;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
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
                generation.send(new GenerationEvent.Started(0));
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
