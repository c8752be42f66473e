package dev.gufo.server.chat;

import dev.gufo.chat.ReplyDelta;
import dev.gufo.engine.GenerationEvent.Token;
import dev.gufo.server.answer.AnswerHead;
import dev.gufo.server.answer.AnswerWriter;
import dev.gufo.server.answer.Choice;
import dev.gufo.server.answer.LogprobsJson;
import dev.gufo.server.answer.Usage;
import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/** A chat answer as OpenAI's {@code chat.completion} and {@code chat.completion.chunk}. */
final class ChatWriter implements AnswerWriter {
    private static final String CHUNK = "chat.completion.chunk";

    private final AnswerHead head;
    private final boolean logprobs;
    private final boolean includeUsage;
    private final byte[] chunkStart;
    private final String chunkEnd;

    /**
     * @param logprobs whether the request asked for them
     * @param includeUsage whether the stream's last chunk tells the usage; then the others say that they have none, as
     *     OpenAI's do
     */
    ChatWriter(AnswerHead head, boolean logprobs, boolean includeUsage) {
        this.head = head;
        this.logprobs = logprobs;
        this.includeUsage = includeUsage;
        this.chunkEnd = includeUsage ? ",\"usage\":null}\n\n" : "}\n\n";
        var common = new JsonBytes().raw("data: ");
        head.writeTo(common, CHUNK);
        this.chunkStart = common.raw(",\"choices\":[").toByteArray();
    }

    @Override
    public void begin(JsonBytes json, Choice choice, Usage soFar) {
        chunk(json, choice, "\"role\":\"assistant\",\"content\":\"\",\"refusal\":null", List.of(), "null");
    }

    @Override
    public void progress(JsonBytes json, Choice choice) {
        List<Token> scored = choice.takeScored();
        for (ReplyDelta delta : choice.takeDeltas()) {
            Optional<String> fields = fields(delta);
            if (fields.isPresent()) {
                chunk(json, choice, fields.get(), scored, "null");
                scored = List.of();
            }
        }
        if (!scored.isEmpty()) {
            chunk(json, choice, "\"content\":\"\"", scored, "null");
        }
    }

    @Override
    public void finish(JsonBytes json, Choice choice) {
        progress(json, choice);
        chunk(json, choice, "", List.of(), "\"" + choice.finishReason() + "\"");
    }

    @Override
    public void end(JsonBytes json, List<Choice> choices, Usage usage) {
        if (includeUsage || usage.timings().isPresent()) {
            json.raw(chunkStart).raw("]");
            if (includeUsage) {
                usage.writeTo(json.raw(",\"usage\":"));
            }
            usage.writeTimings(json);
            json.raw("}\n\n");
        }
        json.raw("data: [DONE]\n\n");
    }

    private void chunk(JsonBytes json, Choice choice, String delta, List<Token> scored, String finishReason) {
        json.raw(chunkStart)
                .raw("{\"index\":")
                .number(choice.index())
                .raw(",\"delta\":{")
                .raw(delta)
                .raw("},\"logprobs\":");
        if (scored.isEmpty()) {
            json.raw("null");
        } else {
            LogprobsJson.write(json, scored);
        }
        json.raw(",\"finish_reason\":").raw(finishReason).raw("}]").raw(chunkEnd);
    }

    /** The fields of a delta object; none for the end of a call, which OpenAI's chunks do not tell. */
    private static Optional<String> fields(ReplyDelta delta) {
        var json = new JsonBytes();
        switch (delta) {
            case ReplyDelta.Content(String text) -> json.raw("\"content\":").string(text);
            case ReplyDelta.Reasoning(String text) ->
                json.raw("\"reasoning_content\":").string(text);
            case ReplyDelta.CallBegin(int index, String id, String name) -> {
                json.raw("\"tool_calls\":[{\"index\":").number(index).raw(",");
                call(json, id, name, "");
                json.raw("]");
            }
            case ReplyDelta.CallArguments(int index, String arguments) ->
                json.raw("\"tool_calls\":[{\"index\":")
                        .number(index)
                        .raw(",\"function\":{\"arguments\":")
                        .string(arguments)
                        .raw("}}]");
            case ReplyDelta.CallEnd _ -> {
                return Optional.empty();
            }
        }
        return Optional.of(json.toString());
    }

    private static void call(JsonBytes json, String id, String name, String arguments) {
        json.raw("\"id\":")
                .string(id)
                .raw(",\"type\":\"function\",\"function\":{\"name\":")
                .string(name)
                .raw(",\"arguments\":")
                .string(arguments)
                .raw("}}");
    }

    @Override
    public void whole(JsonBytes json, List<Choice> choices, Usage usage, OutputStream out) throws IOException {
        head.writeTo(json, "chat.completion");
        json.raw(",\"choices\":[");
        for (Choice choice : choices) {
            json.raw(choice.index() == 0 ? "" : ",").raw("{\"index\":").number(choice.index());
            json.raw(",\"message\":{\"role\":\"assistant\",");
            message(json, Message.of(choice.takeDeltas()));
            json.raw(",\"refusal\":null},\"logprobs\":");
            if (logprobs) {
                LogprobsJson.write(json, choice.takeScored(), out);
            } else {
                json.raw("null");
            }
            json.raw(",\"finish_reason\":").string(choice.finishReason()).raw("}");
            json.drainIfLong(out);
        }
        json.raw("],\"usage\":");
        usage.writeTo(json);
        usage.writeTimings(json);
        json.raw("}");
    }

    private static void message(JsonBytes json, Message message) {
        json.raw("\"content\":");
        if (message.content().isEmpty() && !message.calls().isEmpty()) {
            json.raw("null");
        } else {
            json.string(message.content());
        }
        if (!message.reasoning().isEmpty()) {
            json.raw(",\"reasoning_content\":").string(message.reasoning());
        }
        if (!message.calls().isEmpty()) {
            json.raw(",\"tool_calls\":[");
            for (int i = 0; i < message.calls().size(); i++) {
                Message.Call call = message.calls().get(i);
                call(json.raw(i == 0 ? "{" : ",{"), call.id(), call.name(), call.arguments());
            }
            json.raw("]");
        }
    }
}
