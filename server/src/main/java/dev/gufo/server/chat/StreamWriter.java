package dev.gufo.server.chat;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes an answer as server-sent events. What all chunks of one answer have in common is encoded once; a chunk of text then
 * costs copying it with its escapes.
 */
final class StreamWriter {
    private static final String CHUNK = "chat.completion.chunk";

    private final OutputStream out;
    private final JsonBytes json = new JsonBytes();
    private final byte[] beforeChoices;
    private final byte[] beforeText;
    private final byte[] afterText;
    private final String chunkEnd;

    /**
     * @param out where to
     * @param head what every chunk repeats
     * @param includeUsage whether {@link #usage} will be called; then the other chunks say that they have none, as OpenAI's do
     */
    StreamWriter(OutputStream out, AnswerHead head, boolean includeUsage) {
        this.out = out;
        this.chunkEnd = includeUsage ? ",\"usage\":null}\n\n" : "}\n\n";
        var common = new JsonBytes().raw("data: ");
        head.writeTo(common, CHUNK);
        this.beforeChoices = common.raw(",\"choices\":[").toByteArray();
        this.beforeText = common.raw("{\"index\":0,\"delta\":{\"content\":\"").toByteArray();
        this.afterText = new JsonBytes()
                .raw("\"},\"logprobs\":null,\"finish_reason\":null}]")
                .raw(chunkEnd)
                .toByteArray();
    }

    /** The first chunk: who speaks. */
    void role() {
        json.raw(beforeChoices)
                .raw("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}")
                .raw(",\"logprobs\":null,\"finish_reason\":null}]")
                .raw(chunkEnd);
    }

    /** A chunk with the text that is ready, if there is some; takes it. */
    void text(TextAssembler text) {
        int ready = text.ready();
        if (ready > 0) {
            json.raw(beforeText).escaped(text.bytes(), ready).raw(afterText);
            text.take();
        }
    }

    /** The chunk that says why it ended. */
    void finish(String reason) {
        json.raw(beforeChoices)
                .raw("{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"")
                .raw(reason)
                .raw("\"}]")
                .raw(chunkEnd);
    }

    /** The chunk without choices that tells the usage. */
    void usage(Usage usage) {
        json.raw(beforeChoices).raw("],\"usage\":");
        usage.writeTo(json);
        json.raw("}\n\n");
    }

    /** The end of a stream that went well. */
    void done() {
        json.raw("data: [DONE]\n\n");
    }

    /** A comment that shows each side that the other is there. */
    void heartbeat() {
        json.raw(": ping\n\n");
    }

    /**
     * Sends what was written.
     *
     * @throws IOException if the client is gone
     */
    void flush() throws IOException {
        if (json.length() > 0) {
            json.drainTo(out);
            out.flush();
        }
    }
}
