package dev.gufo.server.usage;

import java.util.List;

/**
 * What was used.
 *
 * @param query what was asked
 * @param rows one for each group that has requests, sorted by their groups
 */
public record UsageReport(UsageQuery query, List<Row> rows) {
    public UsageReport {
        rows = List.copyOf(rows);
    }

    /**
     * What a row is about; {@code ""} where the question does not tell apart, and for requests without a key.
     *
     * @param day in UTC, such as {@code 2026-01-31}
     */
    public record Names(String day, String keyId, String keyName, String model, String endpoint) {
        Names day(String value) {
            return new Names(value, keyId, keyName, model, endpoint);
        }

        Names key(String id, String name) {
            return new Names(day, id, name, model, endpoint);
        }

        Names model(String value) {
            return new Names(day, keyId, keyName, value, endpoint);
        }

        Names endpoint(String value) {
            return new Names(day, keyId, keyName, model, value);
        }
    }

    /**
     * Numbers of any count of requests.
     *
     * @param requests all that have a row: those that were accepted, and those that a content policy blocked
     * @param open those that still run; their tokens are those of their last checkpoint
     * @param completed those that the client got whole
     */
    public record Sums(
            long requests,
            long open,
            long completed,
            long promptTokens,
            long cachedTokens,
            long completionTokens,
            long reasoningTokens,
            long queueMillis,
            long prefillMillis,
            long decodeMillis) {
        static final Sums NONE = new Sums(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

        Sums plus(Sums other) {
            return new Sums(
                    requests + other.requests,
                    open + other.open,
                    completed + other.completed,
                    promptTokens + other.promptTokens,
                    cachedTokens + other.cachedTokens,
                    completionTokens + other.completionTokens,
                    reasoningTokens + other.reasoningTokens,
                    queueMillis + other.queueMillis,
                    prefillMillis + other.prefillMillis,
                    decodeMillis + other.decodeMillis);
        }
    }

    /** One group. */
    public record Row(Names names, Sums sums) {}

    /** All rows together. */
    public Sums total() {
        return rows.stream().map(Row::sums).reduce(Sums.NONE, Sums::plus);
    }
}
