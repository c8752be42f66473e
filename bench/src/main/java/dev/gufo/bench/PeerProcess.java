package dev.gufo.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** llama.cpp's own server with one model, as a process of its own: what Gufo is compared with. */
final class PeerProcess implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(2);
    private static final long POLL_NANOS = Duration.ofMillis(100).toNanos();
    private static final int OK = 200;

    private final Process process;
    private final Target target;

    private PeerProcess(Process process, Target target) {
        this.process = process;
        this.target = target;
    }

    /**
     * Starts it on a free port and waits until it is ready.
     *
     * @param server {@code llama-server}
     * @param more options of it
     * @throws IOException if it can't be started, or is not ready in time
     */
    static PeerProcess start(Path server, Path model, List<String> more) throws IOException, InterruptedException {
        int port = freePort();
        List<String> command = new ArrayList<>(List.of(
                server.toAbsolutePath().toString(),
                "-m",
                model.toAbsolutePath().toString(),
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port)));
        command.addAll(more);
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        var peer = new PeerProcess(process, new Target(URI.create("http://127.0.0.1:" + port), Optional.empty()));
        long begin = System.nanoTime();
        while (!peer.isReady()) {
            if (System.nanoTime() - begin > START.toNanos() || process.waitFor(POLL_NANOS, TimeUnit.NANOSECONDS)) {
                peer.close();
                throw new IOException(server + " with " + model + " is not ready");
            }
        }
        return peer;
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private boolean isReady() {
        try (var loop = new EventLoop(target, START.toNanos())) {
            var status = new StatusOnly();
            var exchange = new RoundTrip(target.get("/health"), status, System.nanoTime());
            loop.perform(exchange);
            return exchange.failure().isEmpty() && status.status() == OK;
        }
    }

    Target target() {
        return target;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
