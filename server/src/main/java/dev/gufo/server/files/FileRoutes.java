package dev.gufo.server.files;

import dev.gufo.server.access.Caller;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.InFlight;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.http.PageQuery;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** {@code /v1/files}: callers' files, seen by their owners and by administrators. Safe for any thread. */
public final class FileRoutes {
    private static final int MOST_FILES = 10_000;

    private final FileStore store;
    private final InFlight inFlight;

    /** @param inFlight where uploads count, so that a stop waits for them */
    public FileRoutes(FileStore store, InFlight inFlight) {
        this.store = store;
        this.inFlight = inFlight;
    }

    /**
     * Takes a file.
     *
     * @throws ApiException if it can't be taken
     * @throws IOException if it can't be read
     */
    public void upload(Context ctx) throws IOException {
        try (InFlight.Entry _ = inFlight.enter()) {
            answer(ctx, UploadForm.read(ctx.req(), Caller.of(ctx).id(), store));
        }
    }

    /** Lists the caller's own files, the newest first unless asked otherwise. */
    public void list(Context ctx) {
        PageQuery page = PageQuery.of(ctx, MOST_FILES, MOST_FILES);
        List<StoredFile> found = store.list(Caller.of(ctx).id(), page, Optional.ofNullable(ctx.queryParam("purpose")));
        boolean more = found.size() > page.limit();
        List<StoredFile> files = more ? found.subList(0, page.limit()) : found;
        var json = new JsonBytes();
        json.raw("{\"object\":\"list\",\"data\":[");
        for (int i = 0; i < files.size(); i++) {
            json.raw(i == 0 ? "" : ",");
            files.get(i).writeTo(json);
        }
        json.raw("],\"first_id\":");
        id(json, files.isEmpty() ? Optional.empty() : Optional.of(files.getFirst()));
        json.raw(",\"last_id\":");
        id(json, files.isEmpty() ? Optional.empty() : Optional.of(files.getLast()));
        json.raw(",\"has_more\":").raw(Boolean.toString(more)).raw("}");
        ctx.contentType("application/json").result(json.toByteArray());
    }

    private static void id(JsonBytes json, Optional<StoredFile> file) {
        if (file.isPresent()) {
            json.string(file.get().id());
        } else {
            json.raw("null");
        }
    }

    /** Answers with what is known of a file. */
    public void one(Context ctx) {
        answer(ctx, found(ctx));
    }

    /** Answers with a file's contents, which no browser takes for a page. */
    public void content(Context ctx) throws IOException {
        StoredFile file = found(ctx);
        try (InputStream in = store.open(file)) {
            ctx.res().setCharacterEncoding((String) null); // bytes have none
            ctx.contentType("application/octet-stream");
            ctx.header("X-Content-Type-Options", "nosniff");
            ctx.header("Content-Disposition", "attachment; filename*=UTF-8''" + encoded(file.name()));
            ctx.res().setContentLengthLong(file.bytes());
            in.transferTo(ctx.res().getOutputStream());
        }
    }

    private static String encoded(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A");
    }

    /** Deletes a file. */
    public void delete(Context ctx) {
        StoredFile file = found(ctx);
        store.delete(file);
        var json = new JsonBytes();
        json.raw("{\"id\":").string(file.id()).raw(",\"object\":\"file\",\"deleted\":true}");
        ctx.contentType("application/json").result(json.toByteArray());
    }

    /** Another caller's file is not there, so that nobody learns of it. */
    private StoredFile found(Context ctx) {
        String id = ctx.pathParam("id");
        Caller caller = Caller.of(ctx);
        return store.find(id)
                .filter(file -> caller.admin() || file.key().equals(caller.id()))
                .orElseThrow(() -> new ApiException(new Problem.FileNotFound(id)));
    }

    private static void answer(Context ctx, StoredFile file) {
        var json = new JsonBytes();
        file.writeTo(json);
        ctx.contentType("application/json").result(json.toByteArray());
    }
}
