package dev.gufo.server.batches;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.access.Caller;
import dev.gufo.server.batches.BatchTable.Result;
import dev.gufo.server.database.Database;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.ErrorResponses;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.usage.Ledger;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.LocalTime;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of requests that is answered without a server: each line of another file is what has come of one. What stands
 * there when it begins is not computed again, so a run that was ended goes on where it was. Belongs to one thread; the
 * lines have threads of their own, which append under this object's lock.
 */
public final class BatchFile {
    private static final Logger LOG = LoggerFactory.getLogger(BatchFile.class);
    private static final String ID = "batch_file";
    private static final Caller CALLER = new Caller.Anonymous();
    private static final int OK = 200;

    private final LineRun.Work work;
    private final Database database;
    private final BatchEndpoints endpoints;
    private final long mostLineBytes;
    private final Progress progress;
    private final CountDownLatch stop = new CountDownLatch(1); // no further line is wanted
    private final Share share = new Share(1, Optional.empty(), LocalTime::now);

    // Behind this object's lock.
    private int total;
    private int done;
    private int failed;

    /** Is told how far it is; on any thread, one after the other. */
    @FunctionalInterface
    public interface Progress {
        /**
         * So many lines are done.
         *
         * @param failed how many of these failed
         */
        void at(int done, int failed, int total);
    }

    /** How it ended. */
    public sealed interface Outcome {
        /** All lines are done. */
        record Done(int total, int failed) implements Outcome {}

        /** It was stopped; the rest can be run later. */
        record Stopped(int done, int total) implements Outcome {}

        /**
         * The file was refused, and nothing was run.
         *
         * @param errors JSON: an array of objects with {@code line}, {@code code}, {@code message} and {@code param}
         */
        record Refused(String errors) implements Outcome {}
    }

    /**
     * @param database where the lines have their rows in the ledger
     * @param endpoints that lines may name
     * @param mostLineBytes largest line
     */
    public BatchFile(
            Exchanges exchanges,
            ErrorResponses errors,
            Database database,
            BatchEndpoints endpoints,
            long mostLineBytes,
            Progress progress) {
        this.work = new LineRun.Work(exchanges, errors, InstantSource.system());
        this.database = database;
        this.endpoints = endpoints;
        this.mostLineBytes = mostLineBytes;
        this.progress = progress;
    }

    /** Has it end soon; any thread. Lines that run come to nothing. */
    public void stop() {
        stop.countDown();
        share.look();
    }

    private boolean stopped() {
        return stop.getCount() == 0;
    }

    /**
     * Answers the lines of a file that are not answered yet.
     *
     * @param output where it goes; made if need be
     * @throws IOException if the input can't be read, or the output not be written or holds something else
     */
    public Outcome run(Path input, Path output) throws IOException, InterruptedException {
        try (FileChannel in = FileChannel.open(input, StandardOpenOption.READ)) {
            String path = endpoint(in);
            Optional<BatchEndpoint> named = endpoints.of(path);
            if (named.isEmpty()) {
                return refused("'url' must be one of %s.".formatted(endpoints));
            }
            BatchEndpoint endpoint = named.get();
            var validation = new Validation(path, mostLineBytes, name -> served(endpoint, name));
            validation.read(lines(in), this::stopped);
            if (stopped()) {
                return new Outcome.Stopped(0, validation.total());
            }
            if (validation.failed()) {
                return new Outcome.Refused(validation.errors());
            }
            try (FileChannel out = FileChannel.open(
                    output, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                BitSet known = known(in, path, before(out));
                begin(validation.total(), known.cardinality());
                answer(LineOrder.of(lines(in), path, known, this::stopped), in, endpoint, out);
                out.force(true);
            }
        }
        synchronized (this) {
            return done < total ? new Outcome.Stopped(done, total) : new Outcome.Done(total, failed);
        }
    }

    /** The endpoint that the first line names; {@code ""} if it names none, of which validation tells more. */
    private String endpoint(FileChannel in) throws IOException {
        Optional<InputLines.Line> first = lines(in).next();
        return first.map(line -> BatchLine.url(line.bytes())).orElse("");
    }

    private static Outcome refused(String message) {
        var json = new JsonBytes().raw("[");
        new BatchLine.Wrong("invalid_url", "url", message).writeTo(json, 1);
        return new Outcome.Refused(json.raw("]").toString());
    }

    private InputLines lines(FileChannel in) throws IOException {
        return new InputLines(Channels.newInputStream(in.position(0)), mostLineBytes);
    }

    private String served(BatchEndpoint endpoint, String name) throws BatchLine.Wrong {
        try {
            return endpoint.modelId(CALLER, name);
        } catch (ApiException e) {
            var error = work.errors().of(e, ID);
            throw new BatchLine.Wrong(error.code(), "body.model", error.message());
        }
    }

    /** The requests that have a line in the output; one that was not written to its end is cut off. */
    private Set<String> before(FileChannel out) throws IOException {
        var ids = new HashSet<String>();
        var results = new InputLines(Channels.newInputStream(out), Integer.MAX_VALUE);
        long end = 0;
        int wrong = 0;
        for (Optional<InputLines.Line> line = results.next(); line.isPresent(); line = results.next()) {
            long next = line.get().offset() + line.get().bytes().length + 1;
            if (next > out.size()) {
                break;
            }
            Optional<JsonNode> result = BatchLine.result(line.get().bytes());
            if (result.isEmpty()) {
                throw new IOException(
                        "line %d is no result of a batch".formatted(line.get().number()));
            }
            ids.add(result.get().path("custom_id").asText());
            wrong += result.get().at("/response/status_code").asInt() == OK ? 0 : 1;
            end = next;
        }
        out.truncate(end);
        out.position(end);
        synchronized (this) {
            failed = wrong;
        }
        return ids;
    }

    /** The numbers of the lines that these requests are. */
    private BitSet known(FileChannel in, String endpoint, Set<String> ids) throws IOException {
        var known = new BitSet();
        InputLines lines = lines(in);
        for (Optional<InputLines.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
            if (!line.get().isBlank()
                    && ids.contains(BatchLine.taken(line.get(), endpoint).customId())) {
                known.set(line.get().number());
            }
        }
        return known;
    }

    private synchronized void begin(int lines, int known) {
        total = lines;
        done = known;
        progress.at(done, failed, total);
    }

    private void answer(List<LineOrder.Place> order, FileChannel in, BatchEndpoint endpoint, FileChannel out)
            throws IOException, InterruptedException {
        var lines = new Lines(out);
        try (var threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("line-", 0).factory())) {
            for (LineOrder.Place where : order) {
                if (stopped()) {
                    break;
                }
                BatchLine line = BatchLine.taken(where.read(in), endpoint.path());
                // With a death, so that a line which its model dies of is not tried again.
                var run = new LineRun(work, lines, ID, endpoint, line, stop, this::stopped, 1);
                Optional<ServedModel> model = usable(endpoint, line);
                if (model.isEmpty()) {
                    run(run, () -> {});
                    continue;
                }
                Optional<Share.Place> place = share.take(model.get(), this::stopped);
                if (place.isEmpty()) {
                    break;
                }
                threads.execute(() -> run(run, place.get()));
            }
        }
        if (lines.failure.isPresent()) {
            throw lines.failure.get();
        }
    }

    /** The model that a line needs; empty if it needs none, or is told at once that it is gone. */
    private static Optional<ServedModel> usable(BatchEndpoint endpoint, BatchLine line) {
        try {
            return endpoint.models().of(CALLER, line.model());
        } catch (ApiException e) {
            LOG.debug("line {} can't be run: {}", line.number(), e.getMessage());
            return Optional.empty();
        }
    }

    private static void run(LineRun line, Share.Place place) {
        try {
            line.run();
        } catch (InterruptedException e) {
            LOG.debug("a line waits for the next run", e);
        } finally {
            place.giveBack();
        }
    }

    /** Lines of no one in particular; what comes of them is lines. */
    private final class Lines implements LineRun.Owner {
        private final FileChannel out;
        private volatile Optional<IOException> failure = Optional.empty(); // the first one

        Lines(FileChannel out) {
            this.out = out;
        }

        @Override
        public Caller caller() {
            return CALLER;
        }

        @Override
        public void forget(String request) {
            database.write(session -> Ledger.forget(session, CALLER.id(), request));
        }

        @Override
        public void suspect(BatchLine line, String request) {
            throw new AssertionError("no line begins without a death");
        }

        @Override
        public void keep(Result result, LineTokens used) {
            ByteBuffer line = ByteBuffer.wrap((result.body() + "\n").getBytes(StandardCharsets.UTF_8));
            synchronized (BatchFile.this) {
                try {
                    while (failure.isEmpty() && line.hasRemaining()) {
                        out.write(line);
                    }
                } catch (IOException e) {
                    failure = Optional.of(e);
                    stop();
                }
                if (failure.isEmpty()) {
                    done++;
                    failed += result.wrong() ? 1 : 0;
                    progress.at(done, failed, total);
                }
            }
        }

        @Override
        public boolean stopped() {
            return BatchFile.this.stopped();
        }
    }
}
