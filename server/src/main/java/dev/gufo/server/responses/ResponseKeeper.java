package dev.gufo.server.responses;

import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * What is known of a response that is to be kept before there is an answer.
 *
 * @param key id of the caller
 * @param previous id of the response that it goes on with
 * @param conversation id of the one that gets input and output
 * @param stored whether the response is kept itself
 */
record ResponseKeeper(
        ResponseStore store,
        InstantSource clock,
        String id,
        String key,
        Optional<String> previous,
        Optional<String> conversation,
        boolean stored,
        List<StoredResponse.Item> input)
        implements Keeping {
    @Override
    public long held() {
        return input.stream().mapToLong(item -> item.body().length()).sum();
    }

    @Override
    public boolean keep(String body, List<StoredResponse.Item> output, boolean ended) {
        Optional<String> said = conversation.filter(_ -> ended);
        boolean put = (!stored && said.isEmpty())
                || store.put(
                        new StoredResponse(id, key, clock.millis(), previous, said, stored ? body : "", input, output));
        return put && stored;
    }
}
