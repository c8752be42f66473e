package dev.gufo.server.batches;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.stream.LongStream;

/**
 * A batch in Anthropic's form.
 *
 * @param origin scheme and host of the server
 */
record MessageBatch(Batch batch, String origin) {
    private static final int OK = 200;

    void writeTo(JsonBytes json) {
        BatchStatus status = batch.status();
        json.raw("{\"id\":").string(batch.id()).raw(",\"type\":\"message_batch\",\"processing_status\":");
        json.string(status.ended() ? "ended" : status == BatchStatus.CANCELLING ? "canceling" : "in_progress");
        json.raw(",\"request_counts\":");
        counts(json);
        json.raw(",\"ended_at\":");
        time(json, ended());
        json.raw(",\"created_at\":");
        time(json, batch.created());
        json.raw(",\"expires_at\":");
        time(json, batch.expires());
        json.raw(",\"archived_at\":null,\"cancel_initiated_at\":");
        time(json, since(BatchStatus.CANCELLING));
        json.raw(",\"results_url\":");
        if (status.ended()) {
            json.string("%s/v1/messages/batches/%s/results".formatted(origin, batch.id()));
        } else {
            json.raw("null");
        }
        json.raw("}");
    }

    /** All requests count as being processed until the batch has ended, as Anthropic has it. */
    private void counts(JsonBytes json) {
        boolean ended = batch.status().ended();
        int succeeded = ended ? batch.done() : 0;
        int canceled = batch.status() == BatchStatus.CANCELLED ? batch.undone() : 0;
        int expired = batch.status() == BatchStatus.EXPIRED ? batch.undone() : 0;
        json.raw("{\"processing\":").number(ended ? 0 : batch.total());
        json.raw(",\"succeeded\":").number(succeeded);
        json.raw(",\"errored\":").number(ended ? batch.total() - succeeded - canceled - expired : 0);
        json.raw(",\"canceled\":").number(canceled);
        json.raw(",\"expired\":").number(expired).raw("}");
    }

    private long since(BatchStatus status) {
        return batch.times().getOrDefault(status, 0L);
    }

    /** When it ended; 0 if it has not. */
    private long ended() {
        return LongStream.of(
                        since(BatchStatus.COMPLETED),
                        since(BatchStatus.FAILED),
                        since(BatchStatus.EXPIRED),
                        since(BatchStatus.CANCELLED))
                .max()
                .orElse(0);
    }

    private static void time(JsonBytes json, long millis) {
        if (millis == 0) {
            json.raw("null");
        } else {
            json.string(Instant.ofEpochMilli(millis).toString());
        }
    }

    /** Writes what has come of a request, as Anthropic has it. */
    static void writeResult(JsonNode line, OutputStream out) throws IOException {
        JsonNode response = line.path("response");
        var json = new JsonBytes();
        json.raw("{\"custom_id\":").string(line.path("custom_id").asText()).raw(",\"result\":{\"type\":");
        if (response.isObject()) {
            boolean good = response.path("status_code").asInt() == OK;
            json.raw(good ? "\"succeeded\",\"message\":" : "\"errored\",\"error\":");
            json.raw(response.path("body").toString());
        } else {
            boolean expired = line.at("/error/code").asText().equals(BatchResults.Undone.EXPIRED.code());
            json.raw(expired ? "\"expired\"" : "\"canceled\"");
        }
        json.raw("}}\n").drainTo(out);
    }
}
