package dev.gufo.server.responses;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A response that is kept.
 *
 * @param key id of the caller whose it is
 * @param time epoch milliseconds
 * @param previous id of the response that it goes on with
 * @param conversation id of the one that gets input and output; empty without, and if the answer did not come to its
 *     end
 * @param body JSON, as it was answered; {@code ""} if only the conversation is kept
 * @param input its own, without what it goes on with
 */
record StoredResponse(
        String id,
        String key,
        long time,
        Optional<String> previous,
        Optional<String> conversation,
        String body,
        List<Item> input,
        List<Item> output) {
    /** @param body JSON */
    record Item(String id, String body) {}

    /** Input and output together. */
    List<Item> items() {
        return Stream.concat(input.stream(), output.stream()).toList();
    }

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
