package dev.gufo.server.files;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.access.Caller;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.http.Fields;
import dev.gufo.server.http.InFlight;
import dev.gufo.server.http.JsonBytes;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code /v1/uploads}: files of callers that come in parts. Safe for any thread. */
public final class UploadRoutes {
    private static final int MOST_PARTS = 1_000;
    private static final Duration TIME = Duration.ofHours(1);

    private final UploadStore uploads;
    private final Exchanges exchanges;

    public UploadRoutes(FileStore store, Exchanges exchanges) {
        this.uploads = store.uploads();
        this.exchanges = exchanges;
    }

    /**
     * Begins an upload.
     *
     * @throws ApiException if it can't be begun
     * @throws IOException if the request can't be read
     */
    public void create(Context ctx) throws IOException {
        Upload upload;
        try (Exchange exchange = exchanges.enterWithoutTokens(ctx)) {
            upload = read(exchange.fields(), exchange.caller());
            exchange.computes();
            uploads.begin(upload);
        }
        answer(ctx, upload);
    }

    private Upload read(Fields fields, Caller caller) {
        String name = fields.text("filename").orElseThrow(() -> Fields.missing("filename"));
        String purpose = fields.text("purpose").orElseThrow(() -> Fields.missing("purpose"));
        if (!UploadForm.PURPOSES.contains(purpose)) {
            throw ApiException.invalid(
                    "purpose", "'purpose' must be one of %s.".formatted(String.join(", ", UploadForm.PURPOSES)));
        }
        long bytes =
                fields.integer("bytes", 1, FileStore.MOST_BYTES_OF_FILE).orElseThrow(() -> Fields.missing("bytes"));
        if (fields.text("mime_type").isEmpty()) {
            throw Fields.missing("mime_type");
        }
        long now = uploads.clock().millis();
        return new Upload(
                uploads.newId(),
                caller.id(),
                now,
                now + TIME.toMillis(),
                UploadForm.plainName(name),
                purpose,
                bytes,
                lasts(fields),
                Upload.Status.PENDING,
                "");
    }

    private static long lasts(Fields fields) {
        Optional<Fields> lasts = fields.object("expires_after");
        if (lasts.isEmpty()) {
            return 0;
        }
        if (!lasts.get().text("anchor").orElse("").equals("created_at")) {
            throw ApiException.invalid("expires_after.anchor", "'expires_after.anchor' must be created_at.");
        }
        return lasts.get()
                .integer("seconds", UploadForm.SHORTEST_SECONDS, UploadForm.LONGEST_SECONDS)
                .orElseThrow(() -> Fields.missing("expires_after.seconds"));
    }

    /**
     * Takes a part.
     *
     * @throws ApiException if it can't be taken
     * @throws IOException if it can't be read
     */
    public void part(Context ctx) throws IOException {
        Upload upload = pending(ctx);
        try (InFlight.Entry _ = exchanges.inFlight().enter()) {
            if (uploads.parts(upload).size() >= MOST_PARTS) {
                throw ApiException.invalid("data", "An upload has at most %d parts.".formatted(MOST_PARTS));
            }
            Upload.Part part = UploadForm.readPart(ctx.req(), upload, uploads);
            var json = new JsonBytes();
            json.raw("{\"id\":").string(part.id()).raw(",\"object\":\"upload.part\",\"created_at\":");
            json.number(uploads.clock().instant().getEpochSecond()).raw(",\"upload_id\":");
            json.string(upload.id()).raw("}");
            ctx.contentType("application/json").result(json.toByteArray());
        }
    }

    /**
     * Makes a file of the parts, in the order in which the request names them.
     *
     * @throws ApiException if they are not what the upload announced
     * @throws IOException if the request can't be read
     */
    public void complete(Context ctx) throws IOException {
        Upload upload = pending(ctx);
        try (Exchange exchange = exchanges.enterWithoutTokens(ctx)) {
            Fields fields = exchange.fields();
            JsonNode names = fields.array("part_ids", MOST_PARTS).orElseThrow(() -> Fields.missing("part_ids"));
            List<Upload.Part> known = new ArrayList<>(uploads.parts(upload));
            var parts = new ArrayList<Upload.Part>();
            for (int i = 0; i < names.size(); i++) {
                String id = names.get(i).asText();
                String path = "part_ids[%d]".formatted(i);
                Upload.Part part = known.stream()
                        .filter(each -> each.id().equals(id))
                        .findFirst()
                        .orElseThrow(() -> ApiException.invalid(
                                path, "'%s' must be the id of a part of this upload, once.".formatted(path)));
                known.remove(part);
                parts.add(part);
            }
            long bytes = parts.stream().mapToLong(Upload.Part::bytes).sum();
            if (bytes != upload.bytes()) {
                throw ApiException.invalid(
                        "part_ids",
                        "The parts have %d bytes together, and the upload was announced with %d."
                                .formatted(bytes, upload.bytes()));
            }
            Optional<String> md5 = fields.text("md5");
            exchange.computes();
            StoredFile file = uploads.complete(upload, parts, md5);
            answer(ctx, uploads.find(upload.id()).orElse(upload), Optional.of(file));
        }
    }

    /** Cancels an upload; its parts are gone then. */
    public void cancel(Context ctx) {
        Upload upload = pending(ctx);
        if (!uploads.cancel(upload)) {
            throw uploads.ended(upload);
        }
        answer(ctx, found(ctx));
    }

    private Upload pending(Context ctx) {
        Upload upload = found(ctx);
        if (upload.status(uploads.clock().millis()) != Upload.Status.PENDING) {
            throw uploads.ended(upload);
        }
        return upload;
    }

    /** Another caller's upload is not there, so that nobody learns of it. */
    private Upload found(Context ctx) {
        String id = ctx.pathParam("id");
        return uploads.find(id)
                .filter(upload -> upload.key().equals(Caller.of(ctx).id()))
                .orElseThrow(() -> new ApiException(new Problem.UploadNotFound(id)));
    }

    private void answer(Context ctx, Upload upload) {
        answer(ctx, upload, Optional.empty());
    }

    private void answer(Context ctx, Upload upload, Optional<StoredFile> file) {
        var json = new JsonBytes();
        upload.writeTo(json, uploads.clock().millis(), file);
        ctx.contentType("application/json").result(json.toByteArray());
    }
}
