package dev.gufo.server.hostile;

import dev.gufo.server.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A connection on which a test writes its requests byte by byte. */
final class RawClient implements AutoCloseable {
    private final Socket socket;

    RawClient(TestServer server) throws IOException {
        this(server.server.port());
    }

    RawClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
    }

    /** One from this address of the machine. */
    RawClient(TestServer server, String address) throws IOException {
        socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.server.port()));
    }

    void send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends lines of a request's head, and the empty line behind them. */
    void sendHead(String... lines) throws IOException {
        send(String.join("\r\n", lines) + "\r\n\r\n");
    }

    /** Sends a request for a chat completion. */
    void sendChat(String json) throws IOException {
        sendHead(
                "POST /v1/chat/completions HTTP/1.1",
                "Host: gufo",
                "Content-Type: application/json",
                "Content-Length: " + json.length());
        send(json);
    }

    /** Sends no more, and goes on reading. */
    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** The next response; what is interim is passed over. */
    RawResponse read() throws IOException {
        return RawResponse.read(socket.getInputStream());
    }

    /** All that comes until the server closes. */
    String readAll() throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** The next byte; -1 if the server has closed. */
    int readByte() throws IOException {
        return socket.getInputStream().read();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
