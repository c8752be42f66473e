package dev.gufo.server.responses;

import java.util.List;
import java.util.Optional;

/**
 * A response that is kept.
 *
 * @param key id of the caller whose it is
 * @param time epoch milliseconds
 * @param previous id of the response that it goes on with
 * @param body JSON, as it was answered
 * @param input its own, without what it goes on with
 */
record StoredResponse(
        String id, String key, long time, Optional<String> previous, String body, List<Item> input, List<Item> output) {
    /** @param body JSON */
    record Item(String id, String body) {}

    /** About what it takes of a heap and of a database. */
    long bytes() {
        long items = 0;
        for (Item item : input) {
            items += item.body().length();
        }
        for (Item item : output) {
            items += item.body().length();
        }
        return body.length() + items;
    }
}
