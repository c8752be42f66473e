package dev.gufo.store.pull;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brings one file into its part: in chunks over several connections where the server serves ranges, else from its start
 * in one go.
 *
 * <p>Every answer must be of the version that the first one was of, by its ETag, and of the size that it told;
 * otherwise what is there is thrown away and fetched anew. {@link #run} belongs to one thread.
 */
final class FileDownload {
    private static final int RESTARTS = 3;
    private static final int FRUITLESS = 6; // attempts at one place
    private static final int BUFFER_BYTES = 64 << 10;
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");

    private final Http http;
    private final RemoteFile file;
    private final PartFile part;
    private final int connections;
    private final SpaceCheck space;
    private final PullProgress progress;
    private volatile URI location; // where the last redirect led: asked first, while it answers
    private long total;
    private Optional<String> etag = Optional.empty();
    private Optional<String> linkedHash = Optional.empty();

    /** Told how many bytes are still to come, before they do. */
    @FunctionalInterface
    interface SpaceCheck {
        void require(long bytes) throws IOException;
    }

    /** The file is another one than it was, so that nothing that is there can be used. */
    private static final class Changed extends IOException {
        private static final long serialVersionUID = 1L;

        private Changed(String message) {
            super(message);
        }
    }

    /** The server told of ranges and serves none. */
    private static final class NoRanges extends IOException {
        private static final long serialVersionUID = 1L;
    }

    FileDownload(Http http, RemoteFile file, PartFile part, int connections, SpaceCheck space, PullProgress progress) {
        this.http = http;
        this.file = file;
        this.part = part;
        this.connections = connections;
        this.space = space;
        this.progress = progress;
        this.location = file.url();
    }

    /**
     * Fetches what is missing; then the part has all bytes, right or wrong.
     *
     * @return the SHA-256 that the hub told on the way, if it did
     * @throws PullException if it can't be had; the part stays for the next time
     */
    Optional<String> run() throws IOException, InterruptedException {
        for (int i = 0; i < RESTARTS; i++) {
            try {
                attempt();
                return linkedHash;
            } catch (Changed e) {
                part.restart();
                location = file.url();
                if (i == RESTARTS - 1) {
                    throw new PullException(
                            "%s changes while it is downloaded: %s".formatted(file.name(), e.getMessage()), e);
                }
            }
        }
        throw new AssertionError("left the loop without a result");
    }

    private void attempt() throws IOException, InterruptedException {
        boolean ranges = http.patiently(this::probe);
        // Without an ETag the hash at the end is what keeps versions apart.
        part.open(ranges ? total : -1, etag.or(file::sha256).orElse("").replaceAll("[\\r\\n]", ""));
        space.require(Math.max(0, total - part.written()));
        tell();
        if (ranges) {
            try {
                fetchChunks();
                return;
            } catch (NoRanges e) {
                part.open(-1, "");
            }
        }
        http.patiently(this::fetchInOneGo);
    }

    /** Learns size and version from the first byte; tells whether the server serves ranges. */
    private boolean probe() throws IOException, InterruptedException {
        Http.Answer answer = http.get(file.url(), Map.of("Range", "bytes=0-0"));
        try (InputStream _ = answer.body()) {
            boolean ranges = answer.status() == 206;
            if (!ranges && answer.status() != 200) {
                throw answer.status() == 416
                        ? new PullException(file.name() + " is empty")
                        : answer.unexpected(file.name());
            }
            total = ranges ? range(answer, 0, 0).total() : contentLength(answer);
            etag = answer.header("ETag").filter(tag -> !tag.startsWith("W/"));
            linkedHash = answer.linkedHash().map(tag -> tag.replace("\"", "")).filter(Hub::isSha256);
            location = answer.url();
        }
        if (total >= 0 && file.bytes().isPresent() && file.bytes().getAsLong() != total) {
            throw new PullException("%s has %d bytes by the hub's list, but %s serves %d"
                    .formatted(file.name(), file.bytes().getAsLong(), location.getHost(), total));
        }
        return total >= 0 && answer.status() == 206;
    }

    private void fetchChunks() throws IOException, InterruptedException {
        Queue<Integer> missing = new ConcurrentLinkedQueue<>();
        for (int chunk = 0; chunk < part.chunks(); chunk++) {
            if (!part.isWhole(chunk)) {
                missing.add(chunk);
            }
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var workers = new ExecutorCompletionService<Void>(threads);
            int count = Math.min(connections, missing.size());
            for (int i = 0; i < count; i++) {
                var _ = workers.submit(() -> fetchAll(missing));
            }
            try {
                for (int i = 0; i < count; i++) {
                    workers.take().get();
                }
            } catch (ExecutionException e) {
                throw cause(e);
            } finally {
                threads.shutdownNow();
            }
        }
    }

    private static IOException cause(ExecutionException e) {
        return switch (e.getCause()) {
            case IOException io -> io;
            case RuntimeException bug -> throw bug;
            case Error error -> throw error;
            case null, default -> new IOException(e.getCause());
        };
    }

    private Void fetchAll(Queue<Integer> missing) throws IOException, InterruptedException {
        for (Integer chunk = missing.poll(); chunk != null; chunk = missing.poll()) {
            fetch(chunk);
        }
        return null;
    }

    /** How far a chunk is, whatever happened since. */
    private static final class Position {
        private long at;

        private Position(long at) {
            this.at = at;
        }
    }

    /** One chunk, over as many connections as it takes, as long as each brings something. */
    private void fetch(int chunk) throws IOException, InterruptedException {
        var position = new Position(part.start(chunk));
        long end = part.end(chunk);
        int failures = 0;
        while (position.at < end) {
            long before = position.at;
            try {
                fetch(position, end);
            } catch (PullException | Changed | NoRanges e) {
                throw e;
            } catch (IOException e) {
                failures = position.at > before ? 1 : failures + 1;
                if (failures == FRUITLESS) {
                    throw http.failed(e);
                }
                http.pause(failures, e);
            }
        }
        part.done(chunk);
        tell();
    }

    /** Up to {@code end}, or to where the server wants to be asked again. */
    private void fetch(Position position, long end) throws IOException, InterruptedException {
        Map<String, String> headers = new HashMap<>();
        headers.put("Range", "bytes=%d-%d".formatted(position.at, end - 1));
        etag.ifPresent(tag -> headers.put("If-Range", tag));
        URI asked = location;
        Http.Answer answer = http.get(asked, headers);
        try (InputStream body = answer.body()) {
            if (answer.status() >= 400 && !asked.equals(file.url())) {
                location = file.url(); // where it led is good for a while only
                throw new Hiccup(
                        "%s answered with status %d".formatted(asked.getHost(), answer.status()), Duration.ZERO);
            }
            requireSame(answer);
            if (answer.status() == 200) {
                throw new NoRanges();
            }
            if (answer.status() != 206) {
                throw answer.unexpected(file.name());
            }
            Range range = range(answer, position.at, end - 1);
            if (range.total() != total) {
                throw new Changed("it had %d bytes and has %d".formatted(total, range.total()));
            }
            location = answer.url();
            copy(body, position, range.last() + 1);
            if (position.at <= range.last()) {
                throw new Hiccup("an answer ended before byte %d".formatted(position.at), Duration.ZERO);
            }
        }
    }

    private void copy(InputStream body, Position position, long end) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        while (position.at < end) {
            int count = body.read(buffer, 0, (int) Math.min(buffer.length, end - position.at));
            if (count < 0) {
                return;
            }
            part.write(ByteBuffer.wrap(buffer, 0, count), position.at);
            position.at += count;
            tell();
        }
    }

    /** The whole file over one connection; what came over a broken one is lost, as the rest can't be asked for. */
    private Void fetchInOneGo() throws IOException, InterruptedException {
        part.restart();
        Http.Answer answer = http.get(file.url(), Map.of());
        try (InputStream body = answer.body()) {
            if (answer.status() != 200) {
                throw answer.unexpected(file.name());
            }
            requireSame(answer);
            long limit = total >= 0 ? total : Long.MAX_VALUE;
            var position = new Position(0);
            copy(body, position, limit);
            if (position.at < total) {
                throw new Hiccup("the answer ended after %d of %d bytes".formatted(position.at, total), Duration.ZERO);
            }
            if (body.read() >= 0) {
                throw new PullException("%s sends more than the %d bytes that %s is said to have"
                        .formatted(answer.url().getHost(), total, file.name()));
            }
        }
        return null;
    }

    /** Whether an answer is of the version that the first one was of. */
    private void requireSame(Http.Answer answer) throws Changed {
        Optional<String> now = answer.header("ETag").filter(tag -> !tag.startsWith("W/"));
        boolean success = answer.status() == 206 || answer.status() == 200;
        if (success && etag.isPresent() && now.isPresent() && !now.equals(etag)) {
            throw new Changed("its ETag was %s and is %s".formatted(etag.get(), now.get()));
        }
        if (answer.status() == 200 && total >= 0 && contentLength(answer) >= 0 && contentLength(answer) != total) {
            throw new Changed("it had %d bytes and has %d".formatted(total, contentLength(answer)));
        }
    }

    private record Range(long last, long total) {}

    /** @throws PullException if the answer is not about the bytes that were asked for */
    private Range range(Http.Answer answer, long first, long last) throws IOException {
        String text = answer.header("Content-Range").orElse("nothing");
        Matcher range = CONTENT_RANGE.matcher(text);
        boolean fits = range.matches()
                && Long.parseLong(range.group(1)) == first
                && Long.parseLong(range.group(2)) >= first
                && Long.parseLong(range.group(2)) <= last
                && Long.parseLong(range.group(3)) > last;
        if (!fits) {
            throw new PullException("%s was asked for bytes %d-%d of %s and answers with %s"
                    .formatted(answer.url().getHost(), first, last, file.name(), text.replaceAll("\\p{Cntrl}", "?")));
        }
        long size = Long.parseLong(range.group(3));
        return new Range(Long.parseLong(range.group(2)), size);
    }

    private static long contentLength(Http.Answer answer) {
        return answer.response().headers().firstValueAsLong("Content-Length").orElse(-1);
    }

    private void tell() {
        progress.at(file.name(), part.written(), total);
    }
}
