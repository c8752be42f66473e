package dev.gufo.server.answer;

import dev.gufo.engine.Reuse;
import dev.gufo.server.http.JsonBytes;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * How an answer came about: how long its stages took, and what of its prompt was computed before.
 *
 * @param queue until the model began with it
 * @param load while the model was being loaded
 * @param prefill from there to the first token
 * @param decode from there to the last one
 * @param promptTokens of its first prompt
 * @param cachedTokens of those, what was computed before
 * @param reuse where that was, and why it was not more
 * @param message the place in the request's messages of what is not cached; empty if it is in none, or not known
 */
public record AnswerTimings(
        Duration queue,
        Duration load,
        Duration prefill,
        Duration decode,
        int promptTokens,
        int cachedTokens,
        Reuse reuse,
        OptionalInt message) {
    void writeTo(JsonBytes json) {
        json.raw("{\"queue_ms\":").raw(millis(queue));
        json.raw(",\"load_ms\":").raw(millis(load));
        json.raw(",\"prefill_ms\":").raw(millis(prefill));
        json.raw(",\"decode_ms\":").raw(millis(decode));
        json.raw(",\"cached_tokens\":{\"slot\":").number(cached(Reuse.Tier.SLOT));
        json.raw(",\"memory\":").number(cached(Reuse.Tier.MEMORY));
        json.raw(",\"disk\":").number(cached(Reuse.Tier.DISK));
        json.raw("},\"cache_stop\":");
        if (reuse.stop() == Reuse.Stop.END) {
            json.raw("null}");
            return;
        }
        json.raw("{\"token\":").number(cachedTokens).raw(",\"message\":");
        if (message.isPresent()) {
            json.number(message.getAsInt());
        } else {
            json.raw("null");
        }
        json.raw(",\"reason\":").string(reason(reuse.stop())).raw("}}");
    }

    private static String reason(Reuse.Stop stop) {
        return switch (stop) {
            case END -> "end";
            case DIFFERENT_TEXT -> "different text";
            case NOTHING_KEPT -> "nothing kept";
            case EVICTED -> "evicted";
            case OTHER_ADAPTER -> "other adapter";
            case NO_CHECKPOINT -> "no checkpoint";
            case TOO_LITTLE -> "too little to copy";
            case NOT_USED -> "not used";
        };
    }

    private int cached(Reuse.Tier tier) {
        return reuse.tier() == tier ? cachedTokens : 0;
    }

    /**
     * The value of a {@code Server-Timing} header.
     *
     * @see <a href="https://www.w3.org/TR/server-timing/">Server Timing, W3C</a>
     */
    String header() {
        return "queue;dur=%s, load;dur=%s, prefill;dur=%s, decode;dur=%s, cache;desc=\"slot %d, memory %d, disk %d of %d tokens\""
                .formatted(
                        millis(queue),
                        millis(load),
                        millis(prefill),
                        millis(decode),
                        cached(Reuse.Tier.SLOT),
                        cached(Reuse.Tier.MEMORY),
                        cached(Reuse.Tier.DISK),
                        promptTokens);
    }

    private static String millis(Duration time) {
        return String.format(Locale.ROOT, "%.1f", time.toNanos() / 1e6);
    }
}
