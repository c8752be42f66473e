package dev.gufo.server.responses;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * What a caller has had kept.
 *
 * @param store empty if nothing is kept here
 * @param key id of the caller
 * @param mostBytes of a history
 * @param room takes memory for so many bytes, or throws
 */
record Kept(Optional<ResponseStore> store, String key, long mostBytes, LongConsumer room) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What a byte of JSON takes of the heap when it is read. */
    private static final long HEAP_BYTES = 4;

    /** Nothing. */
    static final Kept NOTHING = new Kept(Optional.empty(), "", 0, _ -> {});

    /**
     * The items of a response and of all that it goes on with, oldest first.
     *
     * @throws ApiException if they are not all here, or too much
     */
    List<JsonNode> history(String id) throws InterruptedException {
        String field = "previous_response_id";
        if (store.isEmpty()) {
            throw ApiException.unsupported(field, "'%s' is not supported: nothing is kept here.".formatted(field));
        }
        ResponseTable.History history = store.get()
                .history(id, key, mostBytes)
                .orElseThrow(() -> ApiException.invalid(field, "There is no response '%s'.".formatted(id)));
        if (!history.complete()) {
            throw ApiException.invalid(
                    field, "The response '%s' goes on with one that is no longer here.".formatted(id));
        }
        if (history.bytes() > mostBytes) {
            throw ApiException.invalid(
                    field, "What the response '%s' goes on with is larger than %d bytes.".formatted(id, mostBytes));
        }
        if (store.get().unfinished(id)) {
            throw ApiException.invalid(field, "The response '%s' has not ended yet.".formatted(id));
        }
        room.accept(HEAP_BYTES * history.bytes());
        var items = new ArrayList<JsonNode>(history.items().size());
        for (String item : history.items()) {
            items.add(parsed(item));
        }
        return items;
    }

    /**
     * The items of a conversation, oldest first.
     *
     * @throws ApiException if it is not here, or too much
     */
    List<JsonNode> conversation(String id) throws InterruptedException {
        String field = "conversation";
        if (store.isEmpty()) {
            throw ApiException.unsupported(field, "'%s' is not supported: nothing is kept here.".formatted(field));
        }
        ConversationTable.Kept conversation = store.get()
                .conversation(id, key)
                .orElseThrow(() -> new ApiException(new Problem.ConversationNotFound(id)));
        if (conversation.bytes() > mostBytes) {
            throw ApiException.invalid(
                    field, "The conversation '%s' is larger than %d bytes.".formatted(id, mostBytes));
        }
        room.accept(HEAP_BYTES * conversation.bytes());
        var items = new ArrayList<JsonNode>();
        for (StoredResponse.Item item : store.get().items(id)) {
            items.add(parsed(item.body()));
        }
        return items;
    }

    /** The item of this id. */
    Optional<JsonNode> item(String id) throws InterruptedException {
        return store.isEmpty() ? Optional.empty() : store.get().item(id, key).map(Kept::parsed);
    }

    private static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError("what we wrote can be read", e);
        }
    }
}
