package dev.gufo.server.tokens;

import dev.gufo.engine.Engine;
import dev.gufo.engine.Framing;
import dev.gufo.engine.ModelInfo;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.http.Fields;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.http.TokenIds;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import dev.gufo.tokenizer.OpenAiEncoding;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Counts and shows tokens: of the served models, and of OpenAI's encodings by their names. Safe for any thread. The
 * fields are vLLM's.
 */
public final class TokenRoutes {
    /** Longest text, in characters: each may be a token, or several, and all of them are held at once. */
    private static final int MAX_CHARACTERS = 4 << 20;

    /** The same where each token comes with its text. */
    private static final int MAX_CHARACTERS_WITH_TEXTS = 512 << 10;

    /** Tokens whose texts are asked for and written at once. */
    private static final int TOKENS_AT_ONCE = 4 << 10;

    private final Exchanges exchanges;
    private final Encodings encodings = new Encodings();

    /** @param exchanges how requests enter: these count as requests, and use no tokens */
    public TokenRoutes(Exchanges exchanges) {
        this.exchanges = exchanges;
    }

    /** The texts of some tokens. */
    @FunctionalInterface
    private interface Pieces {
        byte[][] of(int[] tokens) throws InterruptedException;
    }

    /**
     * {@code POST /v1/tokenize}.
     *
     * @throws ApiException if the request can't be taken as it is
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void tokenize(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enterWithoutTokens(ctx)) {
            tokenize(exchange);
        }
    }

    private void tokenize(Exchange exchange) throws IOException, InterruptedException {
        Fields request = exchange.fields();
        String id = request.text("model").orElse("");
        String field = request.text("prompt").isPresent() ? "prompt" : "content";
        String text = request.text(field).orElseThrow(() -> Fields.missing("prompt"));
        boolean special = request.flag("add_special_tokens").orElse(true);
        boolean parse = request.flag("parse_special").orElse(true);
        boolean strings = request.flag("return_token_strs").orElse(false);
        requireShort(field, text, strings);
        Optional<OpenAiEncoding> encoding = OpenAiEncoding.named(id);
        if (encoding.isPresent()) {
            exchange.computes();
            int[] tokens = encodings.encode(encoding.get(), field, text);
            Pieces pieces = some -> encodings.pieces(encoding.get(), some);
            answer(exchange, id, tokens, 0, strings ? Optional.of(pieces) : Optional.empty());
            return;
        }
        ModelInUse model = exchange.use(exchange.named(), Optional.empty(), Stream::empty);
        Rendering rendering = new Rendering(text.isEmpty() ? List.of() : List.of(new Segment(text, parse)));
        Engine engine = model.engine();
        int[] tokens = exchange.tokenizeAll(rendering, special ? framing(engine.model()) : Framing.NONE);
        Pieces pieces = engine::pieces;
        answer(
                exchange,
                model.id(),
                tokens,
                engine.model().contextTokens(),
                strings ? Optional.of(pieces) : Optional.empty());
    }

    /** What the model computes a text with: an encoder reads it as a whole. */
    private static Framing framing(ModelInfo info) {
        return info.roles().contains(ModelRole.CHAT) ? Framing.PROMPT : Framing.INPUT;
    }

    private static void requireShort(String field, String text, boolean strings) {
        int most = strings ? MAX_CHARACTERS_WITH_TEXTS : MAX_CHARACTERS;
        if (text.length() > most) {
            throw ApiException.invalid(
                    field,
                    "'%s' has %d characters; %d is the most%s."
                            .formatted(field, text.length(), most, strings ? " with return_token_strs" : ""));
        }
    }

    /**
     * Answers in parts: the whole would take many times the text.
     *
     * @param pieces empty if they were not asked for
     */
    private static void answer(
            Exchange exchange, String model, int[] tokens, int contextTokens, Optional<Pieces> pieces)
            throws IOException, InterruptedException {
        exchange.context().contentType("application/json");
        OutputStream out = exchange.context().res().getOutputStream();
        var json = new JsonBytes();
        json.raw("{\"model\":").string(model).raw(",\"count\":").number(tokens.length);
        json.raw(",\"max_model_len\":");
        if (contextTokens > 0) {
            json.number(contextTokens);
        } else {
            json.raw("null");
        }
        json.raw(",\"tokens\":[");
        for (int i = 0; i < tokens.length; i++) {
            json.raw(i == 0 ? "" : ",").number(tokens[i]);
            json.drainIfLong(out);
        }
        json.raw("],\"token_strs\":");
        if (pieces.isEmpty()) {
            json.raw("null");
        } else {
            json.raw("[");
            for (int from = 0; from < tokens.length; from += TOKENS_AT_ONCE) {
                byte[][] some = pieces.get().of(part(tokens, from));
                for (int i = 0; i < some.length; i++) {
                    json.raw(from + i == 0 ? "" : ",").string(new String(some[i], StandardCharsets.UTF_8));
                    json.drainIfLong(out);
                }
            }
            json.raw("]");
        }
        json.raw("}").drainTo(out);
    }

    private static int[] part(int[] tokens, int from) {
        return Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + TOKENS_AT_ONCE));
    }

    /**
     * {@code POST /v1/detokenize}.
     *
     * @throws ApiException if the request can't be taken as it is
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void detokenize(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enterWithoutTokens(ctx)) {
            detokenize(exchange);
        }
    }

    private void detokenize(Exchange exchange) throws IOException, InterruptedException {
        Fields request = exchange.fields();
        String id = request.text("model").orElse("");
        int[] tokens = TokenIds.read(
                request.array("tokens", TokenIds.MAX_IDS).orElseThrow(() -> Fields.missing("tokens")), "tokens");
        exchange.computes();
        Optional<OpenAiEncoding> encoding = OpenAiEncoding.named(id);
        if (encoding.isPresent()) {
            encodings.requireKnown(encoding.get(), tokens);
            answer(exchange, tokens, some -> encodings.pieces(encoding.get(), some));
            return;
        }
        ModelInUse model = exchange.use(exchange.named(), Optional.empty(), Stream::empty);
        TokenIds.requireInVocabulary(tokens, model.engine().model().vocabularySize(), "tokens");
        answer(exchange, tokens, model.engine()::pieces);
    }

    /** The text in parts; a character may begin in one and end in the next. */
    private static void answer(Exchange exchange, int[] tokens, Pieces pieces)
            throws IOException, InterruptedException {
        exchange.context().contentType("application/json");
        OutputStream out = exchange.context().res().getOutputStream();
        var json = new JsonBytes().raw("{\"prompt\":\"");
        var text = new Utf8Text();
        for (int from = 0; from < tokens.length; from += TOKENS_AT_ONCE) {
            for (byte[] piece : pieces.of(part(tokens, from))) {
                append(json, text.add(piece));
                json.drainIfLong(out);
            }
        }
        append(json, text.end());
        json.raw("\"}").drainTo(out);
    }

    private static void append(JsonBytes json, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        json.escaped(utf8, utf8.length);
    }
}
