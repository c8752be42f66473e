package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.GenerationEvent;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.event.Level;

/** A worker in this process, whose server is the test. */
@Timeout(60)
class WorkerTest {
    private static final int SEQUENCES = 16;
    private static final int TOKENS = 20_000;

    /** Steps take no time. */
    private static final EngineSettings SETTINGS = EngineSettings.of(Path.of(ToyEngine.FINE), Path.of("natives"))
            .sequences(SEQUENCES)
            .gpuLayers(0)
            .stepTokens(2_048)
            .queueLength(SEQUENCES)
            .build();

    private final AtomicReference<ToyEngine> engine = new AtomicReference<>();
    private final AtomicReference<Level> level = new AtomicReference<>();

    @TempDir
    private Path folder;

    @Test
    void aServerThatDoesNotReadDoesNotHoldUpTheEngine() throws IOException {
        try (SocketChannel server = startWorker()) {
            server.write(FrameCodec.encode(new Command.Open(SETTINGS, Level.DEBUG)));
            assertThat(read(server)).isEqualTo(new Report.Progress(50));
            assertThat(read(server)).isInstanceOf(Report.Loaded.class);
            assertThat(level).hasValue(Level.DEBUG);

            for (int id = 0; id < SEQUENCES; id++) {
                server.write(FrameCodec.encode(new Command.Generate(id, Toys.request(id + 10, TOKENS))));
            }
            await().until(() -> engine.get().finished() == SEQUENCES);

            int[] tokens = new int[SEQUENCES];
            int finished = 0;
            while (finished < SEQUENCES) {
                if (read(server) instanceof Report.Step step) {
                    for (int i = 0; i < step.ids().length; i++) {
                        int id = (int) step.ids()[i];
                        switch (step.events()[i]) {
                            case GenerationEvent.Token token ->
                                assertThat(token.id()).isEqualTo(ToyEngine.token(id + 10, tokens[id]++));
                            case GenerationEvent.Finished _ -> finished++;
                            case GenerationEvent.Started _ ->
                                assertThat(tokens[id]).isZero();
                            case GenerationEvent.Prompt _, GenerationEvent.Prefilled _, GenerationEvent.Failed _ ->
                                throw new AssertionError(step.events()[i]);
                        }
                    }
                }
            }
            assertThat(tokens).containsOnly(TOKENS);
        }
    }

    @Test
    void tokensOfShortStepsComeTogetherButThoseOfALoneStreamOneByOne() throws IOException {
        try (SocketChannel server = startWorker()) {
            server.write(FrameCodec.encode(new Command.Open(SETTINGS, Level.WARN)));
            assertThat(read(server)).isEqualTo(new Report.Progress(50));
            assertThat(read(server)).isInstanceOf(Report.Loaded.class);
            assertThat(tokensByFrame(server, 1)).containsOnly(1L);
            double each = tokensByFrame(server, 8).stream()
                    .mapToLong(Long::longValue)
                    .average()
                    .orElseThrow();
            assertThat(each).isGreaterThan(16); // a step has 8
        }
    }

    /** How many tokens each frame with tokens has, while so many streams run. */
    private static List<Long> tokensByFrame(SocketChannel server, int streams) throws IOException {
        for (int id = 0; id < streams; id++) {
            server.write(FrameCodec.encode(new Command.Generate(id, Toys.request(id + 10, TOKENS))));
        }
        List<Long> tokens = new ArrayList<>();
        long finished = 0;
        while (finished < streams) {
            if (read(server) instanceof Report.Step step) {
                List<GenerationEvent> events = List.of(step.events());
                finished += events.stream()
                        .filter(GenerationEvent.Finished.class::isInstance)
                        .count();
                tokens.add(events.stream()
                        .filter(GenerationEvent.Token.class::isInstance)
                        .count());
            }
        }
        return tokens.stream().filter(count -> count > 0).toList();
    }

    private SocketChannel startWorker() throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
        try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listening.bind(address);
            Connection connection = new Connection(SocketChannel.open(address));
            Worker worker = new Worker(connection, this::open, level::set);
            daemon(worker::receive);
            daemon(worker::serve);
            return listening.accept();
        }
    }

    private ToyEngine open(EngineSettings settings, IntConsumer percent) {
        engine.set(ToyEngine.open(settings, percent));
        return engine.get();
    }

    /** The next frame that is no beat, of which there are any number. */
    private static Frame read(SocketChannel channel) throws IOException {
        Frame frame;
        do {
            ByteBuffer length = whole(channel, Integer.BYTES);
            frame = FrameCodec.decode(whole(channel, length.getInt()));
        } while (frame instanceof Report.Beat);
        return frame;
    }

    private static ByteBuffer whole(SocketChannel channel, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining()) {
            assertThat(channel.read(buffer)).isPositive();
        }
        return buffer.flip();
    }

    @FunctionalInterface
    private interface Task {
        void run() throws IOException, InterruptedException;
    }

    private static void daemon(Task task) {
        Thread.ofPlatform().daemon().start(() -> {
            try {
                task.run();
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }
}
