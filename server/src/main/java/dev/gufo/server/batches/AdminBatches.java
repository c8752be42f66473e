package dev.gufo.server.batches;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.files.StoredFile;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.http.PageQuery;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code /admin/batches}: everyone's batches, of both APIs, for administrators. Safe for any thread. */
public final class AdminBatches {
    private static final int MOST_BATCHES = 100;
    private static final int BATCHES = 20;

    /** All that have not ended. */
    private static final String OPEN = "open";

    private static final String COMPLETED = "completed";
    private static final String FAILED = "failed";

    private final Batches batches;

    public AdminBatches(Batches batches) {
        this.batches = batches;
    }

    /**
     * A batch, and whose it is.
     *
     * @param keyName what operators call the key
     */
    record Owned(Batch batch, String keyName) {
        void writeTo(JsonBytes json) {
            json.raw("{\"key_id\":").string(batch.key()).raw(",\"key_name\":").string(keyName);
            json.raw(",\"batch\":");
            batch.writeTo(json);
            json.raw("}");
        }
    }

    /** Lists batches, the newest first. */
    public void list(Context ctx) {
        int limit = PageQuery.limit(ctx.queryParam("limit"), BATCHES, MOST_BATCHES);
        Optional<Batch> after = Optional.ofNullable(ctx.queryParam("after"))
                .map(id -> batches.find(id)
                        .orElseThrow(() -> ApiException.invalid("after", "'after' must be the id of a batch.")));
        List<BatchStatus> statuses = statuses(ctx.queryParam("status"));
        List<Owned> found = batches.database().read(session -> BatchTable.all(session, statuses, limit, after));
        boolean more = found.size() > limit;
        List<Owned> told = more ? found.subList(0, limit) : found;
        var json = new JsonBytes();
        json.raw("{\"object\":\"list\",\"data\":[");
        for (int i = 0; i < told.size(); i++) {
            json.raw(i == 0 ? "" : ",");
            told.get(i).writeTo(json);
        }
        json.raw("],\"has_more\":").raw(Boolean.toString(more)).raw("}");
        answer(ctx, json);
    }

    private static List<BatchStatus> statuses(@Nullable String wanted) {
        List<BatchStatus> chosen = Arrays.stream(BatchStatus.values())
                .filter(status ->
                        wanted == null || status.word().equals(wanted) || (wanted.equals(OPEN) && !status.ended()))
                .toList();
        if (chosen.isEmpty()) {
            var words = Arrays.stream(BatchStatus.values())
                    .map(BatchStatus::word)
                    .collect(Collectors.toCollection(TreeSet::new));
            throw ApiException.invalid(
                    "status", "'status' must be %s, or one of %s.".formatted(OPEN, String.join(", ", words)));
        }
        return chosen;
    }

    /** Cancels a batch; lines that are done stay done. */
    public void cancel(Context ctx) {
        Batch batch = found(ctx);
        if (batches.cancel(batch.id()).isEmpty()) {
            throw new ApiException(
                    new Problem.BatchEnded(batch.id(), found(ctx).status().word()));
        }
        Owned now = batches.database()
                .read(session -> BatchTable.owned(session, batch.id()))
                .orElseThrow(() -> notFound(batch.id()));
        var json = new JsonBytes();
        now.writeTo(json);
        answer(ctx, json);
    }

    /** Answers with what has come of the lines by now, those that were answered, those that failed, or both. */
    public void results(Context ctx) throws IOException {
        String outcome = ctx.queryParam("outcome");
        if (outcome != null && !outcome.equals(COMPLETED) && !outcome.equals(FAILED)) {
            throw ApiException.invalid("outcome", "'outcome' must be %s or %s.".formatted(COMPLETED, FAILED));
        }
        Batch batch = found(ctx);
        boolean good = !FAILED.equals(outcome);
        boolean bad = !COMPLETED.equals(outcome);
        ctx.contentType("application/jsonl");
        OutputStream out = ctx.res().getOutputStream();
        if (batch.status().ended()) {
            copy(good ? batch.outputFile() : "", out);
            copy(bad ? batch.errorFile() : "", out);
        } else {
            var results = new BatchResults(batches, batch.id());
            if (good) {
                results.write(false, out);
            }
            if (bad) {
                results.write(true, out);
            }
        }
    }

    /** @param id of a file; {@code ""} for none */
    private void copy(String id, OutputStream out) throws IOException {
        if (!id.isEmpty()) {
            StoredFile file =
                    batches.files().find(id).orElseThrow(() -> new ApiException(new Problem.FileNotFound(id)));
            try (InputStream in = batches.files().open(file)) {
                in.transferTo(out);
            }
        }
    }

    private Batch found(Context ctx) {
        String id = ctx.pathParam("id");
        return batches.find(id).orElseThrow(() -> notFound(id));
    }

    private static ApiException notFound(String id) {
        return new ApiException(new Problem.BatchNotFound(id));
    }

    private static void answer(Context ctx, JsonBytes json) {
        ctx.header("Cache-Control", "no-store").contentType("application/json").result(json.toByteArray());
    }
}
