package dev.gufo.server.answer;

import dev.gufo.engine.GenerationEvent.Candidate;
import dev.gufo.engine.GenerationEvent.Logprobs;
import dev.gufo.engine.GenerationEvent.Token;
import dev.gufo.server.http.JsonBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Logprobs as OpenAI's chat format writes them.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/chat/object">the chat completion object,
 *     {@code logprobs}</a>
 */
public final class LogprobsJson {
    /** What stands for an impossible token: JSON has no infinity. */
    private static final float LEAST = -9999f;

    private LogprobsJson() {}

    /** {@code {"content": […], "refusal": null}}. */
    public static void write(JsonBytes json, List<Token> tokens) {
        json.raw("{\"content\":[");
        writeElements(json, tokens);
        json.raw("],\"refusal\":null}");
    }

    /** The tokens with commas between. */
    public static void writeElements(JsonBytes json, List<Token> tokens) {
        for (int i = 0; i < tokens.size(); i++) {
            token(json.raw(i == 0 ? "" : ","), tokens.get(i));
        }
    }

    /** The same, in parts as it is made. */
    public static void write(JsonBytes json, List<Token> tokens, OutputStream out) throws IOException {
        json.raw("{\"content\":[");
        for (int i = 0; i < tokens.size(); i++) {
            token(json.raw(i == 0 ? "" : ","), tokens.get(i));
            json.drainIfLong(out);
        }
        json.raw("],\"refusal\":null}");
    }

    private static void token(JsonBytes json, Token token) {
        Logprobs logprobs = token.logprobs().orElseThrow();
        entry(json, token.piece(), logprobs.chosen());
        json.raw(",\"top_logprobs\":[");
        for (int c = 0; c < logprobs.top().size(); c++) {
            Candidate candidate = logprobs.top().get(c);
            entry(json.raw(c == 0 ? "" : ","), candidate.piece(), candidate.logprob());
            json.raw("}");
        }
        json.raw("]}");
    }

    /** Without the closing brace. */
    private static void entry(JsonBytes json, byte[] piece, float logprob) {
        json.raw("{\"token\":")
                .string(text(piece))
                .raw(",\"logprob\":")
                .raw(number(logprob))
                .raw(",\"bytes\":[");
        for (int i = 0; i < piece.length; i++) {
            json.raw(i == 0 ? "" : ",").number(piece[i] & 0xFF);
        }
        json.raw("]");
    }

    /** A piece as text; what is no UTF-8 becomes U+FFFD. */
    public static String text(byte[] piece) {
        return new String(piece, StandardCharsets.UTF_8);
    }

    /** A logprob as a JSON number. */
    public static String number(float logprob) {
        return Float.toString(Math.max(logprob, LEAST));
    }
}
