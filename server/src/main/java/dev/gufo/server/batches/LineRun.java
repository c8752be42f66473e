package dev.gufo.server.batches;

import dev.gufo.engine.EngineException;
import dev.gufo.server.access.Caller;
import dev.gufo.server.batches.BatchTable.Result;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.error.ApiError;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.usage.Ledger;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One line of a batch, on a thread of its own, until what has come of it is in the database. */
final class LineRun {
    private static final Logger LOG = LoggerFactory.getLogger(LineRun.class);
    private static final Duration TRY_AGAIN = Duration.ofSeconds(1);

    /** How long one tries again what only is not possible now. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final int OK = 200;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int UNAVAILABLE = 503;

    private final Batches batches;
    private final Batch batch;
    private final BatchEndpoint endpoint;
    private final BatchLine line;
    private final CountDownLatch cancelled;
    private final BooleanSupplier over;
    private final String id;
    private boolean again;

    /**
     * @param cancelled when it is 0, pauses end
     * @param over whether the line is not wanted any more
     * @param again whether it may have a row in the ledger from an earlier time
     */
    LineRun(
            Batches batches,
            Batch batch,
            BatchEndpoint endpoint,
            BatchLine line,
            CountDownLatch cancelled,
            BooleanSupplier over,
            boolean again) {
        this.batches = batches;
        this.batch = batch;
        this.endpoint = endpoint;
        this.line = line;
        this.cancelled = cancelled;
        this.over = over;
        this.id = id(batch.id(), line.number());
        this.again = again;
    }

    /** The id of a line's request: the same whenever it is run. */
    static String id(String batch, int number) {
        return "batch_req_%s_%d".formatted(batch.substring(batch.indexOf('_') + 1), number);
    }

    /** An answer, and what it used. */
    private record Answered(int status, byte[] body, LineTokens used) {}

    void run() throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        Optional<Answered> answered = Optional.empty();
        while (answered.isEmpty() && !over.getAsBoolean()) {
            try {
                if (again) {
                    batches.database().write(session -> Ledger.forget(session, batch.key(), id));
                }
                again = true;
                answered = attempt(System.nanoTime() - end < 0);
            } catch (DatabaseException e) {
                LOG.warn("{} is tried again when the database answers: {}", id, e.getMessage());
            }
            if (answered.isEmpty() && !over.getAsBoolean()) {
                boolean _ = cancelled.await(TRY_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
        if (answered.isPresent()) {
            keep(answered.get());
        }
    }

    /** @return empty if nobody wants the answer any more, or it is worth another try */
    private Optional<Answered> attempt(boolean patient) throws InterruptedException {
        try {
            Caller caller = batches.caller(batch.key())
                    .orElseThrow(() -> new ApiException(
                            new Problem.UnusableApiKey("The API key of this batch can't be used any more.")));
            var answer = new ByteArrayOutputStream();
            var client = new LineClient(
                    caller, id, endpoint.path(), batches.exchanges().accounting(), batches.clock(), over, answer);
            try (Exchange exchange = batches.exchanges().later(client, line.body())) {
                endpoint.route().answer(exchange);
            }
            byte[] body = answer.toByteArray();
            return body.length == 0 ? Optional.empty() : Optional.of(new Answered(OK, body, LineTokens.of(body)));
        } catch (DatabaseException e) {
            throw e;
        } catch (IOException e) {
            LOG.debug("{} is not wanted any more", id, e);
            return Optional.empty();
        } catch (RuntimeException | Error e) {
            if (batches.stopped()) {
                throw new InterruptedException("the server is being stopped");
            }
            ApiError error = batches.error(e, id);
            boolean later = (error.status() == UNAVAILABLE && !(e instanceof EngineException.Restarted))
                    || (error.status() == TOO_MANY_REQUESTS && !error.code().equals("insufficient_quota"));
            if (later && patient) {
                LOG.debug("{} is tried again: {}", id, error.code());
                return Optional.empty();
            }
            return Optional.of(new Answered(
                    batches.status(error, endpoint.path()), batches.body(error, endpoint.path(), id), LineTokens.NONE));
        }
    }

    private void keep(Answered answered) throws InterruptedException {
        boolean wrong = answered.status() != OK;
        var json = new JsonBytes();
        json.raw("{\"id\":").string(id).raw(",\"custom_id\":").string(line.customId());
        json.raw(",\"response\":{\"status_code\":").number(answered.status());
        json.raw(",\"request_id\":").string(id).raw(",\"body\":").raw(answered.body());
        json.raw("},\"error\":null}");
        var result = new Result(line.number(), wrong, json.toString());
        boolean kept = false;
        while (!kept) {
            try {
                batches.write(batch.id(), session -> BatchTable.add(session, batch.id(), result, answered.used()));
                kept = true;
            } catch (DatabaseException e) {
                LOG.warn("{} is kept when the database answers: {}", id, e.getMessage());
                if (batches.stopped()) {
                    throw new InterruptedException("the server is being stopped");
                }
                boolean _ = cancelled.await(TRY_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }
}
