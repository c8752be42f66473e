package dev.gufo.server.batches;

import dev.gufo.server.batches.BatchTable.Result;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.files.BlobWriter;
import dev.gufo.server.files.FileStore;
import dev.gufo.server.files.StoredFile;
import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has come of a batch's lines: rows while it runs, files from its end on. Belongs to the batch's thread;
 * {@link #write} is for any.
 */
final class BatchResults {
    private static final Logger LOG = LoggerFactory.getLogger(BatchResults.class);
    private static final int ROWS_AT_ONCE = 200;

    private final Batches batches;
    private final FileStore files;
    private final String id;

    /** @param id of the batch */
    BatchResults(Batches batches, String id) {
        this.batches = batches;
        this.files = batches.files();
        this.id = id;
    }

    /**
     * What is told of lines that were not run.
     *
     * @param code a word to decide by
     */
    record Undone(String code, String message) {
        static final Undone CANCELLED =
                new Undone("batch_cancelled", "The batch was cancelled before this line was run.");

        /** There was no time for them. */
        static final Undone EXPIRED =
                new Undone("batch_expired", "This request could not be executed before the completion window expired.");
    }

    /** The lines that are done. */
    BitSet done() {
        var done = new BitSet();
        batches.database().read(session -> BatchTable.lines(session, id)).forEach(done::set);
        return done;
    }

    /** Notes of all lines that are not done that they will not be. */
    private void undone(Batch now, Undone why, BitSet done) throws IOException {
        try (InputLines lines = new InputLines(Channels.newInputStream(batches.input(now)), Integer.MAX_VALUE)) {
            var results = new ArrayList<Result>();
            for (Optional<InputLines.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
                if (!line.get().isBlank() && !done.get(line.get().number())) {
                    BatchLine request = BatchLine.taken(line.get(), now.endpoint());
                    var json = new JsonBytes();
                    json.raw("{\"id\":").string(LineRun.id(id, request.number()));
                    json.raw(",\"custom_id\":").string(request.customId());
                    json.raw(",\"response\":null,\"error\":{\"code\":").string(why.code());
                    json.raw(",\"message\":").string(why.message()).raw("}}");
                    results.add(new Result(request.number(), true, json.toString()));
                }
                if (results.size() == ROWS_AT_ONCE) {
                    add(results);
                }
            }
            add(results);
        } catch (ApiException e) {
            LOG.error("{}: the lines that were not run can't be told any more: {}", id, e.getMessage());
        }
    }

    private void add(List<Result> results) {
        batches.write(id, session -> {
            int added = 0;
            for (Result result : results) {
                added += BatchTable.add(session, id, result, LineTokens.NONE) ? 1 : 0;
            }
            BatchTable.addUndone(session, id, added);
            return true;
        });
        results.clear();
    }

    /**
     * Makes files of what has come of the lines.
     *
     * @param why lines were not run, if they were not
     * @param failure JSON, why the batch failed; {@code ""} if it has not
     */
    void finish(Batch now, BatchStatus from, BatchStatus to, Optional<Undone> why, String failure) throws IOException {
        if (why.isPresent() && now.total() > 0) {
            undone(now, why.get(), done());
        }
        Optional<Duration> lasts =
                Optional.of(now.lasts()).filter(seconds -> seconds > 0).map(Duration::ofSeconds);
        Optional<StoredFile> output = file(now, false, lasts);
        Optional<StoredFile> errors = file(now, true, lasts);
        boolean mine = batches.write(id, session -> {
            boolean moved =
                    BatchTable.move(session, id, from, to, batches.clock().millis());
            if (moved) {
                if (output.isPresent()) {
                    FileStore.insert(session, output.get());
                }
                if (errors.isPresent()) {
                    FileStore.insert(session, errors.get());
                }
                BatchTable.finish(
                        session,
                        id,
                        output.map(StoredFile::id).orElse(""),
                        errors.map(StoredFile::id).orElse(""));
                BatchTable.fail(session, id, failure);
                FileStore.release(session, now.inputFile());
            }
            return moved;
        });
        if (!mine) {
            output.map(StoredFile::id).ifPresent(files::remove);
            errors.map(StoredFile::id).ifPresent(files::remove);
        }
    }

    private Optional<StoredFile> file(Batch now, boolean wrong, Optional<Duration> lasts) throws IOException {
        try (BlobWriter writer = files.make()) {
            write(wrong, writer);
            return writer.bytes() == 0
                    ? Optional.empty()
                    : Optional.of(files.file(
                            writer.finish(),
                            now.key(),
                            "%s_%s.jsonl".formatted(id, wrong ? "error" : "output"),
                            "batch_output",
                            lasts));
        }
    }

    /** Writes what has come of lines by now, in their order. */
    void write(boolean wrong, OutputStream out) throws IOException {
        int after = 0;
        List<Result> results;
        do {
            int last = after;
            results = batches.database().read(session -> BatchTable.results(session, id, wrong, last, ROWS_AT_ONCE));
            for (Result result : results) {
                out.write(result.body().getBytes(StandardCharsets.UTF_8));
                out.write('\n');
                after = result.number();
            }
        } while (results.size() == ROWS_AT_ONCE);
    }
}
