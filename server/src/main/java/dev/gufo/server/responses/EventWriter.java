package dev.gufo.server.responses;

import dev.gufo.server.error.ApiError;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.responses.OutputItem.Kind;

/** Numbers and writes the events of one stream. Belongs to the request's thread. */
final class EventWriter implements Output.Listener {
    private JsonBytes json = new JsonBytes();
    private long next;

    /** @param next number of the first event */
    EventWriter(long next) {
        this.next = next;
    }

    /** The number of the next event. */
    long next() {
        return next;
    }

    /** Has the next events written to {@code out}. */
    EventWriter to(JsonBytes out) {
        json = out;
        return this;
    }

    /** Begins an event, whose object is left open. */
    JsonBytes begin(String type) {
        return json.raw("event: ")
                .raw(type)
                .raw("\ndata: {\"type\":\"")
                .raw(type)
                .raw("\",\"sequence_number\":")
                .number(next++);
    }

    /**
     * An error: its parts as OpenAI documents them, and in an object, as OpenAI sends them and Open Responses has them.
     */
    void error(ApiError error) {
        begin("error").raw(",");
        parts(error);
        json.raw(",\"error\":{\"type\":").string(error.type()).raw(",");
        parts(error);
        json.raw("}");
        end();
    }

    private void parts(ApiError error) {
        json.raw("\"code\":")
                .string(error.code())
                .raw(",\"message\":")
                .string(error.message())
                .raw(",\"param\":null");
    }

    /** Ends the event that was begun. */
    void end() {
        json.raw("}\n\n");
    }

    private JsonBytes begin(String type, OutputItem item) {
        begin(type)
                .raw(",\"item_id\":")
                .string(item.id())
                .raw(",\"output_index\":")
                .number(item.index());
        return json;
    }

    @Override
    public void opened(OutputItem item) {
        begin("response.output_item.added")
                .raw(",\"output_index\":")
                .number(item.index())
                .raw(",\"item\":");
        item.addedTo(json);
        end();
        if (hasPart(item)) {
            part("response.content_part.added", item);
        }
    }

    @Override
    public void grown(OutputItem item, String more, String logprobs) {
        begin(of(item.kind()) + ".delta", item);
        if (hasPart(item)) {
            json.raw(",\"content_index\":0");
        }
        json.raw(",\"delta\":").string(more);
        if (item.kind() == Kind.MESSAGE) {
            json.raw(",\"logprobs\":[").raw(logprobs).raw("]");
        }
        end();
    }

    @Override
    public void closed(OutputItem item) {
        begin(of(item.kind()) + ".done", item);
        switch (item.kind()) {
            case REASONING -> json.raw(",\"content_index\":0,\"text\":").string(item.text());
            case MESSAGE ->
                json.raw(",\"content_index\":0,\"text\":")
                        .string(item.text())
                        .raw(",\"logprobs\":[")
                        .raw(item.logprobs())
                        .raw("]");
            case FUNCTION_CALL ->
                json.raw(",\"name\":")
                        .string(item.target().name())
                        .raw(",\"arguments\":")
                        .string(item.text());
            case CUSTOM_CALL -> json.raw(",\"input\":").string(item.text());
        }
        end();
        if (hasPart(item)) {
            part("response.content_part.done", item);
        }
        begin("response.output_item.done")
                .raw(",\"output_index\":")
                .number(item.index())
                .raw(",\"item\":");
        item.writeTo(json);
        end();
    }

    private void part(String type, OutputItem item) {
        begin(type, item).raw(",\"content_index\":0,\"part\":");
        item.partTo(json);
        end();
    }

    private static boolean hasPart(OutputItem item) {
        return item.kind() == Kind.MESSAGE || item.kind() == Kind.REASONING;
    }

    private static String of(Kind kind) {
        return switch (kind) {
            case REASONING -> "response.reasoning_text";
            case MESSAGE -> "response.output_text";
            case FUNCTION_CALL -> "response.function_call_arguments";
            case CUSTOM_CALL -> "response.custom_tool_call_input";
        };
    }
}
