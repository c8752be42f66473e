package dev.gufo.server.responses;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.access.Caller;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.accounting.Work;
import dev.gufo.server.answer.Answers;
import dev.gufo.server.error.ApiError;
import dev.gufo.server.exchange.Client;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.limits.Reservation;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.responses.JobTable.Job;
import dev.gufo.store.ModelRole;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One response in the background, on a thread of its own. What it makes goes into its log; at the end it is given to
 * {@link Background}. All but {@link #log} belongs to that thread.
 */
final class BackgroundJob implements Client {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ENDPOINT = "/v1/responses";
    private static final long MILLIS = 1_000;

    private final Background background;
    private final Job job;
    private final int servers;
    private final EventWriter events;
    private final EventLog log;
    private Caller caller = new Caller.Anonymous(); // until it is looked up
    private @Nullable ResponseWriter writer; // of this attempt, once there is one
    private int lost;
    private Optional<End> end = Optional.empty();

    /**
     * How the response ended.
     *
     * @param conversation id of the one that gets input and output
     */
    record End(String body, List<StoredResponse.Item> output, Optional<String> conversation) {}

    /**
     * @param next number of its next event
     * @param servers how many have begun with it, this one included, and have not stopped in good order
     */
    BackgroundJob(Background background, Job job, long next, int servers) {
        this.background = background;
        this.job = job;
        this.servers = servers;
        this.events = new EventWriter(next);
        this.log = new EventLog(events);
    }

    @Override
    public String id() {
        return job.id();
    }

    int servers() {
        return servers;
    }

    /** Notes that so many workers have died with it, and returns how many by now. */
    int lost(int workers) {
        lost += workers;
        return lost;
    }

    /** Its events; safe for any thread. */
    EventLog log() {
        return log;
    }

    /**
     * Computes the response from the beginning.
     *
     * @return empty if nobody wants it any more
     * @throws IOException if that is found in the middle
     * @throws InterruptedException if the server is being stopped
     */
    Optional<End> attempt(Caller whose) throws IOException, InterruptedException {
        caller = whose;
        writer = null;
        end = Optional.empty();
        ResponseMaking making = background.making();
        try (Exchange exchange = background.exchanges().resume(this, job.request())) {
            ServedModel served = exchange.named(ModelRole.CHAT);
            Answers.Prepared prepared = prepare(exchange, served, making);
            background.inProgress(this, writing().inProgress());
            making.answers().send(exchange, prepared);
        }
        return log.ended() ? Optional.empty() : end;
    }

    private ResponseWriter writing() {
        if (writer == null) {
            throw new AssertionError("there is a writer once the request is prepared");
        }
        return writer;
    }

    private Answers.Prepared prepare(Exchange exchange, ServedModel served, ResponseMaking making)
            throws IOException, InterruptedException {
        ResponseRequest request = making.read(exchange);
        var made = new ResponseWriter(
                job.id(),
                served.id(),
                request,
                making.output(request),
                Optional.of(new Ending(request.conversation())),
                making.answers().clock(),
                job.time() / MILLIS,
                events);
        writer = made;
        return making.prepare(exchange, served, request, made, Optional.empty());
    }

    /** What is kept at the end goes to the database together with the last events. */
    private final class Ending implements Keeping {
        private final Optional<String> conversation;

        Ending(Optional<String> conversation) {
            this.conversation = conversation;
        }

        @Override
        public long held() {
            return 0;
        }

        @Override
        public boolean keep(String body, List<StoredResponse.Item> output, boolean ended) {
            end = Optional.of(new End(body, output, conversation.filter(_ -> ended)));
            return true;
        }
    }

    /**
     * Ends it as a failure.
     *
     * @param body the response as it is kept by now
     */
    Optional<End> failed(ApiError error, String body) throws IOException {
        if (writer != null) {
            log.write(writer.events(error).orElseThrow());
        } else {
            log.write(failure(error, body));
        }
        log.flush();
        return end;
    }

    /** The last events of a response whose request can't be taken any more. */
    private byte[] failure(ApiError error, String body) {
        ObjectNode response = parsed(body);
        response.put("status", "failed");
        response.putObject("error").put("code", error.code()).put("message", error.message());
        end = Optional.of(new End(response.toString(), List.of(), Optional.empty()));
        var json = new JsonBytes();
        events.to(json).error(error);
        events.begin("response.failed").raw(",\"response\":").raw(response.toString());
        events.end();
        return json.toByteArray();
    }

    /**
     * A response that was cancelled, and the event that tells it. OpenAI has no event of that name; its clients end a
     * stream at this one, and read the status.
     */
    static End cancelled(String body, EventWriter events, JsonBytes event) {
        ObjectNode response = parsed(body);
        response.put("status", "cancelled");
        events.to(event).begin("response.incomplete").raw(",\"response\":").raw(response.toString());
        events.end();
        return new End(response.toString(), List.of(), Optional.empty());
    }

    private static ObjectNode parsed(String body) {
        try {
            return (ObjectNode) JSON.readTree(body.getBytes(StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new AssertionError("what we wrote can be read", e);
        } catch (IOException e) {
            throw new AssertionError("memory can be read", e);
        }
    }

    @Override
    public Caller caller() {
        return caller;
    }

    @Override
    public String roomOwner() {
        return caller.id();
    }

    @Override
    public boolean isGone() {
        return log.ended();
    }

    @Override
    public void leftEarly() {}

    @Override
    public void header(String name, String value) {}

    @Override
    public OutputStream object() {
        throw new AssertionError("the answer is made as events");
    }

    @Override
    public OutputStream events() {
        return log;
    }

    @Override
    public Account open(Reservation reservation, Work work) throws InterruptedException {
        return background
                .exchanges()
                .accounting()
                .open(
                        caller,
                        job.id(),
                        ENDPOINT,
                        background.making().answers().clock().instant(),
                        reservation,
                        work);
    }

    /** Nobody reads it in the log: a line of the log is about a request, and that was answered. */
    @Override
    public void prompt(Supplier<String> text) {}
}
