package dev.gufo.server.completions;

import dev.gufo.chat.ReplyDelta;
import dev.gufo.engine.GenerationEvent.Candidate;
import dev.gufo.engine.GenerationEvent.Token;
import dev.gufo.server.answer.AnswerHead;
import dev.gufo.server.answer.AnswerWriter;
import dev.gufo.server.answer.Choice;
import dev.gufo.server.answer.LogprobsJson;
import dev.gufo.server.answer.Usage;
import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A text completion as OpenAI's {@code text_completion}; its chunks have the same form. */
final class CompletionWriter implements AnswerWriter {
    private final AnswerHead head;
    private final boolean logprobs;
    private final boolean includeUsage;
    private final List<String> echoes;
    private final byte[] chunkStart;
    private final String chunkEnd;
    private final int[] offsets;

    /**
     * @param logprobs whether the request asked for them
     * @param echoes by choice, the text that it begins with, possibly {@code ""}
     * @param includeUsage whether the stream's last chunk tells the usage
     */
    CompletionWriter(AnswerHead head, boolean logprobs, List<String> echoes, boolean includeUsage) {
        this.head = head;
        this.logprobs = logprobs;
        this.includeUsage = includeUsage;
        this.echoes = echoes;
        this.offsets = new int[echoes.size()];
        this.chunkEnd = includeUsage ? ",\"usage\":null}\n\n" : "}\n\n";
        var common = new JsonBytes().raw("data: ");
        head.writeTo(common, "text_completion");
        this.chunkStart = common.raw(",\"choices\":[").toByteArray();
    }

    @Override
    public void begin(JsonBytes json, Choice choice, Usage soFar) {
        // The prompt, if it is echoed, goes out with the first tokens, because its logprobs come with them.
    }

    @Override
    public void progress(JsonBytes json, Choice choice) {
        chunk(json, choice, false);
    }

    @Override
    public void finish(JsonBytes json, Choice choice) {
        chunk(json, choice, true);
    }

    private void chunk(JsonBytes json, Choice choice, boolean last) {
        List<Token> scored = scored(choice);
        String text = text(choice);
        if (!text.isEmpty() || !scored.isEmpty() || last) {
            json.raw(chunkStart);
            choice(
                    json,
                    choice,
                    choice.index(),
                    text,
                    scored,
                    last ? Optional.of(choice.finishReason()) : Optional.empty());
            json.raw("]").raw(chunkEnd);
        }
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

    @Override
    public void whole(JsonBytes json, List<Choice> choices, Usage usage, OutputStream out) throws IOException {
        head.writeTo(json, "text_completion");
        json.raw(",\"choices\":[");
        for (int i = 0; i < choices.size(); i++) {
            Choice choice = choices.get(i);
            List<Token> scored = scored(choice);
            choice(json.raw(i == 0 ? "" : ","), choice, i, text(choice), scored, Optional.of(choice.finishReason()));
            json.drainTo(out);
        }
        json.raw("],\"usage\":");
        usage.writeTo(json);
        usage.writeTimings(json);
        json.raw("}");
    }

    private void choice(
            JsonBytes json, Choice choice, int index, String text, List<Token> scored, Optional<String> finishReason) {
        json.raw("{\"text\":").string(text).raw(",\"index\":").number(index).raw(",\"logprobs\":");
        if (logprobs) {
            logprobs(json, choice, scored);
        } else {
            json.raw("null");
        }
        json.raw(",\"finish_reason\":");
        finishReason.ifPresentOrElse(json::string, () -> json.raw("null"));
        json.raw("}");
    }

    /** The prompt's tokens come once, in front of the first ones of the answer. */
    private List<Token> scored(Choice choice) {
        List<Token> scored = new ArrayList<>();
        if (logprobs && offsets[choice.index()] == 0) {
            scored.addAll(choice.prompt());
        }
        scored.addAll(choice.takeScored());
        return scored;
    }

    private String text(Choice choice) {
        var text = new StringBuilder(choice.takeEcho() ? echoes.get(choice.index()) : "");
        for (ReplyDelta delta : choice.takeDeltas()) {
            if (delta instanceof ReplyDelta.Content(String more)) {
                text.append(more);
            }
        }
        return text.toString();
    }

    /** OpenAI's older form: a column for each kind of value. */
    private void logprobs(JsonBytes json, Choice choice, List<Token> scored) {
        var tokens = new JsonBytes();
        var values = new JsonBytes();
        var tops = new JsonBytes();
        var starts = new JsonBytes();
        for (int i = 0; i < scored.size(); i++) {
            Token token = scored.get(i);
            String text = LogprobsJson.text(token.piece());
            String comma = i == 0 ? "" : ",";
            tokens.raw(comma).string(text);
            starts.raw(comma).number(offsets[choice.index()]);
            offsets[choice.index()] += text.length();
            values.raw(comma);
            tops.raw(comma);
            if (token.logprobs().isEmpty()) { // the first token of a prompt follows nothing
                values.raw("null");
                tops.raw("null");
            } else {
                values.raw(LogprobsJson.number(token.logprobs().get().chosen()));
                top(tops, token.logprobs().get().top());
            }
        }
        json.raw("{\"tokens\":[")
                .raw(tokens.toByteArray())
                .raw("],\"token_logprobs\":[")
                .raw(values.toByteArray())
                .raw("],\"top_logprobs\":[")
                .raw(tops.toByteArray())
                .raw("],\"text_offset\":[")
                .raw(starts.toByteArray())
                .raw("]}");
    }

    /** An object by text, so of two tokens with the same text the likelier one. */
    private static void top(JsonBytes json, List<Candidate> candidates) {
        Set<String> seen = new HashSet<>();
        json.raw("{");
        for (Candidate candidate : candidates) {
            String text = LogprobsJson.text(candidate.piece());
            if (seen.add(text)) {
                json.raw(seen.size() == 1 ? "" : ",")
                        .string(text)
                        .raw(":")
                        .raw(LogprobsJson.number(candidate.logprob()));
            }
        }
        json.raw("}");
    }
}
