package dev.gufo.server.hostile;

import static dev.gufo.server.TestServer.HELLO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.Reuse;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.database.Database;
import dev.gufo.server.http.ConnectionLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SlowClientsTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final int PACE_MILLIS = 5;
    private static final String STREAM = "{\"stream\":true," + HELLO.substring(1);

    private final ScriptedEngine engine = new ScriptedEngine().hold();

    @TempDir
    private Path folder;

    @Test
    void headersThatComeByteByByteAreNotWaitedForLongerThanTheirTime() throws Exception {
        try (var server = server(new ConnectionLimits(SHORT, LONG, LONG, 10));
                Socket socket = connect(server)) {
            assertThat(trickle(socket, "GET /health HTTP/1.1\r\nX-Slow: ", "x")).isEmpty();
        }
    }

    @Test
    void emptyLinesInsteadOfARequestAreNotWaitedForEither() throws Exception {
        try (var server = server(new ConnectionLimits(SHORT, LONG, LONG, 10));
                Socket socket = connect(server)) {
            String health = "GET /health HTTP/1.1\r\nHost: gufo\r\n\r\n";
            assertThat(trickle(socket, health, "\r\n")).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void aConnectionThatManyRequestsShareIsNotASlowOne() throws Exception {
        try (var server = server(new ConnectionLimits(Duration.ofMillis(100), LONG, LONG, 10));
                Socket socket = connect(server)) {
            byte[] health = "GET /health HTTP/1.1\r\nHost: gufo\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
            long end = System.nanoTime() + Duration.ofMillis(300).toNanos();
            int answers = 0;
            while (System.nanoTime() < end) {
                socket.getOutputStream().write(health);
                assertThat(RawResponse.read(socket.getInputStream()).status()).isEqualTo(200);
                answers++;
            }
            assertThat(answers).isGreaterThan(1);
        }
    }

    @Test
    void aBodyThatComesByteByByteIsRefusedAfterItsTime() throws Exception {
        try (var server = server(new ConnectionLimits(LONG, SHORT, LONG, 10));
                Socket socket = connect(server)) {
            assertTimedOut(trickle(socket, head(10_000) + "{\"messages\":\"", "x"));
        }
    }

    @Test
    void aRefusedRequestsBodyIsNotReadForLongerEither() throws Exception {
        try (var server = server(new ConnectionLimits(LONG, SHORT, LONG, 10));
                Socket socket = connect(server)) {
            String answer = trickle(socket, head(10_000).replace("/chat/", "/owl/"), "x");
            assertThat(answer).startsWith("HTTP/1.1 404").contains("Connection: close");
        }
    }

    @Test
    void aBodyThatStopsComingIsRefused() throws Exception {
        try (var server = server(new ConnectionLimits(LONG, LONG, SHORT, 10));
                Socket socket = connect(server)) {
            send(socket, head(10_000) + "{");
            assertTimedOut(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void aConnectionWithoutARequestIsClosed() throws Exception {
        try (var server = server(new ConnectionLimits(LONG, LONG, SHORT, 10));
                Socket socket = connect(server)) {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void anAnswerThatTakesLongIsWaitedForByBothSides() throws Exception {
        try (var server = server(new ConnectionLimits(LONG, LONG, Duration.ofMillis(100), 10))) {
            var pending = server.client.sendAsync(server.chatRequest(HELLO), BodyHandlers.ofString());
            var generation = engine.started.take();
            // A ping comes every 20 ms.
            try (var lines = server.streamLines(STREAM).body()) {
                lines.filter(": ping"::equals).limit(20).forEach(_ -> {});
            }
            generation.text("still here");
            generation.finish(FinishReason.STOP);
            assertThat(pending.join().body()).contains("still here");
        }
    }

    @Test
    void aStreamThatNobodyReadsIsEndedAndItsTokensAreInTheLedger() throws Exception {
        int tokens = 300;
        try (Database database = Database.open("", folder);
                var server = new TestServer(
                        TestServer.settings()
                                .with()
                                .connections(new ConnectionLimits(LONG, LONG, Duration.ofSeconds(2), 10))
                                .build(),
                        database,
                        new TestModel("scripted", engine));
                Socket socket = new Socket()) {
            socket.setReceiveBufferSize(4 << 10);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.server.port()));
            send(socket, head(STREAM.length()) + STREAM);
            var generation = engine.started.take();
            generation.send(new GenerationEvent.Started(0, Duration.ZERO, Reuse.UNKNOWN));
            byte[] piece = "x".repeat(64 << 10).getBytes(StandardCharsets.US_ASCII); // more than any buffer on the way
            for (int i = 0; i < tokens; i++) {
                generation.send(new GenerationEvent.Token(0, piece));
            }
            assertThat(generation.awaitCancelled()).isTrue();
            await().untilAsserted(() -> assertThat(rows(database)).containsExactly("cancelled true " + tokens));
        }
    }

    @Test
    void connectionsBeyondTheLimitWaitUntilOneIsClosed() throws Exception {
        try (var server = server(new ConnectionLimits(LONG, LONG, LONG, 2));
                Socket late = new Socket()) {
            try (Socket first = connect(server);
                    Socket second = connect(server)) {
                for (Socket socket : List.of(first, second)) {
                    send(socket, "GET /health HTTP/1.1\r\nHost: gufo\r\n\r\n");
                    assertThat(RawResponse.read(socket.getInputStream()).status())
                            .isEqualTo(200);
                }
                late.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.server.port()));
                send(late, "GET /health HTTP/1.1\r\nHost: gufo\r\n\r\n");
                late.setSoTimeout((int) SHORT.toMillis());
                assertThat(reads(late)).isFalse();
            }
            late.setSoTimeout(0);
            assertThat(RawResponse.read(late.getInputStream()).status()).isEqualTo(200);
        }
    }

    @Test
    void oneAddressHasItsShareOfTheConnections() throws Exception {
        try (var server = server(new ConnectionLimits(LONG, LONG, LONG, 100, 2));
                var first = new RawClient(server, "127.0.0.2")) {
            try (var second = new RawClient(server, "127.0.0.2")) {
                for (RawClient client : List.of(first, second)) {
                    assertHealthy(client);
                }
                try (var third = new RawClient(server, "127.0.0.2")) {
                    assertThat(third.readByte()).isEqualTo(-1);
                }
                try (var other = new RawClient(server, "127.0.0.3")) {
                    assertHealthy(other);
                }
                for (int i = 0; i < 5; i++) {
                    assertHealthy(new RawClient(server)); // the address that all programs here share
                }
            }
            await().untilAsserted(() -> {
                try (var next = new RawClient(server, "127.0.0.2")) {
                    assertHealthy(next);
                }
            });
            assertHealthy(first);
        }
    }

    private static void assertHealthy(RawClient client) throws IOException {
        client.sendHead("GET /health HTTP/1.1", "Host: gufo");
        assertThat(client.read().status()).isEqualTo(200);
    }

    private TestServer server(ConnectionLimits limits) {
        return new TestServer(
                engine, TestServer.settings().with().connections(limits).build());
    }

    private static Socket connect(TestServer server) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), server.server.port());
    }

    private static String head(int length) {
        return "POST /v1/chat/completions HTTP/1.1\r\nHost: gufo\r\nContent-Type: application/json\r\nContent-Length: "
                + length + "\r\n\r\n";
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static boolean reads(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() >= 0;
        } catch (SocketTimeoutException silent) {
            return false;
        }
    }

    /**
     * Sends the beginning, then a little whenever nothing came back for a moment; what came back when the server
     * closed.
     */
    private static String trickle(Socket socket, String beginning, String little) throws IOException {
        var answer = new ByteArrayOutputStream();
        socket.setSoTimeout(PACE_MILLIS);
        send(socket, beginning);
        while (true) {
            try {
                int next = socket.getInputStream().read();
                if (next < 0) {
                    return answer.toString(StandardCharsets.UTF_8);
                }
                answer.write(next);
            } catch (SocketTimeoutException quiet) {
                try {
                    send(socket, little);
                } catch (SocketException closed) {
                    return answer.toString(StandardCharsets.UTF_8);
                }
            } catch (SocketException reset) {
                return answer.toString(StandardCharsets.UTF_8);
            }
        }
    }

    private static void assertTimedOut(String answer) {
        assertThat(answer)
                .startsWith("HTTP/1.1 408")
                .contains("Connection: close")
                .contains("\"code\":\"request_timeout\"");
    }

    private static List<String> rows(Database database) {
        return database.read(session -> session.list(
                "SELECT status, client_gone, completion_tokens FROM ledger",
                row -> row.getString(1) + " " + row.getBoolean(2) + " " + row.getLong(3)));
    }
}
