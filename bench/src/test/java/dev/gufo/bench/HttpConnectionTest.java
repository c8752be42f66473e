package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

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
    private HttpConnection connection;
    private Target target;

    @BeforeEach
    void listen() throws IOException {
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        target = new Target(URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/v1"), Optional.empty());
        connection = new HttpConnection(target);
    }

    @AfterEach
    void close() throws IOException {
        connection.close();
        listener.close();
    }

    /** Serves connections one after another; every inner list is one connection's responses, and then it is closed. */
    private void serve(List<List<String>> connections) {
        Thread.ofVirtual().start(() -> {
            for (List<String> responses : connections) {
                try (Socket socket = listener.accept()) {
                    socket.setTcpNoDelay(true);
                    for (String response : responses) {
                        awaitRequest(socket.getInputStream());
                        for (byte b : response.getBytes(StandardCharsets.UTF_8)) {
                            socket.getOutputStream().write(b);
                        }
                    }
                } catch (IOException e) {
                    return; // the test is over
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

    private String get() throws ExchangeFailed {
        var body = new ByteArrayOutputStream();
        connection.exchange(target.get("/x"), TimeUnit.MINUTES.toNanos(1), new HttpConnection.Receiver() {
            @Override
            public void head(int status) {
                body.writeBytes((status + " ").getBytes(StandardCharsets.UTF_8));
            }

            @Override
            public void body(byte[] bytes, int from, int to, long readNanos) {
                body.write(bytes, from, to - from);
            }
        });
        return body.toString(StandardCharsets.UTF_8);
    }

    private void assertFails(Failure.Broken failure) {
        assertThatExceptionOfType(ExchangeFailed.class)
                .isThrownBy(this::get)
                .satisfies(failed -> assertThat(failed.failure()).isEqualTo(failure));
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
        assertThat(connection.opened()).isEqualTo(1);
    }

    @Test
    void aKeptConnectionThatTheServerClosedIsReplaced() throws Exception {
        String response = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1";
        serve(List.of(List.of(response), List.of(response, response)));
        assertThat(get()).isEqualTo("200 1");
        assertThat(get()).isEqualTo("200 1");
        assertThat(get()).isEqualTo("200 1");
        assertThat(connection.opened()).isEqualTo(2);
    }

    @Test
    void whatEndsTooEarlyIsNoResponse() {
        serve(List.of(
                List.of(""),
                List.of("HTTP/1.1 200 OK\r\nContent-Le"),
                List.of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
                List.of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"),
                List.of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")));
        assertFails(Failure.Broken.NO_RESPONSE);
        assertFails(Failure.Broken.CUT);
        assertFails(Failure.Broken.CUT);
        assertFails(Failure.Broken.CUT);
        assertFails(Failure.Broken.CUT);
    }

    @Test
    void whatIsNotHttpIsMalformed() {
        serve(List.of(
                List.of("SSH-2.0-OpenSSH\r\n"),
                List.of("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
                List.of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
                List.of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n")));
        for (int i = 0; i < 4; i++) {
            assertFails(Failure.Broken.MALFORMED);
        }
    }

    @Test
    void aPortWhereNobodyListensIsNotConnected() throws IOException {
        listener.close();
        assertFails(Failure.Broken.CONNECT);
    }
}
