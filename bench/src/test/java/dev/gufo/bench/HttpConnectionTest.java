package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against a server that sends bytes as they are written here, one at a time. */
@Timeout(60)
class HttpConnectionTest {
    private static final String INTERIM = "HTTP/1.1 100 Continue\r\n\r\n";
    private static final String CHUNKED_HEAD = "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static final String CHUNKS = "2;name=value\r\nab\r\n0A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";

    private ServerSocket listener;
    private EventLoop loop;
    private Target target;

    @BeforeEach
    void listen() throws IOException {
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        target = new Target(URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/v1"), Optional.empty());
        loop = new EventLoop(target, TimeUnit.MINUTES.toNanos(1));
    }

    @AfterEach
    void close() throws IOException {
        loop.close();
        listener.close();
    }

    /**
     * Serves connections one after another; every inner list is one connection's responses, and then it is closed. A
     * client that leaves in the middle of a response ends that connection only.
     */
    private void serve(List<List<String>> connections) {
        Thread.ofVirtual().start(() -> {
            for (List<String> responses : connections) {
                try (Socket socket = listener.accept()) {
                    socket.setTcpNoDelay(true);
                    var in = new BufferedInputStream(socket.getInputStream());
                    for (String response : responses) {
                        awaitRequest(in);
                        for (byte b : response.getBytes(StandardCharsets.UTF_8)) {
                            socket.getOutputStream().write(b);
                        }
                    }
                } catch (IOException e) {
                    if (listener.isClosed()) {
                        return; // the test is over
                    }
                }
            }
        });
    }

    private static void awaitRequest(InputStream in) throws IOException {
        for (int matched = 0; matched < 4; ) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("no request came");
            }
            matched = next == "\r\n\r\n".charAt(matched) ? matched + 1 : next == '\r' ? 1 : 0;
        }
    }

    private String get() {
        var body = new ByteArrayOutputStream();
        var exchange = new RoundTrip(target.get("/x"), new Collector(body), System.nanoTime());
        loop.perform(exchange);
        return exchange.failure().map(Failure.Broken::name).orElseGet(() -> body.toString(StandardCharsets.UTF_8));
    }

    private record Collector(ByteArrayOutputStream all) implements HttpResponse.Receiver {
        @Override
        public void head(int status) {
            all.writeBytes((status + " ").getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void body(byte[] bytes, int from, int to, long readNanos) {
            all.write(bytes, from, to - from);
        }
    }

    @Test
    void allThreeFramingsAreRead() throws Exception {
        serve(List.of(List.of(
                "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nGrüß",
                INTERIM + CHUNKED_HEAD + CHUNKS,
                "HTTP/1.1 503 Busy\r\nconnection: close\r\n\r\nuntil the end")));
        assertThat(get()).isEqualTo("200 Grüß");
        assertThat(get()).isEqualTo("200 ab0123456789");
        assertThat(get()).isEqualTo("503 until the end");
        assertThat(loop.opened()).isEqualTo(1);
    }

    @Test
    void aKeptConnectionThatTheServerClosedIsReplaced() throws Exception {
        String response = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1";
        serve(List.of(List.of(response), List.of(response, response)));
        assertThat(get()).isEqualTo("200 1");
        assertThat(get()).isEqualTo("200 1");
        assertThat(get()).isEqualTo("200 1");
        assertThat(loop.opened()).isEqualTo(2);
    }

    @Test
    void aRequestLargerThanTheSocketTakesAtOnceIsSentWhole() throws Exception {
        serve(List.of(List.of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")));
        var body = new ByteArrayOutputStream();
        byte[] request = ("x".repeat(20_000_000) + "\r\n\r\n").getBytes(StandardCharsets.UTF_8);
        var exchange = new RoundTrip(request, new Collector(body), System.nanoTime());
        loop.perform(exchange);
        assertThat(exchange.failure()).isEmpty();
        assertThat(body.toString(StandardCharsets.UTF_8)).isEqualTo("200 ok");
    }

    @Test
    void whatEndsTooEarlyIsNoResponse() {
        serve(List.of(
                List.of(""),
                List.of("HTTP/1.1 200 OK\r\nContent-Le"),
                List.of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
                List.of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"),
                List.of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")));
        assertThat(get()).isEqualTo("NO_RESPONSE");
        assertThat(get()).isEqualTo("CUT");
        assertThat(get()).isEqualTo("CUT");
        assertThat(get()).isEqualTo("CUT");
        assertThat(get()).isEqualTo("CUT");
    }

    @Test
    void whatIsNotHttpIsMalformed() {
        serve(List.of(
                List.of("SSH-2.0-OpenSSH\r\n"),
                List.of("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
                List.of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
                List.of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n")));
        for (int i = 0; i < 4; i++) {
            assertThat(get()).isEqualTo("MALFORMED");
        }
    }

    @Test
    void aPortWhereNobodyListensIsNotConnected() throws IOException {
        listener.close();
        assertThat(get()).isEqualTo("CONNECT");
    }

    @Test
    void aHostWithoutAnAddressIsNotConnected() {
        loop.close();
        target = new Target(URI.create("http://host.invalid:80/v1"), Optional.empty());
        loop = new EventLoop(target, TimeUnit.MINUTES.toNanos(1));
        assertThat(get()).isEqualTo("CONNECT");
    }

    @Test
    void everySplitOfAResponseReadsTheSame() {
        byte[] bytes = (INTERIM + CHUNKED_HEAD + CHUNKS).getBytes(StandardCharsets.UTF_8);
        for (int split = 0; split <= bytes.length; split++) {
            var body = new ByteArrayOutputStream();
            var response = new HttpResponse(new Collector(body));
            response.feed(bytes, 0, split, 1);
            assertThat(response.started()).isEqualTo(split > 0);
            assertThat(response.complete()).isEqualTo(split == bytes.length);
            response.feed(bytes, split, bytes.length, 2);
            assertThat(response.complete()).isTrue();
            assertThat(body.toString(StandardCharsets.UTF_8)).isEqualTo("200 ab0123456789");
        }
    }
}
