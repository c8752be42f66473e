package dev.gufo.server.batches;

import dev.gufo.server.http.JsonBytes;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A batch as its row tells of it.
 *
 * @param key id of the caller whose it is
 * @param created epoch milliseconds
 * @param expires likewise
 * @param lasts seconds that its files stay; 0 as long as any
 * @param metadata JSON; {@code ""} without
 * @param model {@code ""} until that is known, or if lines name several
 * @param errors JSON array; {@code ""} if there are none
 * @param outputFile id; {@code ""} without
 * @param errorFile likewise
 * @param times since when it is, or was, something: epoch milliseconds, 0 for what it never was
 * @param total lines
 * @param done those that were answered
 * @param wrong those that failed
 * @param undone those of the failed that were never run: the batch was cancelled, or its time was over
 * @param used by all of them
 */
record Batch(
        String id,
        String key,
        long created,
        long expires,
        String endpoint,
        String inputFile,
        long lasts,
        String metadata,
        BatchStatus status,
        String model,
        String errors,
        String outputFile,
        String errorFile,
        Map<BatchStatus, Long> times,
        int total,
        int done,
        int wrong,
        int undone,
        LineTokens used) {
    private static final long MILLIS = 1_000;

    /** A batch that has just been made: nothing has come of it yet. */
    static Batch made(
            String id,
            String key,
            long now,
            Duration window,
            String endpoint,
            String file,
            long lasts,
            String metadata) {
        var notYet = new EnumMap<BatchStatus, Long>(BatchStatus.class);
        for (BatchStatus status : BatchStatus.values()) {
            if (status.time().isPresent()) {
                notYet.put(status, 0L);
            }
        }
        return new Batch(
                id,
                key,
                now,
                now + window.toMillis(),
                endpoint,
                file,
                lasts,
                metadata,
                BatchStatus.VALIDATING,
                "",
                "",
                "",
                "",
                notYet,
                0,
                0,
                0,
                0,
                LineTokens.NONE);
    }

    /** The same with lines that have been checked already, so that they can be run. */
    Batch checked(String itsModel, int lines) {
        var since = new EnumMap<BatchStatus, Long>(times);
        since.put(BatchStatus.IN_PROGRESS, created);
        return new Batch(
                id,
                key,
                created,
                expires,
                endpoint,
                inputFile,
                lasts,
                metadata,
                BatchStatus.IN_PROGRESS,
                itsModel,
                errors,
                outputFile,
                errorFile,
                since,
                lines,
                done,
                wrong,
                undone,
                used);
    }

    /** The files that have come of it, good lines first. */
    List<String> results() {
        return List.of(outputFile, errorFile).stream()
                .filter(id -> !id.isEmpty())
                .toList();
    }

    /** As clients see it. */
    void writeTo(JsonBytes json) {
        json.raw("{\"id\":")
                .string(id)
                .raw(",\"object\":\"batch\",\"endpoint\":")
                .string(endpoint);
        json.raw(",\"model\":");
        text(json, model);
        json.raw(",\"errors\":");
        json.raw(errors.isEmpty() ? "null" : "{\"object\":\"list\",\"data\":" + errors + "}");
        json.raw(",\"input_file_id\":").string(inputFile).raw(",\"completion_window\":\"24h\",\"status\":");
        json.string(status.word()).raw(",\"output_file_id\":");
        text(json, outputFile);
        json.raw(",\"error_file_id\":");
        text(json, errorFile);
        json.raw(",\"created_at\":").number(created / MILLIS);
        json.raw(",\"expires_at\":").number(expires / MILLIS);
        times.forEach((status, time) -> status.time().ifPresent(name -> {
            json.raw(",").string(name).raw(":");
            json.raw(time == 0 ? "null" : Long.toString(time / MILLIS));
        }));
        json.raw(",\"request_counts\":{\"total\":").number(total);
        json.raw(",\"completed\":").number(done).raw(",\"failed\":").number(wrong);
        json.raw("},\"usage\":{\"input_tokens\":").number(used.input());
        json.raw(",\"input_tokens_details\":{\"cached_tokens\":").number(used.cached());
        json.raw("},\"output_tokens\":").number(used.output());
        json.raw(",\"output_tokens_details\":{\"reasoning_tokens\":").number(used.reasoning());
        json.raw("},\"total_tokens\":").number(used.input() + used.output());
        json.raw("},\"metadata\":").raw(metadata.isEmpty() ? "null" : metadata).raw("}");
    }

    private static void text(JsonBytes json, String value) {
        if (value.isEmpty()) {
            json.raw("null");
        } else {
            json.string(value);
        }
    }
}
