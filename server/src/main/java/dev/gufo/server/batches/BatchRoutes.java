package dev.gufo.server.batches;

import dev.gufo.server.access.Caller;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.files.FileStore;
import dev.gufo.server.files.StoredFile;
import dev.gufo.server.http.Fields;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.http.Metadata;
import dev.gufo.server.http.PageQuery;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code /v1/batches}: seen by their owners and by administrators. Safe for any thread. */
public final class BatchRoutes {
    private static final int MOST_BATCHES = 100;
    private static final int BATCHES = 20;
    private static final String WINDOW = "24h";

    /** As long as it is in Anthropic's API. */
    static final Duration TIME = Duration.ofHours(24);

    private static final int SHORTEST_SECONDS = 3_600;
    private static final int LONGEST_SECONDS = 2_592_000;

    private final Batches batches;
    private final CallersBatches callers;
    private final FileStore files;

    public BatchRoutes(Batches batches) {
        this.batches = batches;
        this.callers = new CallersBatches(batches, "", "batches");
        this.files = batches.files();
    }

    /**
     * Takes a batch; its file is read later.
     *
     * @throws ApiException if it can't be taken
     * @throws IOException if the request can't be read
     */
    public void create(Context ctx) throws IOException {
        Batch batch;
        try (Exchange exchange = batches.exchanges().enterWithoutTokens(ctx)) {
            batch = read(exchange.fields(), exchange.caller());
            exchange.computes();
            batches.take(batch);
        }
        answer(ctx, batch);
    }

    private Batch read(Fields fields, Caller caller) {
        String input = fields.text("input_file_id").orElseThrow(() -> Fields.missing("input_file_id"));
        String endpoint = fields.text("endpoint").orElseThrow(() -> Fields.missing("endpoint"));
        if (batches.endpoints().of(endpoint).isEmpty()) {
            throw ApiException.invalid("endpoint", "'endpoint' must be one of %s.".formatted(batches.endpoints()));
        }
        if (!caller.allowsEndpoint(endpoint)) {
            throw new ApiException(new Problem.Forbidden("This API key may not use " + endpoint + "."));
        }
        if (!fields.text("completion_window").orElse(WINDOW).equals(WINDOW)) {
            throw ApiException.invalid("completion_window", "'completion_window' must be 24h.");
        }
        StoredFile file = files.find(input)
                .filter(found -> found.key().equals(caller.id()))
                .orElseThrow(() ->
                        ApiException.invalid("input_file_id", "There is no file '%s' of yours.".formatted(input)));
        if (!file.purpose().equals("batch")) {
            throw ApiException.invalid("input_file_id", "The purpose of the file must be batch.");
        }
        return Batch.made(
                batches.newId("batch_"),
                caller.id(),
                batches.clock().millis(),
                TIME,
                endpoint,
                file.id(),
                lasts(fields),
                fields.any("metadata").isPresent() ? Metadata.of(fields).toString() : "");
    }

    private static long lasts(Fields fields) {
        Optional<Fields> lasts = fields.object("output_expires_after");
        if (lasts.isEmpty()) {
            return 0;
        }
        if (!lasts.get().text("anchor").orElse("").equals("created_at")) {
            throw ApiException.invalid(
                    "output_expires_after.anchor", "'output_expires_after.anchor' must be created_at.");
        }
        return lasts.get()
                .integer("seconds", SHORTEST_SECONDS, LONGEST_SECONDS)
                .orElseThrow(() -> Fields.missing("output_expires_after.seconds"));
    }

    /** Lists the caller's own batches, the newest first. */
    public void list(Context ctx) {
        PageQuery page = PageQuery.of(ctx, BATCHES, MOST_BATCHES);
        String key = Caller.of(ctx).id();
        Optional<Batch> after = page.after().map(id -> callers.own(id, "after", key));
        List<Batch> found = batches.database()
                .read(session -> BatchTable.list(session, key, "", page.limit(), after, Optional.empty()));
        boolean more = found.size() > page.limit();
        List<Batch> told = more ? found.subList(0, page.limit()) : found;
        var json = new JsonBytes();
        json.raw("{\"object\":\"list\",\"data\":[");
        for (int i = 0; i < told.size(); i++) {
            json.raw(i == 0 ? "" : ",");
            told.get(i).writeTo(json);
        }
        json.raw("],\"first_id\":");
        id(json, told.isEmpty() ? Optional.empty() : Optional.of(told.getFirst()));
        json.raw(",\"last_id\":");
        id(json, told.isEmpty() ? Optional.empty() : Optional.of(told.getLast()));
        json.raw(",\"has_more\":").raw(Boolean.toString(more)).raw("}");
        ctx.contentType("application/json").result(json.toByteArray());
    }

    private static void id(JsonBytes json, Optional<Batch> batch) {
        if (batch.isPresent()) {
            json.string(batch.get().id());
        } else {
            json.raw("null");
        }
    }

    /** Answers with a batch as it is now. */
    public void one(Context ctx) {
        answer(ctx, callers.named(ctx));
    }

    /** Cancels a batch; lines that are done stay done. */
    public void cancel(Context ctx) {
        answer(ctx, callers.cancelled(ctx));
    }

    /** Answers with what has come of the lines by now: those that were answered, then those that failed. */
    public void results(Context ctx) throws IOException {
        Batch batch = callers.named(ctx);
        ctx.contentType("application/jsonl");
        OutputStream out = ctx.res().getOutputStream();
        if (batch.status().ended()) {
            for (String file : batch.results()) {
                try (InputStream in = callers.open(file)) {
                    in.transferTo(out);
                }
            }
        } else {
            var results = new BatchResults(batches, batch.id());
            results.write(false, out);
            results.write(true, out);
        }
    }

    private static void answer(Context ctx, Batch batch) {
        var json = new JsonBytes();
        batch.writeTo(json);
        ctx.contentType("application/json").result(json.toByteArray());
    }
}
