package dev.gufo.server.messages;

import dev.gufo.chat.ReplyDelta;
import dev.gufo.server.answer.AnswerHead;
import dev.gufo.server.answer.AnswerWriter;
import dev.gufo.server.answer.Choice;
import dev.gufo.server.answer.ReasoningSeal;
import dev.gufo.server.answer.Usage;
import dev.gufo.server.http.Heartbeat;
import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * An answer as Anthropic's {@code message}, whole or as events. In a stream one block is open at a time: what belongs
 * to another one closes it. Belongs to the request's thread.
 *
 * @see <a href="https://docs.anthropic.com/en/docs/build-with-claude/streaming">Anthropic's streaming</a>
 */
final class MessagesWriter implements AnswerWriter {
    /** Says that a stream goes on. */
    static final Heartbeat PING = json -> event(json, "ping").raw("}\n\n");

    /** The kinds of blocks. */
    private enum Block {
        NONE,
        TEXT,
        THINKING,
        CALL
    }

    private final AnswerHead head;
    private final MessagesRequest.Telling telling;
    private final ReasoningSeal seal;
    private final StringBuilder thought = new StringBuilder(); // of the block that is open
    private Block open = Block.NONE;
    private int index = -1; // of the block that was opened last

    MessagesWriter(AnswerHead head, MessagesRequest.Telling telling, ReasoningSeal seal) {
        this.head = head;
        this.telling = telling;
        this.seal = seal;
    }

    @Override
    public void writeTo(JsonBytes json) {
        PING.writeTo(json);
    }

    @Override
    public void begin(JsonBytes json, Choice choice, Usage soFar) {
        event(json, "message_start").raw(",\"message\":");
        openMessage(json).raw(",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":");
        usage(json, soFar);
        json.raw("}}\n\n");
        PING.writeTo(json);
    }

    @Override
    public void progress(JsonBytes json, Choice choice) {
        choice.takeDeltas().forEach(delta -> write(json, delta));
    }

    private void write(JsonBytes json, ReplyDelta delta) {
        switch (delta) {
            case ReplyDelta.Content(String text) -> {
                open(json, Block.TEXT, "{\"type\":\"text\",\"text\":\"\"}");
                delta(json, "text_delta", "text", text);
            }
            case ReplyDelta.Reasoning(String text) -> {
                open(json, Block.THINKING, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}");
                thought.append(text);
                if (!telling.hidesThinking()) {
                    delta(json, "thinking_delta", "thinking", text);
                }
            }
            case ReplyDelta.CallBegin(int _, String id, String name) -> {
                close(json);
                var block = new JsonBytes();
                block.raw("{\"type\":\"tool_use\",\"id\":")
                        .string(id)
                        .raw(",\"name\":")
                        .string(name)
                        .raw(",\"input\":{}}");
                open(json, Block.CALL, block.toString());
            }
            case ReplyDelta.CallArguments(int _, String arguments) ->
                delta(json, "input_json_delta", "partial_json", arguments);
            case ReplyDelta.CallEnd _ -> close(json);
        }
    }

    private void open(JsonBytes json, Block kind, String block) {
        if (open == kind) {
            return;
        }
        close(json);
        open = kind;
        index++;
        event(json, "content_block_start")
                .raw(",\"index\":")
                .number(index)
                .raw(",\"content_block\":")
                .raw(block)
                .raw("}\n\n");
    }

    private void delta(JsonBytes json, String type, String field, String text) {
        event(json, "content_block_delta")
                .raw(",\"index\":")
                .number(index)
                .raw(",\"delta\":{\"type\":\"")
                .raw(type)
                .raw("\",\"")
                .raw(field)
                .raw("\":")
                .string(text)
                .raw("}}\n\n");
    }

    private void close(JsonBytes json) {
        if (open == Block.NONE) {
            return;
        }
        if (open == Block.THINKING) {
            delta(json, "signature_delta", "signature", signature(thought.toString()));
            thought.setLength(0);
        }
        open = Block.NONE;
        event(json, "content_block_stop").raw(",\"index\":").number(index).raw("}\n\n");
    }

    private String signature(String thinking) {
        return telling.hidesThinking() ? seal.seal(thinking) : seal.sign(thinking);
    }

    @Override
    public void finish(JsonBytes json, Choice choice) {
        progress(json, choice);
        close(json);
    }

    @Override
    public void end(JsonBytes json, List<Choice> choices, Usage usage) {
        event(json, "message_delta").raw(",\"delta\":{");
        stop(json, choices.getFirst());
        json.raw("},\"usage\":");
        usage(json, usage);
        usage.writeTimings(json);
        edits(json);
        json.raw("}\n\n");
        event(json, "message_stop").raw("}\n\n");
    }

    @Override
    public void whole(JsonBytes json, List<Choice> choices, Usage usage, OutputStream out) throws IOException {
        Choice choice = choices.getFirst();
        openMessage(json).raw(",\"content\":[");
        String comma = "";
        for (ContentBlock block : ContentBlock.of(choice.takeDeltas())) {
            json.raw(comma);
            write(json, block);
            json.drainIfLong(out);
            comma = ",";
        }
        json.raw("],");
        stop(json, choice);
        json.raw(",\"usage\":");
        usage(json, usage);
        usage.writeTimings(json);
        edits(json);
        json.raw("}");
    }

    private void write(JsonBytes json, ContentBlock block) {
        switch (block) {
            case ContentBlock.Text(String text) ->
                json.raw("{\"type\":\"text\",\"text\":").string(text);
            case ContentBlock.Thinking(String text) ->
                json.raw("{\"type\":\"thinking\",\"thinking\":")
                        .string(telling.hidesThinking() ? "" : text)
                        .raw(",\"signature\":")
                        .string(signature(text));
            case ContentBlock.Call call ->
                json.raw("{\"type\":\"tool_use\",\"id\":")
                        .string(call.id())
                        .raw(",\"name\":")
                        .string(call.name())
                        .raw(",\"input\":")
                        .raw(call.input());
        }
        json.raw("}");
    }

    private JsonBytes openMessage(JsonBytes json) {
        return json.raw("{\"id\":")
                .string(head.id())
                .raw(",\"type\":\"message\",\"role\":\"assistant\",\"model\":")
                .string(head.model());
    }

    private static void stop(JsonBytes json, Choice choice) {
        String reason = switch (choice.finishReason()) {
            case "tool_calls" -> "tool_use";
            case "length" -> "max_tokens";
            case "content_filter" -> "refusal";
            default -> choice.stopText().isEmpty() ? "end_turn" : "stop_sequence";
        };
        json.raw("\"stop_reason\":").string(reason).raw(",\"stop_sequence\":");
        if (reason.equals("stop_sequence")) {
            json.string(choice.stopText());
        } else {
            json.raw("null");
        }
    }

    /**
     * The prompt's tokens in three parts. The last one is always computed anew, so it is input in any case; what else
     * was computed is kept for the next request, which counts as written where the request marks what is to be cached,
     * and else as input.
     */
    private void usage(JsonBytes json, Usage usage) {
        int computed = usage.promptTokens() - usage.cachedTokens();
        int created = telling.marksCache() ? Math.max(0, computed - 1) : 0;
        json.raw("{\"input_tokens\":")
                .number(computed - created)
                .raw(",\"cache_creation_input_tokens\":")
                .number(created)
                .raw(",\"cache_read_input_tokens\":")
                .number(usage.cachedTokens())
                .raw(",\"output_tokens\":")
                .number(usage.completionTokens())
                .raw("}");
    }

    private void edits(JsonBytes json) {
        if (telling.edits().isEmpty()) {
            return;
        }
        json.raw(",\"context_management\":{\"applied_edits\":[");
        String comma = "";
        for (ContextEdits.Applied edit : telling.edits().get()) {
            json.raw(comma)
                    .raw("{\"type\":")
                    .string(edit.type())
                    .raw(",\"")
                    .raw(edit.counts())
                    .raw("\":")
                    .number(edit.cleared())
                    .raw(",\"cleared_input_tokens\":")
                    .number(edit.tokens())
                    .raw("}");
            comma = ",";
        }
        json.raw("]}");
    }

    /** Opens an event whose data is an object of its type. */
    private static JsonBytes event(JsonBytes json, String type) {
        return json.raw("event: ")
                .raw(type)
                .raw("\ndata: {\"type\":\"")
                .raw(type)
                .raw("\"");
    }
}
