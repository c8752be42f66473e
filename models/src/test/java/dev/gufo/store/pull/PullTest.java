package dev.gufo.store.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.gguf.GgmlType;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import dev.gufo.store.pull.UnrulyServer.Reply;
import dev.gufo.store.pull.UnrulyServer.Request;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a server does, a download ends with the right file, or with a sentence and nothing under the file's name.
 */
@Timeout(60)
class PullTest {
    private static final String ETAG = "\"one\"";
    private static final ModelShape SMALL = new ModelShape("small", 2, 64, 2, 1, 64, 400, 128, 10_000, GgmlType.Q8_0);
    private static byte[] model;

    @TempDir
    Path folder;

    private final Queue<Duration> pauses = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void makeModel(@TempDir Path made) throws IOException {
        RandomModel.write(SMALL, 1, made.resolve("m.gguf"));
        model = Files.readAllBytes(made.resolve("m.gguf"));
    }

    @Test
    void aFileComesInRangesAndLeavesNothingButItself() throws Exception {
        AtomicLong last = new AtomicLong();
        try (var server = new UnrulyServer(request -> UnrulyServer.file(request, model, ETAG))) {
            var pull = new Pull(settings(server.uri("/"), 10_000, 4), (_, bytes, _) -> last.set(bytes));
            List<Path> files = pull.run(source(server), folder, Optional.empty());

            assertThat(files).containsExactly(folder.resolve("m.gguf"));
            assertThat(server.requests).hasSize(1 + Math.ceilDiv(model.length, 10_000));
        }
        assertThat(last).hasValue(model.length);
        requireWhole();
        assertThat(entries()).containsExactly("m.gguf");
    }

    @Test
    void connectionsThatBreakAnywhereDoNoHarm() throws Exception {
        for (int seed = 0; seed < 25; seed++) {
            var random = new Random(seed);
            boolean ranges = random.nextInt(4) > 0;
            AtomicInteger whole = new AtomicInteger(ranges ? 0 : 4); // without ranges one answer has to be whole
            Function<Request, Reply> breaking = request -> {
                Reply reply = UnrulyServer.file(ranges ? request : plain(request), model, ETAG);
                synchronized (random) {
                    boolean broken = ranges ? random.nextInt(3) > 0 : whole.getAndDecrement() > 0;
                    return broken ? reply.cutAfter(random.nextInt(reply.body().length + 1)) : reply;
                }
            };
            try (var server = new UnrulyServer(breaking)) {
                pull(server, 1_000 + random.nextInt(60_000), 1 + random.nextInt(4));
            }
            requireWhole();
            Files.delete(folder.resolve("m.gguf"));
        }
        assertThat(pauses).isNotEmpty();
    }

    @Test
    void anInterruptedDownloadGoesOnWithWhatIsThere() throws Exception {
        AtomicInteger left = new AtomicInteger(6);
        AtomicInteger served = new AtomicInteger();
        AtomicBoolean up = new AtomicBoolean();
        Function<Request, Reply> failing = request -> {
            if (!up.get() && left.getAndDecrement() <= 0) {
                return UnrulyServer.status(500);
            }
            Reply reply = UnrulyServer.file(request, model, ETAG);
            served.addAndGet(up.get() ? reply.body().length : 0);
            return reply;
        };
        try (var server = new UnrulyServer(failing)) {
            refused(server, "the server could not be made to answer: 127.0.0.1 answered with status 500");
            assertThat(entries()).containsExactly(".m.gguf.part", ".m.gguf.state");

            up.set(true);
            pull(server, 10_000, 2);
        }
        requireWhole();
        assertThat(served).hasValueLessThanOrEqualTo(model.length - 4 * 10_000 + 1);
        assertThat(entries()).containsExactly("m.gguf");
    }

    @Test
    void aPartOfAnotherVersionIsThrownAway() throws Exception {
        AtomicInteger left = new AtomicInteger(6);
        byte[] other = model.clone();
        other[other.length - 1] ^= 1;
        try (var server = new UnrulyServer(request -> left.getAndDecrement() > 0
                ? UnrulyServer.file(request, other, "\"other\"")
                : UnrulyServer.status(503))) {
            refused(server, "503");
        }
        try (var server = new UnrulyServer(request -> UnrulyServer.file(request, model, ETAG))) {
            pull(server, 10_000, 2);
        }
        requireWhole();
    }

    @Test
    void aStateThatMakesNoSenseIsNotBelieved() throws Exception {
        for (String state : List.of(
                "",
                "gufo part 1\n7",
                "gufo part 1\n%d\n%s\n10000\nzz".formatted(model.length, ETAG),
                "gufo part 1\n%d\n%s\n10000\nffffffff".formatted(model.length, ETAG))) {
            Files.writeString(folder.resolve(".m.gguf.state"), state);
            Files.writeString(folder.resolve(".m.gguf.part"), "what is this?");
            try (var server = new UnrulyServer(request -> UnrulyServer.file(request, model, ETAG))) {
                pull(server, 10_000, 2);
            }
            requireWhole();
            Files.delete(folder.resolve("m.gguf"));
        }
    }

    @Test
    void aServerThatIgnoresRangesIsReadInOneGo() throws Exception {
        try (var server = new UnrulyServer(request -> UnrulyServer.file(plain(request), model, ETAG))) {
            pull(server, 10_000, 4);
        }
        requireWhole();
        Files.delete(folder.resolve("m.gguf"));
        // One that does so after it promised ranges.
        try (var server = new UnrulyServer(
                request -> UnrulyServer.file(request.isProbe() ? request : plain(request), model, ETAG))) {
            pull(server, 10_000, 4);
        }
        requireWhole();
    }

    @Test
    void aFileThatChangesMidwayIsFetchedAnew() throws Exception {
        byte[] older = model.clone();
        older[older.length / 2] ^= 1;
        AtomicInteger answers = new AtomicInteger();
        for (int change = 1; change < 12; change++) {
            int left = change;
            answers.set(0);
            try (var server = new UnrulyServer(request -> answers.incrementAndGet() <= left
                    ? UnrulyServer.file(request, older, "\"older\"")
                    : UnrulyServer.file(request, model, ETAG))) {
                pull(server, 10_000, 3);
            }
            requireWhole();
            Files.delete(folder.resolve("m.gguf"));
        }
        try (var server = new UnrulyServer(
                request -> UnrulyServer.file(request, model, "\"%d\"".formatted(answers.incrementAndGet())))) {
            refused(server, "m.gguf changes while it is downloaded: its ETag was ");
        }
    }

    @Test
    void lengthsThatAreLiesAreFoundOut() throws Exception {
        String much = Integer.toString(model.length + 5_000);
        // Less than promised, every time.
        refused(
                request -> UnrulyServer.file(plain(request), model, ETAG).with("Content-Length", much),
                "could not be made to answer");
        refused(
                request -> request.isProbe()
                        ? UnrulyServer.file(request, model, ETAG)
                        : UnrulyServer.file(request, model, ETAG).cutAfter(0),
                "could not be made to answer");
        // More than there is.
        refused(
                request -> UnrulyServer.file(request, model, ETAG).with("Content-Range", "bytes 0-0/" + much),
                "127.0.0.1 was asked for bytes 1-9999 of m.gguf and answers with bytes 0-0/" + much);
        refused(request -> UnrulyServer.file(request, model, ETAG).without("Content-Range"), "answers with nothing");
        // More than was promised: the end is what was promised, and that is no model.
        byte[] longer = Arrays.copyOf(model, model.length + 100);
        refused(
                request -> UnrulyServer.file(plain(request), longer, ETAG)
                        .with("Content-Length", Integer.toString(model.length - 100)),
                "m.gguf is not kept, as it can't be loaded");
    }

    @Test
    void moreThanARangeIsCutOff() throws Exception {
        try (var server = new UnrulyServer(request -> {
            Reply reply = UnrulyServer.file(request, model, ETAG);
            byte[] more = Arrays.copyOf(reply.body(), reply.body().length + 999);
            return reply.sending(more).with("Content-Length", Integer.toString(more.length));
        })) {
            pull(server, 10_000, 2);
        }
        requireWhole();
    }

    @Test
    void anAnswerWithoutALengthEndsWithItsConnection() throws Exception {
        try (var server = new UnrulyServer(
                request -> UnrulyServer.file(plain(request), model, ETAG).without("Content-Length"))) {
            pull(server, 10_000, 2);
        }
        requireWhole();
        Files.delete(folder.resolve("m.gguf"));
        refused(
                request -> UnrulyServer.file(plain(request), model, ETAG)
                        .without("Content-Length")
                        .cutAfter(model.length / 2),
                "m.gguf is not kept, as it can't be loaded");
    }

    @Test
    void wrongBytesNeverGetTheName() throws Exception {
        byte[] wrong = model.clone();
        wrong[wrong.length - 7] ^= 4; // in a weight, where only the hash tells
        try (var server = new UnrulyServer(request -> UnrulyServer.file(request, wrong, ETAG))) {
            assertThatThrownBy(() ->
                            pull(server.uri("/"), 10_000, 2).run(source(server), folder, Optional.of(sha256(model))))
                    .isInstanceOf(PullException.class)
                    .hasMessageContaining("m.gguf has the SHA-256 " + sha256(wrong));
        }
        assertThat(entries()).isEmpty();
        // The hub's own header tells it too, in capitals or not.
        refused(
                request -> UnrulyServer.file(request, wrong, ETAG)
                        .with("X-Linked-Etag", "\"%s\"".formatted(sha256(model))),
                "what was downloaded is thrown away");
        assertThat(entries()).isEmpty();
        byte[] page = "<html>Please log in</html>".getBytes(StandardCharsets.UTF_8);
        refused(request -> UnrulyServer.file(request, page, ETAG), "it does not start with 'GGUF'");
        refused(
                request -> UnrulyServer.file(request, Arrays.copyOf(model, model.length - 1_000), ETAG),
                "the file is truncated or damaged");
        assertThat(entries()).isEmpty();
    }

    @Test
    void statusesAreExplained() throws Exception {
        refused(_ -> UnrulyServer.status(401), "set HF_TOKEN to a token of yours");
        refused(_ -> UnrulyServer.status(403), "127.0.0.1 refuses to give m.gguf");
        refused(_ -> UnrulyServer.status(404), "127.0.0.1 has no such thing as m.gguf");
        refused(_ -> UnrulyServer.status(418), "127.0.0.1 answered with status 418 when it was asked for m.gguf");
        refused(_ -> UnrulyServer.status(416), "m.gguf is empty");
        refused(_ -> UnrulyServer.status(500), "could not be made to answer: 127.0.0.1 answered with status 500");
        refused(
                _ -> UnrulyServer.status(429).with("Retry-After", "3600"),
                "127.0.0.1 answered with status 429 and wants to be asked again in 3600 seconds");
    }

    @Test
    void aServerThatAsksForPatienceGetsIt() throws Exception {
        AtomicInteger busy = new AtomicInteger(3);
        try (var server = new UnrulyServer(request -> busy.getAndDecrement() > 0
                ? UnrulyServer.status(429).with("Retry-After", "7")
                : UnrulyServer.file(request, model, ETAG))) {
            pull(server, 10_000, 1);
        }
        requireWhole();
        assertThat(pauses).hasSize(3).containsOnly(Duration.ofSeconds(7));
    }

    @Test
    void theTokenIsForTheHubAlone() throws Exception {
        try (var store = new UnrulyServer(request -> UnrulyServer.file(request, model, ETAG));
                var hub = new UnrulyServer(_ -> UnrulyServer.redirect(store.uri("127.0.0.1", "/blob/1")))) {
            var settings =
                    settings(hub.uri("localhost", "/"), 50_000, 2).at(hub.uri("localhost", "/"), Optional.of("secret"));
            new Pull(settings, (_, _, _) -> {})
                    .run(new PullSource.Direct(hub.uri("localhost", "/m.gguf")), folder, Optional.empty());

            assertThat(hub.requests)
                    .allMatch(
                            request -> "Bearer secret".equals(request.headers().get("authorization")));
            assertThat(store.requests).noneMatch(request -> request.headers().containsKey("authorization"));
            assertThat(hub.requests)
                    .as("where it led is asked directly from then on")
                    .hasSize(1);
        }
        requireWhole();
    }

    @Test
    void aLocationThatExpiresIsAskedForAgain() throws Exception {
        AtomicInteger good = new AtomicInteger(3);
        try (var store = new UnrulyServer(request -> request.path().equals("/1") && good.getAndDecrement() <= 0
                        ? UnrulyServer.status(403)
                        : UnrulyServer.file(request, model, ETAG));
                var hub = new UnrulyServer(_ -> UnrulyServer.redirect(store.uri(good.get() > 0 ? "/1" : "/2")))) {
            pull(hub.uri("/"), 10_000, 1).run(source(hub), folder, Optional.empty());
        }
        requireWhole();
    }

    @Test
    void redirectsThatLeadNowhereEnd() throws Exception {
        refused(_ -> UnrulyServer.redirect(URI.create("/m.gguf")), "127.0.0.1 redirects more than 6 times");
        refused(_ -> UnrulyServer.redirect(URI.create("file:///etc/passwd")), "redirects to what is no URL of HTTP");
        refused(_ -> UnrulyServer.status(302), "redirects to what is no URL of HTTP");
    }

    @Test
    void aSilentConnectionIsGivenUp() throws Exception {
        AtomicBoolean silent = new AtomicBoolean(true);
        CountDownLatch end = new CountDownLatch(1);
        try (var server = new UnrulyServer(request -> {
            Reply reply = UnrulyServer.file(request, model, ETAG);
            return !request.isProbe() && silent.getAndSet(false) ? reply.after(() -> await(end)) : reply;
        })) {
            var settings = new Pull.Settings(server.uri("/"), Optional.empty(), 2, 10_000, Duration.ofMillis(300));
            new Pull(settings, (_, _, _) -> {}, pauses::add, _ -> Long.MAX_VALUE)
                    .run(source(server), folder, Optional.empty());
        } finally {
            end.countDown();
        }
        requireWhole();
    }

    @Test
    void aSecondDownloadOfTheSameFileIsRefused() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                var server = new UnrulyServer(
                        request -> UnrulyServer.file(request, model, ETAG).after(() -> {
                            started.countDown();
                            await(go);
                        }))) {
            var first = threads.submit(() -> pull(server, 10_000, 2));
            started.await();
            try {
                refused(server, "m.gguf is being downloaded already");
            } finally {
                go.countDown();
            }
            assertThat(first.get()).hasSize(1);
        }
        requireWhole();
    }

    @Test
    void aDiskThatIsTooSmallIsSaidSoBefore() throws Exception {
        try (var server = new UnrulyServer(request -> UnrulyServer.file(request, model, ETAG))) {
            var pull = new Pull(settings(server.uri("/"), 10_000, 2), (_, _, _) -> {}, pauses::add, _ -> 1_000);
            assertThatThrownBy(() -> pull.run(source(server), folder, Optional.empty()))
                    .isInstanceOf(PullException.class)
                    .hasMessageStartingWith("%d bytes are to come, but only 1000 are free".formatted(model.length));
            assertThat(server.requests).hasSize(1);
        }
    }

    @Test
    void whatIsThereIsNotReplaced() throws Exception {
        Files.writeString(folder.resolve("m.gguf"), "mine");
        try (var server = new UnrulyServer(request -> UnrulyServer.file(request, model, ETAG))) {
            assertThatThrownBy(() -> pull(server, 10_000, 2)).hasMessageContaining("m.gguf is there already");
        }
        assertThat(folder.resolve("m.gguf")).hasContent("mine");
    }

    @Test
    void aFileThatIsThereAndIsNotWhatItShouldBeIsSaidSo() throws Exception {
        byte[] damaged = model.clone();
        damaged[damaged.length - 1] ^= 1;
        Files.write(folder.resolve("m.gguf"), damaged);
        try (var server = new UnrulyServer(request -> UnrulyServer.file(request, model, ETAG))) {
            for (String hash : List.of("a".repeat(64), sha256(model))) {
                assertThatThrownBy(
                                () -> pull(server.uri("/"), 10_000, 2).run(source(server), folder, Optional.of(hash)))
                        .isInstanceOf(PullException.class)
                        .hasMessageContaining("m.gguf is there already, but its SHA-256 is " + sha256(damaged));
            }
            assertThat(pull(server.uri("/"), 10_000, 2).run(source(server), folder, Optional.of(sha256(damaged))))
                    .containsExactly(folder.resolve("m.gguf"));
        }
        assertThat(folder.resolve("m.gguf")).hasBinaryContent(damaged);
    }

    private List<Path> pull(UnrulyServer server, int chunkBytes, int connections)
            throws IOException, InterruptedException {
        return pull(server.uri("/"), chunkBytes, connections).run(source(server), folder, Optional.empty());
    }

    private Pull pull(URI endpoint, int chunkBytes, int connections) {
        return new Pull(settings(endpoint, chunkBytes, connections), (_, _, _) -> {}, pauses::add, _ -> Long.MAX_VALUE);
    }

    private static Pull.Settings settings(URI endpoint, int chunkBytes, int connections) {
        return new Pull.Settings(endpoint, Optional.empty(), connections, chunkBytes, Duration.ofSeconds(30));
    }

    private static PullSource source(UnrulyServer server) {
        return new PullSource.Direct(server.uri("/some/m.gguf"));
    }

    private static Request plain(Request request) {
        return new Request(request.path(), Map.of());
    }

    private void refused(Function<Request, Reply> behaviour, String reason) throws IOException {
        try (var server = new UnrulyServer(behaviour)) {
            refused(server, reason);
        }
    }

    private void refused(UnrulyServer server, String reason) {
        assertThatThrownBy(() -> pull(server, 10_000, 1))
                .isInstanceOf(PullException.class)
                .hasMessageContaining(reason)
                .hasMessageNotContaining("\n");
        assertThat(folder.resolve("m.gguf")).doesNotExist();
    }

    private void requireWhole() {
        assertThat(folder.resolve("m.gguf")).hasBinaryContent(model);
    }

    private List<String> entries() throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
