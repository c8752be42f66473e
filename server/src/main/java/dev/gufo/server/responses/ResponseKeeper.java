package dev.gufo.server.responses;

import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * What is known of a response that is to be kept before there is an answer.
 *
 * @param key id of the caller
 * @param previous id of the response that it goes on with
 */
record ResponseKeeper(
        ResponseStore store,
        InstantSource clock,
        String id,
        String key,
        Optional<String> previous,
        List<StoredResponse.Item> input)
        implements Keeping {
    @Override
    public long held() {
        return input.stream().mapToLong(item -> item.body().length()).sum();
    }

    @Override
    public boolean keep(String body, List<StoredResponse.Item> output) {
        return store.put(new StoredResponse(id, key, clock.millis(), previous, body, input, output));
    }
}
