package dev.gufo.server.batches;

import dev.gufo.server.access.Caller;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.files.ArrivingFile;
import dev.gufo.server.files.FileStore;
import dev.gufo.server.files.StoredFile;
import dev.gufo.server.http.BodyRoom;
import dev.gufo.server.http.Fields;
import dev.gufo.server.http.InFlight;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.http.JsonElements;
import dev.gufo.server.http.PageQuery;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code /v1/messages/batches}: the batches of Anthropic's API, which are batches as any other. What a request lists
 * becomes a file of lines for {@code /v1/messages}. Safe for any thread.
 *
 * @see <a href="https://docs.anthropic.com/en/api/creating-message-batches">Anthropic's Message Batches</a>
 */
public final class MessageBatchRoutes {
    /** How the ids of batches begin that were made here. */
    static final String PREFIX = "msgbatch_";

    static final String ENDPOINT = "/v1/messages";

    /** Anthropic's limits. */
    static final int MOST_REQUESTS = 100_000;

    private static final long MOST_BYTES = 256L << 20;
    private static final int MOST_BATCHES = 1_000;
    private static final int BATCHES = 20;

    private final Batches batches;
    private final CallersBatches callers;
    private final FileStore files;

    public MessageBatchRoutes(Batches batches) {
        this.batches = batches;
        this.callers = new CallersBatches(batches, PREFIX, "message batches");
        this.files = batches.files();
    }

    /**
     * Takes a batch. Its requests go to disk as they come.
     *
     * @throws ApiException if it can't be taken
     * @throws IOException if the request can't be read
     */
    public void create(Context ctx) throws IOException {
        Caller caller = Caller.of(ctx);
        if (!caller.allowsEndpoint(ENDPOINT)) {
            throw new ApiException(new Problem.Forbidden("This API key may not use " + ENDPOINT + "."));
        }
        Batch batch;
        String id = batches.newId(PREFIX);
        long announced = Math.max(0, ctx.req().getContentLengthLong());
        try (InFlight.Entry _ = batches.exchanges().inFlight().enter();
                BodyRoom.Hold room = batches.exchanges().room().open(caller.id());
                ArrivingFile arriving = files.take(caller.id(), Math.min(announced, MOST_BYTES))) {
            JsonElements requests = batches.exchanges().body().elements(ctx.req(), "requests", MOST_BYTES, room);
            var reading = new Reading(caller, arriving.writer());
            for (Optional<Fields> request = requests.next(); request.isPresent(); request = requests.next()) {
                reading.accept(request.get());
            }
            if (reading.count == 0) {
                throw ApiException.invalid("requests", "'requests' must have at least one element.");
            }
            StoredFile file = arriving.keep(id + ".jsonl", "batch", Optional.empty());
            batch = Batch.made(id, caller.id(), batches.clock().millis(), BatchRoutes.TIME, ENDPOINT, file.id(), 0, "")
                    .checked(Validation.theOnly(reading.models.values()), reading.count);
            batches.take(batch);
        }
        answer(ctx, batch);
    }

    /** The requests of a batch as they come. Belongs to the request's thread. */
    private final class Reading {
        private final Caller caller;
        private final OutputStream out;
        private final CustomIds ids = new CustomIds();
        private final Map<String, String> models = new HashMap<>(); // ids, by what requests call them
        private int count;

        Reading(Caller caller, OutputStream out) {
            this.caller = caller;
            this.out = out;
        }

        void accept(Fields request) throws IOException {
            if (++count > MOST_REQUESTS) {
                throw ApiException.invalid(
                        "requests", "'requests' must have at most %d elements.".formatted(MOST_REQUESTS));
            }
            String id = request.text("custom_id").orElseThrow(() -> Fields.missing(request.at("custom_id")));
            if (id.isEmpty() || id.length() > BatchLine.LONGEST_ID) {
                throw ApiException.invalid(
                        request.at("custom_id"),
                        "'%s' must have 1 to %d characters.".formatted(request.at("custom_id"), BatchLine.LONGEST_ID));
            }
            if (!ids.add(id)) {
                throw ApiException.invalid(
                        request.at("custom_id"),
                        "'%s' is that of an earlier request.".formatted(request.at("custom_id")));
            }
            Fields params = request.object("params").orElseThrow(() -> Fields.missing(request.at("params")));
            if (params.flag("stream").orElse(false)) {
                throw ApiException.invalid(params.at("stream"), "A request of a batch can't have 'stream'.");
            }
            String model = params.text("model").orElse("");
            if (!models.containsKey(model)) {
                models.put(model, batches.endpoint(ENDPOINT).modelId(caller, model));
            }
            var line = new JsonBytes();
            line.raw("{\"custom_id\":").string(id).raw(",\"method\":\"POST\",\"url\":\"" + ENDPOINT);
            line.raw("\",\"body\":").raw(params.node().toString()).raw("}\n").drainTo(out);
        }
    }

    /** Lists the caller's own message batches, the newest first. */
    public void list(Context ctx) {
        String key = Caller.of(ctx).id();
        int limit = PageQuery.limit(ctx.queryParam("limit"), BATCHES, MOST_BATCHES);
        Optional<Batch> after = end(ctx, "after_id", key);
        Optional<Batch> before = end(ctx, "before_id", key);
        if (after.isPresent() && before.isPresent()) {
            throw ApiException.invalid("before_id", "Only one of 'after_id' and 'before_id' can be given.");
        }
        List<Batch> found =
                batches.database().read(session -> BatchTable.list(session, key, PREFIX, limit, after, before));
        boolean more = found.size() > limit;
        List<Batch> told = !more ? found : before.isPresent() ? found.subList(1, limit + 1) : found.subList(0, limit);
        var json = new JsonBytes();
        json.raw("{\"data\":[");
        for (int i = 0; i < told.size(); i++) {
            json.raw(i == 0 ? "" : ",");
            new MessageBatch(told.get(i), origin(ctx)).writeTo(json);
        }
        json.raw("],\"has_more\":").raw(Boolean.toString(more)).raw(",\"first_id\":");
        json.raw(told.isEmpty() ? "null" : "\"" + told.getFirst().id() + "\"").raw(",\"last_id\":");
        json.raw(told.isEmpty() ? "null" : "\"" + told.getLast().id() + "\"").raw("}");
        ctx.contentType("application/json").result(json.toByteArray());
    }

    private Optional<Batch> end(Context ctx, String name, String key) {
        return Optional.ofNullable(ctx.queryParam(name)).map(id -> callers.own(id, name, key));
    }

    /** Answers with a batch as it is now. */
    public void one(Context ctx) {
        answer(ctx, callers.named(ctx));
    }

    /** Cancels a batch; requests that are done stay done. */
    public void cancel(Context ctx) {
        answer(ctx, callers.cancelled(ctx));
    }

    /** Deletes a batch that has ended, with what has come of it. */
    public void delete(Context ctx) {
        Batch batch = callers.named(ctx);
        if (!batches.delete(batch)) {
            throw new ApiException(new Problem.BatchNotEnded(batch.id()));
        }
        var json = new JsonBytes();
        json.raw("{\"id\":").string(batch.id()).raw(",\"type\":\"message_batch_deleted\"}");
        ctx.contentType("application/json").result(json.toByteArray());
    }

    /** Answers with what has come of a batch that has ended. */
    public void results(Context ctx) throws IOException {
        Batch batch = callers.named(ctx);
        if (!batch.status().ended()) {
            throw new ApiException(new Problem.BatchNotEnded(batch.id()));
        }
        ctx.contentType("application/x-jsonl");
        OutputStream out = ctx.res().getOutputStream();
        for (String file : batch.results()) {
            try (InputStream in = callers.open(file);
                    var lines = new InputLines(in, Integer.MAX_VALUE)) {
                for (Optional<InputLines.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
                    MessageBatch.writeResult(BatchLine.written(line.get().bytes()), out);
                }
            }
        }
    }

    private static void answer(Context ctx, Batch batch) {
        var json = new JsonBytes();
        new MessageBatch(batch, origin(ctx)).writeTo(json);
        ctx.contentType("application/json").result(json.toByteArray());
    }

    /** Where the client found this server, as it says itself; only it is told. */
    private static String origin(Context ctx) {
        boolean tls = "https".equalsIgnoreCase(ctx.header("X-Forwarded-Proto"));
        return (tls ? "https" : ctx.scheme()) + "://" + ctx.host();
    }
}
