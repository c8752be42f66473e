package dev.gufo.server.responses;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gufo.server.access.Caller;
import dev.gufo.server.answer.Answers;
import dev.gufo.server.answer.Turn;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.http.Fields;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.http.Metadata;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.List;

/** {@code /v1/conversations}: items that are kept in a row, for responses to go on with. Safe for any thread. */
public final class ConversationRoutes {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MILLIS = 1_000;

    private final Exchanges exchanges;
    private final ResponseMaking making;
    private final ResponseStore store;

    ConversationRoutes(Exchanges exchanges, ResponseMaking making, ResponseStore store) {
        this.exchanges = exchanges;
        this.making = making;
        this.store = store;
    }

    private Answers answers() {
        return making.answers();
    }

    /** Makes a conversation, with its first items if there are any. */
    public void create(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enterWithoutTokens(ctx)) {
            List<StoredResponse.Item> items = items(exchange);
            String metadata = Metadata.of(exchange.fields()).toString();
            exchange.computes();
            var made = new ConversationTable.Kept(
                    answers().id("conv_"), answers().clock().millis(), 0, metadata);
            store.create(made, exchange.caller().id(), items);
            answer(ctx, made);
        }
    }

    private List<StoredResponse.Item> items(Exchange exchange) throws InterruptedException {
        List<JsonNode> read = InputReader.items(
                exchange.fields().array("items", Turn.MAX_MESSAGES), making.seal(), making.kept(exchange));
        return read.stream().map(item -> InputItems.kept(item, answers()::id)).toList();
    }

    /** Answers with a conversation, without its items. */
    public void one(Context ctx) throws InterruptedException {
        answer(ctx, found(ctx));
    }

    /** Puts other metadata in the place of a conversation's. */
    public void update(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enterWithoutTokens(ctx)) {
            String metadata = Metadata.of(exchange.fields()).toString();
            exchange.computes();
            ConversationTable.Kept there = found(ctx);
            store.describe(there.id(), exchange.caller().id(), metadata);
            answer(ctx, found(ctx));
        }
    }

    /** Deletes a conversation with its items; responses that were made with it stay. */
    public void delete(Context ctx) throws InterruptedException {
        String id = found(ctx).id();
        store.deleteConversation(id, Caller.of(ctx).id());
        ctx.contentType("application/json")
                .result(JsonNodeFactory.instance
                        .objectNode()
                        .put("id", id)
                        .put("object", "conversation.deleted")
                        .put("deleted", true)
                        .toString());
    }

    /** Appends items, and answers with them. */
    public void append(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enterWithoutTokens(ctx)) {
            List<StoredResponse.Item> items = items(exchange);
            if (items.isEmpty()) {
                throw exchange.fields().any("items").isPresent()
                        ? ApiException.invalid("items", "'items' must have at least one item.")
                        : Fields.missing("items");
            }
            exchange.computes();
            String id = found(ctx).id();
            store.append(id, exchange.caller().id(), items);
            ctx.contentType("application/json").result(ItemPage.json(items, false));
        }
    }

    /** Lists the items, the last one first unless asked otherwise. */
    public void items(Context ctx) throws InterruptedException {
        ItemPage.answer(ctx, store.items(found(ctx).id()));
    }

    /** Answers with one item. */
    public void item(Context ctx) throws InterruptedException {
        String item = ctx.pathParam("item");
        ctx.contentType("application/json").result(store.item(found(ctx), item).orElseThrow(() -> noItem(item)));
    }

    /** Deletes one item, and answers with the conversation. */
    public void deleteItem(Context ctx) throws InterruptedException {
        ConversationTable.Kept conversation = found(ctx);
        String item = ctx.pathParam("item");
        if (!store.deleteItem(conversation.id(), Caller.of(ctx).id(), item)) {
            throw noItem(item);
        }
        answer(ctx, conversation);
    }

    private ConversationTable.Kept found(Context ctx) throws InterruptedException {
        String id = ctx.pathParam("id");
        return store.conversation(id, Caller.of(ctx).id())
                .orElseThrow(() -> new ApiException(new Problem.ConversationNotFound(id)));
    }

    private static ApiException noItem(String item) {
        return new ApiException(new Problem.ItemNotFound(item));
    }

    private static void answer(Context ctx, ConversationTable.Kept conversation) {
        var json = new JsonBytes();
        json.raw("{\"id\":")
                .string(conversation.id())
                .raw(",\"object\":\"conversation\",\"created_at\":")
                .number(conversation.created() / MILLIS)
                .raw(",\"metadata\":")
                .raw(metadata(conversation).toString())
                .raw("}");
        ctx.contentType("application/json").result(json.toByteArray());
    }

    private static ObjectNode metadata(ConversationTable.Kept conversation) {
        try {
            return (ObjectNode) JSON.readTree(conversation.metadata());
        } catch (JsonProcessingException e) {
            throw new AssertionError("what we wrote can be read", e);
        }
    }
}
