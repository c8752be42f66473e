package dev.gufo.server.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.benmanes.caffeine.cache.Ticker;
import com.sun.management.HotSpotDiagnosticMXBean;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestServer;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.StoredKey;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.database.Database;
import dev.gufo.server.http.ConnectionLimits;
import dev.gufo.store.ModelRole;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ten thousand requests that are wrong somewhere: the client's fault, told as JSON, and nothing stays behind. */
@Timeout(180)
class BadInputTest {
    private static final int CASES = 10_000;
    private static final int ROUNDS = Integer.getInteger("gufo.hostile.rounds", 1);
    private static final long SEED = Long.getLong("gufo.hostile.seed", 0);
    private static final int CLIENTS = 4;
    private static final int STUCK = 40;
    /** What the server's pools, which are bounded, and the JVM may have started since. */
    private static final int POOLED = 40;

    private static final long MOST_LEFT_BYTES = 48L << 20;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final EmbeddingInfo VECTORS = new EmbeddingInfo(Pooling.MEAN, 3, 512, PairFormat.NONE);
    private static final EmbeddingInfo RANKS =
            new EmbeddingInfo(Pooling.RANK, 0, 512, new PairFormat("", new int[] {1}, new int[] {2}, new int[] {3}));

    private final List<ScriptedEngine> engines = List.of(
            new ScriptedEngine(),
            ScriptedEngine.of(ModelRole.EMBEDDINGS, VECTORS),
            ScriptedEngine.of(ModelRole.RERANK, RANKS));
    private final Map<Integer, Integer> answers = new ConcurrentHashMap<>();
    private final Map<String, Throwable> wrong = new ConcurrentHashMap<>();

    @TempDir
    private Path folder;

    @Test
    void whateverIsSentTheClientIsToldAndNothingStaysBehind() throws Exception {
        try (Database database = Database.open("", folder)) {
            var store = new KeyStore(database, InstantSource.system(), new SecureRandom());
            List<String> secrets = List.of(
                    store.create(StoredKey.Terms.named("root").withAdmin(true)).secret(),
                    store.create(StoredKey.Terms.named("second").withAdmin(true))
                            .secret(),
                    "wrong");
            try (var keys = new StoredKeys(store, InstantSource.system(), Ticker.systemTicker());
                    var server = server(database, keys)) {
                send(server, secrets, 1, CASES / 10); // classes are loaded, pools are filled
                await().untilAsserted(() -> assertThat(requestThreads()).isZero());
                int threads = ManagementFactory.getThreadMXBean().getThreadCount();
                long heap = usedHeap();
                List<Socket> stuck = stuck(server, secrets);
                send(server, secrets, 2 + SEED, CASES * ROUNDS);
                for (Socket socket : stuck) {
                    readAll(socket, "stuck");
                    socket.close();
                }
                await().untilAsserted(() -> assertThat(requestThreads()).isZero());
                await().untilAsserted(() -> assertThat(
                                ManagementFactory.getThreadMXBean().getThreadCount())
                        .isLessThanOrEqualTo(threads + POOLED));
                assertThat(usedHeap() - heap).isLessThan(MOST_LEFT_BYTES);
                await().untilAsserted(() -> assertThat(open(database)).isZero());
            }
        }
        assertThat(wrong.values()).isEmpty();
        assertThat(answers).containsKeys(200, 400, 401, 404, 405, 408, 413, 415, 431);
    }

    private TestServer server(Database database, StoredKeys keys) {
        ServerSettings settings = TestServer.settings()
                .with()
                .maxBodyBytes(16 << 10)
                .drainTimeout(Duration.ZERO)
                .heartbeat(Duration.ofSeconds(30))
                .corsOrigins(List.of())
                .connections(
                        new ConnectionLimits(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(2), 500))
                .build();
        return new TestServer(
                settings,
                database,
                keys,
                new TestModel("scripted", engines.get(0)),
                new TestModel("vectors", engines.get(1)),
                new TestModel("ranks", engines.get(2)));
    }

    private void send(TestServer server, List<String> keys, long seed, int cases) throws Exception {
        try (var clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> all = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                var requests = new HostileRequests(new Random(seed * CLIENTS + client), keys);
                all.add(clients.submit(() -> {
                    for (int i = 0; i < cases / CLIENTS; i++) {
                        send(server, requests.next());
                    }
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
    }

    private void send(TestServer server, HostileRequests.Request request) throws IOException {
        try (Socket socket = connect(server)) {
            try {
                for (byte[] piece : request.pieces()) {
                    socket.getOutputStream().write(piece);
                }
                socket.shutdownOutput();
            } catch (SocketException refused) {
                // It was answered, or the connection closed, before all of it was sent.
            }
            int count = readAll(socket, request.shown());
            assertThat(count).as(request.shown()).isGreaterThanOrEqualTo(request.wellFormed() ? 1 : 0);
        }
        engines.forEach(engine -> {
            engine.started.clear();
            engine.embedded.clear();
        });
    }

    /** Requests whose senders fall silent in the middle, without closing. */
    private static List<Socket> stuck(TestServer server, List<String> keys) throws IOException {
        var requests = new HostileRequests(new Random(3), keys);
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < STUCK; i++) {
            Socket socket = connect(server);
            byte[] first = requests.next().pieces().getFirst();
            socket.getOutputStream().write(first, 0, first.length / 2 + 1);
            sockets.add(socket);
        }
        return sockets;
    }

    private static Socket connect(TestServer server) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port());
        socket.setSoTimeout((int) Duration.ofSeconds(60).toMillis());
        return socket;
    }

    /** How many answers came until the server closed; each is checked. */
    private int readAll(Socket socket, String request) throws IOException {
        InputStream in = new BufferedInputStream(socket.getInputStream());
        int count = 0;
        try {
            for (var answer = RawResponse.next(in); answer.isPresent(); answer = RawResponse.next(in)) {
                check(answer.get(), request);
                count++;
            }
        } catch (SocketException reset) {
            count++; // what was sent and not read overtook the answer
        } catch (EOFException e) {
            throw new AssertionError("an answer broke off: " + request, e);
        }
        return count;
    }

    /** Notes what is wrong with an answer: one of each kind says more than the first of all. */
    private void check(RawResponse answer, String request) {
        try {
            requireGood(answer, request);
        } catch (AssertionError | IOException e) {
            String kind = answer.status() + answer.body().replaceAll("[0-9a-f]{32}", "");
            wrong.putIfAbsent(kind.substring(0, Math.min(90, kind.length())), e);
        }
    }

    private void requireGood(RawResponse answer, String request) throws IOException {
        answers.merge(answer.status(), 1, Integer::sum);
        String message = answer + "\n\n" + request;
        assertThat(answer.status()).as(message).isBetween(200, 499);
        assertThat(answer.status() / 100).as(message).isNotEqualTo(3);
        assertThat(answer.headers()).as(message).containsKey("x-request-id");
        if (answer.status() >= 400) {
            assertThat(answer.headers().get("content-type")).as(message).isEqualTo("application/json");
            JsonNode error = JSON.readTree(answer.body()).path("error");
            assertThat(error.path("message").asText()).as(message).isNotBlank();
            assertThat(error.path("type").asText()).as(message).isNotBlank();
            assertThat(error.has("code") && error.has("param")).as(message).isTrue();
        }
    }

    private static long open(Database database) {
        return database.read(session ->
                        session.first("SELECT COUNT(*) FROM ledger WHERE status = 'open'", row -> row.getLong(1)))
                .orElseThrow();
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** Virtual threads that carry a request. */
    private long requestThreads() throws IOException {
        Path dump = Files.createTempFile(folder, "threads", ".txt");
        Files.delete(dump);
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .dumpThreads(dump.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
        try (Stream<String> lines = Files.lines(dump)) {
            return lines.filter(line -> line.contains("\"request-")).count();
        }
    }
}
