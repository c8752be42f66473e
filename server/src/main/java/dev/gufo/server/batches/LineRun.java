package dev.gufo.server.batches;

import dev.gufo.engine.EngineException;
import dev.gufo.server.access.Caller;
import dev.gufo.server.batches.BatchTable.Result;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.error.ApiError;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.ErrorResponses;
import dev.gufo.server.error.Problem;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.http.JsonBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
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

    /** With so many servers dead while it ran, a line is given up. */
    static final int MOST_DEATHS = 3;

    private static final int OK = 200;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int UNAVAILABLE = 503;

    private final Work work;
    private final Owner owner;
    private final BatchEndpoint endpoint;
    private final BatchLine line;
    private final CountDownLatch cancelled;
    private final BooleanSupplier over;
    private final int deaths;
    private final String id;
    private boolean again; // it may have a row in the ledger
    private boolean suspect; // it is to be tried once more, alone

    /** What lines are answered with. */
    record Work(Exchanges exchanges, ErrorResponses errors, InstantSource clock) {}

    /** Whose lines they are, and who keeps what comes of them. Safe for any thread. */
    interface Owner {
        /**
         * Who asks.
         *
         * @throws ApiException if the key can't be used any more
         */
        Caller caller();

        /** Forgets the row in the ledger of a request that is begun anew. */
        void forget(String request);

        /** Notes that the model's process died again and again while a line ran; it is run once more, alone. */
        void suspect(BatchLine line, String request);

        /** Keeps what has come of a line. */
        void keep(Result result, LineTokens used);

        /** Whether lines are put down, since the process is being stopped. */
        boolean stopped();
    }

    /**
     * @param batch its id
     * @param cancelled when it is 0, pauses end
     * @param over whether the line is not wanted any more
     * @param deaths how often a server or a model's process died while it ran; a line with any runs alone
     */
    LineRun(
            Work work,
            Owner owner,
            String batch,
            BatchEndpoint endpoint,
            BatchLine line,
            CountDownLatch cancelled,
            BooleanSupplier over,
            int deaths) {
        this.work = work;
        this.owner = owner;
        this.endpoint = endpoint;
        this.line = line;
        this.cancelled = cancelled;
        this.over = over;
        this.id = id(batch, line.number());
        this.deaths = deaths;
    }

    /** The id of a line's request: the same whenever it is run. */
    static String id(String batch, int number) {
        return idsOf(batch) + number;
    }

    /** How the ids of all requests of a batch begin. */
    static String idsOf(String batch) {
        return "batch_req_" + batch.substring(batch.indexOf('_') + 1) + "_";
    }

    /** An answer, and what it used. */
    private record Answered(int status, byte[] body, LineTokens used) {}

    /** Runs it; what comes to nothing has no row then, and is to be run again. */
    void run() throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        Optional<Answered> answered = Optional.empty();
        while (answered.isEmpty() && !over.getAsBoolean()) {
            try {
                if (again) {
                    owner.forget(id);
                }
                again = true;
                answered = attempt(System.nanoTime() - end < 0);
            } catch (DatabaseException e) {
                LOG.warn("{} is tried again when the database answers: {}", id, e.getMessage());
            }
            if (suspect) {
                return;
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
            if (deaths >= MOST_DEATHS) {
                throw new ApiException(new Problem.GivenUp(deaths));
            }
            var answer = new ByteArrayOutputStream();
            var client = new LineClient(
                    owner.caller(), id, endpoint.path(), work.exchanges().accounting(), work.clock(), over, answer);
            try (Exchange exchange = work.exchanges().later(client, line.body())) {
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
            if (owner.stopped()) {
                throw new InterruptedException("the server is being stopped");
            }
            if (e instanceof EngineException.Restarted && deaths == 0) {
                suspect = true; // the processes may have died of what ran beside it
                owner.suspect(line, id);
                return Optional.empty();
            }
            ApiError error = work.errors().of(e, id);
            boolean later = (error.status() == UNAVAILABLE && !(e instanceof EngineException.Restarted))
                    || (error.status() == TOO_MANY_REQUESTS && !error.code().equals("insufficient_quota"));
            if (later && patient) {
                LOG.debug("{} is tried again: {}", id, error.code());
                return Optional.empty();
            }
            return Optional.of(new Answered(
                    ErrorResponses.status(error, endpoint.path()),
                    ErrorResponses.body(error, endpoint.path(), id),
                    LineTokens.NONE));
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
                owner.keep(result, answered.used());
                kept = true;
            } catch (DatabaseException e) {
                LOG.warn("{} is kept when the database answers: {}", id, e.getMessage());
                if (owner.stopped()) {
                    throw new InterruptedException("the server is being stopped");
                }
                boolean _ = cancelled.await(TRY_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }
}
