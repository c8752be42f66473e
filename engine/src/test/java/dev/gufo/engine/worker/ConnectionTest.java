package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.GenerationEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ConnectionTest {
    @TempDir
    private Path folder;

    private SocketChannel near;
    private SocketChannel far;

    @BeforeEach
    void connect() throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
        try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listening.bind(address);
            near = SocketChannel.open(address);
            far = listening.accept();
        }
    }

    @Test
    void framesOfAnySizeArriveInOrderThoughTheirReaderComesLate() throws IOException {
        Connection sender = new Connection(near);
        CompletableFuture<Void> sending = running(sender, new ArrayList<>());
        int[] large = IntStream.range(0, 5_000_000).toArray();
        for (long id = 0; id < 20_000; id++) {
            sender.post(new Command.Cancel(id));
        }
        sender.post(new Report.Tokenized(20_000, List.of(large)));
        for (long id = 20_001; id < 40_000; id++) {
            sender.post(new Command.Cancel(id));
        }

        List<Frame> received = new ArrayList<>();
        Connection receiver = new Connection(far);
        receiver.run(frame -> {
            received.add(frame);
            if (received.size() == 40_000) {
                receiver.close();
            }
        });
        assertThat(received.get(20_000))
                .isInstanceOfSatisfying(
                        Report.Tokenized.class,
                        frame -> assertThat(frame.tokens()).containsExactly(large));
        received.remove(20_000);
        assertThat(received)
                .isEqualTo(LongStream.range(0, 40_000)
                        .filter(id -> id != 20_000)
                        .mapToObj(Command.Cancel::new)
                        .toList());
        sending.join();
    }

    @Test
    void threadsThatPostAtOnceDoNotTearEachOthersFrames() throws IOException {
        Connection sender = new Connection(near);
        CompletableFuture<Void> sending = running(sender, new ArrayList<>());
        List<CompletableFuture<Void>> posting = IntStream.range(0, 4)
                .mapToObj(thread -> CompletableFuture.runAsync(() -> IntStream.range(0, 500)
                        .forEach(i -> sender.post(new Report.Tokenized(thread, List.of(new int[20 * i]))))))
                .toList();
        List<Frame> received = new ArrayList<>();
        Connection receiver = new Connection(far);
        receiver.run(frame -> {
            received.add(frame);
            if (received.size() == 2_000) {
                receiver.close();
            }
        });
        posting.forEach(CompletableFuture::join);
        for (int thread = 0; thread < 4; thread++) {
            int id = thread;
            assertThat(received.stream()
                            .map(Report.Tokenized.class::cast)
                            .filter(frame -> frame.id() == id)
                            .map(frame -> frame.tokens().getFirst().length))
                    .containsExactlyElementsOf(
                            IntStream.range(0, 500).map(i -> 20 * i).boxed().toList());
        }
        sending.join();
    }

    @Test
    void aPeerThatDoesNotReadIsGivenUpWithoutAnyWait() throws IOException {
        Connection sender = new Connection(near, 1 << 20);
        CompletableFuture<Void> sending = running(sender, new ArrayList<>());
        Report.Step step = new Report.Step(
                1, 0, 0, 0, new long[] {1}, new GenerationEvent[] {new GenerationEvent.Token(1, new byte[1_000])});
        while (!sending.isDone()) {
            sender.post(step);
        }
        assertThatThrownBy(sending::join)
                .isInstanceOf(CompletionException.class)
                .hasRootCauseInstanceOf(IOException.class)
                .hasMessageContaining("bytes unread");
    }

    @Test
    void aClosedPeerIsAnEnd() throws IOException {
        Connection receiver = new Connection(near);
        far.close();
        receiver.run(frame -> {
            throw new AssertionError("nobody sent " + frame);
        });
        receiver.post(new Command.Shutdown()); // goes nowhere
    }

    @Test
    void aLengthThatNoFrameHasIsBroken() throws IOException {
        Connection receiver = new Connection(near);
        far.write(ByteBuffer.allocate(5)
                .putInt(FrameCodec.MAX_FRAME_BYTES + 1)
                .put((byte) 1)
                .flip());
        assertThatThrownBy(() -> receiver.run(frame -> {})).isInstanceOf(BrokenFrame.class);
        assertThat(near.isOpen()).isFalse();
    }

    private static CompletableFuture<Void> running(Connection connection, List<Frame> received) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        connection.run(received::add);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                task -> Thread.ofPlatform().daemon().start(task));
    }
}
