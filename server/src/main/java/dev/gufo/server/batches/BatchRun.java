package dev.gufo.server.batches;

import dev.gufo.server.access.Caller;
import dev.gufo.server.batches.BatchResults.Undone;
import dev.gufo.server.batches.BatchTable.Result;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.files.FileStore;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.usage.Ledger;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One batch on its way, on a thread of its own: its file is checked, its lines are answered on threads of theirs, and
 * what has come of them becomes files ({@link BatchResults}). Each step is in the database when the next one begins,
 * and begins anew if the server dies in it. {@link #look} and {@link #lose} are for any thread.
 */
final class BatchRun {
    private static final Logger LOG = LoggerFactory.getLogger(BatchRun.class);
    private static final Duration AGAIN = Duration.ofSeconds(1);

    /** How far the ledger's clock may be behind the one by which batches are made. */
    private static final Duration CLOCKS = Duration.ofDays(1);

    private final Batches batches;
    private final String id;
    private final BatchResults results;
    private final Batch begun;
    private final boolean anew;
    private final Thread thread;
    private final CountDownLatch over = new CountDownLatch(1); // no further line is wanted
    private volatile long expires;
    private volatile boolean lost; // it is another server's now, or deleted
    private boolean answered; // lines may have been begun; the batch's thread's

    /**
     * @param begun as it was when this server took it
     * @param anew whether no line of it can have been begun before
     */
    BatchRun(Batches batches, Batch begun, boolean anew) {
        this.batches = batches;
        this.anew = anew;
        this.id = begun.id();
        this.results = new BatchResults(batches, id);
        this.begun = begun;
        this.expires = begun.expires();
        this.thread = Thread.ofVirtual().name(begun.id()).unstarted(this::run);
    }

    Thread thread() {
        return thread;
    }

    /** Takes in how the batch stands in the database. */
    void look(Batch now) {
        expires = now.expires();
        if (now.status() == BatchStatus.CANCELLING) {
            end();
        }
    }

    /** The batch is not this server's any more. */
    void lose() {
        lost = true;
        end();
    }

    private void end() {
        over.countDown();
        batches.share().look();
    }

    private boolean isOver() {
        return over.getCount() == 0 || hasExpired() || batches.stopped();
    }

    private boolean hasExpired() {
        return batches.clock().millis() >= expires;
    }

    private void run() {
        try {
            Optional<Batch> now = Optional.of(begun);
            while (now.isPresent() && !now.get().status().ended() && !lost && !batches.stopped()) {
                now = step(now.get());
            }
        } catch (InterruptedException | ClosedByInterruptException e) {
            LOG.debug("{} waits for the next server", id, e);
        } catch (DatabaseException e) {
            LOG.warn("{} goes on when the database does: {}", id, e.getMessage());
        } catch (IOException | RuntimeException | Error e) {
            LOG.error("{} can't go on now, and is tried again", id, e);
        } finally {
            batches.ended(this, id);
        }
    }

    /** @return how it stands then; empty if it is not this server's any more */
    private Optional<Batch> step(Batch now) throws IOException, InterruptedException {
        switch (now.status()) {
            case VALIDATING -> validate(now);
            case IN_PROGRESS -> answer(now);
            case FINALIZING -> results.finish(now, BatchStatus.FINALIZING, BatchStatus.COMPLETED, Optional.empty(), "");
            case CANCELLING ->
                results.finish(now, BatchStatus.CANCELLING, BatchStatus.CANCELLED, Optional.of(Undone.CANCELLED), "");
            case COMPLETED, FAILED, EXPIRED, CANCELLED -> throw new AssertionError("an ended batch has no next step");
        }
        return batches.own(id);
    }

    /** @param mostBytes of a line */
    private static InputLines lines(FileChannel input, long mostBytes) {
        return new InputLines(Channels.newInputStream(input), mostBytes);
    }

    private void validate(Batch now) throws IOException, InterruptedException {
        BatchEndpoint endpoint = batches.endpoint(now.endpoint());
        var validation = new Validation(now.endpoint(), batches.mostLineBytes(), name -> model(now, endpoint, name));
        batches.validating().lockInterruptibly(); // one line at a time is in memory
        try (InputLines lines = lines(batches.input(now), batches.mostLineBytes())) {
            validation.read(lines, this::isOver);
        } catch (ApiException e) {
            fail(BatchStatus.VALIDATING, errors(e));
            return;
        } finally {
            batches.validating().unlock();
        }
        if (batches.stopped()) {
            throw new InterruptedException("the server is being stopped");
        }
        if (hasExpired()) {
            results.finish(now, BatchStatus.VALIDATING, BatchStatus.EXPIRED, Optional.empty(), "");
        } else if (over.getCount() == 0) {
            LOG.debug("{} was cancelled while its file was read", id);
        } else if (validation.failed()) {
            fail(BatchStatus.VALIDATING, validation.errors());
        } else {
            batches.write(id, session -> {
                BatchTable.describe(session, id, validation.model(), validation.total());
                return BatchTable.move(
                        session,
                        id,
                        BatchStatus.VALIDATING,
                        BatchStatus.IN_PROGRESS,
                        batches.clock().millis());
            });
        }
    }

    private String model(Batch now, BatchEndpoint endpoint, String name) throws BatchLine.Wrong {
        try {
            return endpoint.modelId(caller(now), name);
        } catch (ApiException e) {
            var error = batches.error(e, id);
            throw new BatchLine.Wrong(error.code(), "body.model", error.message());
        }
    }

    private Caller caller(Batch now) {
        return batches.caller(now.key())
                .orElseThrow(() -> new ApiException(
                        new Problem.UnusableApiKey("The API key of this batch can't be used any more.")));
    }

    private String errors(ApiException why) {
        var json = new JsonBytes().raw("[");
        var error = batches.error(why, id);
        new BatchLine.Wrong(error.code(), error.param(), error.message()).writeTo(json, 0);
        return json.raw("]").toString();
    }

    private void fail(BatchStatus from, String errors) {
        batches.write(id, session -> {
            boolean moved = BatchTable.move(
                    session, id, from, BatchStatus.FAILED, batches.clock().millis());
            if (moved) {
                BatchTable.fail(session, id, errors);
                FileStore.release(session, begun.inputFile());
            }
            return moved;
        });
    }

    /** Answers the lines that are not, until all are or no more are wanted. */
    private void answer(Batch now) throws IOException, InterruptedException {
        try (FileChannel input = batches.input(now)) {
            answer(now, input);
        } catch (ApiException e) {
            results.finish(now, BatchStatus.IN_PROGRESS, BatchStatus.FAILED, Optional.empty(), errors(e));
            return;
        }
        if (batches.stopped() || lost) {
            throw new InterruptedException("the server is being stopped");
        }
        if (hasExpired()) {
            results.finish(now, BatchStatus.IN_PROGRESS, BatchStatus.EXPIRED, Optional.of(Undone.EXPIRED), "");
        } else if (over.getCount() > 0 && results.done().cardinality() < now.total()) {
            LOG.info("{}: some lines have come to nothing, and are run again", id);
            boolean _ = over.await(AGAIN.toMillis(), TimeUnit.MILLISECONDS);
        } else if (over.getCount() > 0) {
            batches.write(
                    id,
                    session -> BatchTable.move(
                            session,
                            id,
                            BatchStatus.IN_PROGRESS,
                            BatchStatus.FINALIZING,
                            batches.clock().millis()));
        }
    }

    private void answer(Batch now, FileChannel input) throws IOException, InterruptedException {
        BitSet done = results.done();
        Map<Integer, Integer> deaths = deaths(now, done);
        List<LineOrder.Place> order = LineOrder.of(lines(input, Integer.MAX_VALUE), now.endpoint(), done, this::isOver);
        for (LineOrder.Place place : order) {
            if (deaths.containsKey(place.number()) && !isOver()) {
                run(List.of(place), now, input, deaths); // alone: no other line is to die of it
            }
        }
        run(order.stream().filter(place -> !deaths.containsKey(place.number())).toList(), now, input, deaths);
    }

    /**
     * How often a process died while a line ran that is not done. Lines that were under way when a server died have a
     * row in the ledger, which is forgotten, since they are run again.
     */
    private Map<Integer, Integer> deaths(Batch now, BitSet done) {
        if (!anew || answered) {
            String ids = LineRun.idsOf(id);
            Instant since = Instant.ofEpochMilli(now.created()).minus(CLOCKS);
            List<Ledger.Begun> under = batches.database().read(session -> Ledger.begun(session, now.key(), since, ids));
            batches.write(id, session -> {
                for (Ledger.Begun request : under) {
                    int line = Integer.parseInt(request.requestId().substring(ids.length()));
                    if (!done.get(line)) {
                        Ledger.forget(session, now.key(), request.requestId());
                        if (request.died()) {
                            BatchTable.addDeath(session, id, line);
                        }
                    }
                }
                return true;
            });
        }
        answered = true;
        return batches.database().read(session -> BatchTable.deaths(session, id));
    }

    /** Runs lines beside each other, as many as have room; returns when all that were begun have ended. */
    private void run(List<LineOrder.Place> order, Batch now, FileChannel input, Map<Integer, Integer> deaths)
            throws IOException, InterruptedException {
        BatchEndpoint endpoint = batches.endpoint(now.endpoint());
        var names = Thread.ofVirtual().name(id + "-", 0).factory();
        try (var threads = Executors.newThreadPerTaskExecutor(names)) {
            try {
                for (LineOrder.Place where : order) {
                    if (isOver()) {
                        break;
                    }
                    BatchLine line = BatchLine.taken(where.read(input), now.endpoint());
                    int died = deaths.getOrDefault(line.number(), 0);
                    var run = new LineRun(batches.work(), new Lines(now), id, endpoint, line, over, this::isOver, died);
                    Optional<ServedModel> model = usable(now, endpoint, line);
                    if (model.isEmpty()) {
                        run(run, () -> {});
                        continue;
                    }
                    Optional<Share.Place> place = batches.share().take(model.get(), this::isOver);
                    if (place.isEmpty()) {
                        break;
                    }
                    threads.execute(() -> run(run, place.get()));
                }
            } catch (InterruptedException e) {
                threads.shutdownNow();
                throw e;
            }
        }
    }

    /** Whose lines they are; what comes of them is rows. */
    private final class Lines implements LineRun.Owner {
        private final Batch batch;

        Lines(Batch batch) {
            this.batch = batch;
        }

        @Override
        public Caller caller() {
            return BatchRun.this.caller(batch);
        }

        @Override
        public void forget(String request) {
            batches.database().write(session -> Ledger.forget(session, batch.key(), request));
        }

        @Override
        public void suspect(BatchLine line, String request) {
            batches.write(id, session -> {
                Ledger.forget(session, batch.key(), request);
                BatchTable.addDeath(session, id, line.number());
                return true;
            });
        }

        @Override
        public void keep(Result result, LineTokens used) {
            boolean kept = batches.write(id, session -> BatchTable.add(session, id, result, used));
            if (kept) {
                batches.meters().kept(result.wrong());
            }
        }

        @Override
        public boolean stopped() {
            return batches.stopped();
        }
    }

    /** The model that a line needs; empty if it needs none, or is told at once that it can't be used. */
    private Optional<ServedModel> usable(Batch now, BatchEndpoint endpoint, BatchLine line) {
        try {
            return endpoint.models().of(caller(now), line.model());
        } catch (ApiException e) {
            LOG.debug("{}: line {} can't be run: {}", id, line.number(), e.getMessage());
            return Optional.empty();
        }
    }

    private void run(LineRun line, Share.Place place) {
        batches.meters().begun();
        try {
            line.run();
        } catch (InterruptedException e) {
            LOG.debug("a line waits for the next server", e);
        } finally {
            batches.meters().ended();
            place.giveBack();
        }
    }
}
