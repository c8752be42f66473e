package dev.gufo.server.batches;

import dev.gufo.server.access.Caller;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.files.StoredFile;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * The batches that the callers of one API may name. Another caller's batch is not there, so that nobody learns of it.
 * Safe for any thread.
 *
 * @param prefix of the ids that the API knows
 * @param called what it calls them, several of them
 */
record CallersBatches(Batches batches, String prefix, String called) {
    /**
     * The batch in a request's path.
     *
     * @throws ApiException with {@link Problem.BatchNotFound}
     */
    Batch named(Context ctx) {
        String id = ctx.pathParam("id");
        Caller caller = Caller.of(ctx);
        return batches.find(id)
                .filter(_ -> id.startsWith(prefix))
                .filter(batch -> caller.admin() || batch.key().equals(caller.id()))
                .orElseThrow(() -> new ApiException(new Problem.BatchNotFound(id)));
    }

    /**
     * Cancels the batch in a request's path; lines that are done stay done.
     *
     * @throws ApiException with {@link Problem.BatchNotFound} or {@link Problem.BatchEnded}
     */
    Batch cancelled(Context ctx) {
        Batch batch = named(ctx);
        return batches.cancel(batch.id())
                .orElseThrow(() -> new ApiException(
                        new Problem.BatchEnded(batch.id(), named(ctx).status().word())));
    }

    /**
     * The caller's own batch at which a page of a list begins or ends.
     *
     * @param param that has its id
     * @throws ApiException if there is no such batch of the caller's
     */
    Batch own(String id, String param, String key) {
        return batches.find(id)
                .filter(batch -> batch.key().equals(key) && id.startsWith(prefix))
                .orElseThrow(() ->
                        ApiException.invalid(param, "'%s' must be the id of one of your %s.".formatted(param, called)));
    }

    /**
     * Opens one of the files that have come of a batch.
     *
     * @throws ApiException if it is not there any more
     */
    InputStream open(String file) throws IOException {
        Optional<StoredFile> stored = batches.files().find(file);
        return batches.files().open(stored.orElseThrow(() -> new ApiException(new Problem.FileNotFound(file))));
    }
}
