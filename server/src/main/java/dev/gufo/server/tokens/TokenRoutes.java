package dev.gufo.server.tokens;

import dev.gufo.engine.Engine;
import dev.gufo.engine.Framing;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.ModelRole;
import dev.gufo.server.access.Caller;
import dev.gufo.server.chat.Fields;
import dev.gufo.server.chat.JsonBody;
import dev.gufo.server.chat.JsonBytes;
import dev.gufo.server.chat.ModelWait;
import dev.gufo.server.chat.TokenIds;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.health.InFlight;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import dev.gufo.tokenizer.OpenAiEncoding;
import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Counts and shows tokens: of the served models, and of OpenAI's encodings by their names. Safe for any thread. The fields are vLLM's.
 */
public final class TokenRoutes {
    /** Longest text, in characters: each may be a token, or several, and all of them are held at once. */
    private static final int MAX_CHARACTERS = 4 << 20;

    /** The same where each token comes with its text. */
    private static final int MAX_CHARACTERS_WITH_TEXTS = 512 << 10;

    private static final int CHUNK_BYTES = 64 << 10;

    private final ServedModels models;
    private final ModelWait wait;
    private final InFlight inFlight;
    private final JsonBody body;

    /** @param maxBodyBytes largest request body in bytes */
    public TokenRoutes(ServedModels models, ModelWait wait, InFlight inFlight, long maxBodyBytes) {
        this.models = models;
        this.wait = wait;
        this.inFlight = inFlight;
        this.body = new JsonBody(maxBodyBytes);
    }

    /** What is done with a model that is loaded. */
    @FunctionalInterface
    private interface Work {
        void with(ModelInUse model) throws IOException;
    }

    private void use(Context ctx, String id, Stream<String> texts, Work work) throws IOException {
        try (InFlight.Entry _ = inFlight.enter()) {
            ServedModel model = models.byId(id);
            Caller.of(ctx).requireModel(model.id());
            try (ModelInUse used = wait.await(ctx, model, false, () -> texts)) {
                work.with(used);
            }
        } catch (InterruptedException e) {
            throw inFlight.stopping();
        }
    }

    /**
     * {@code POST /v1/tokenize}.
     *
     * @throws ApiException if the request can't be taken as it is
     * @throws IOException if the request can't be read
     */
    public void tokenize(Context ctx) throws IOException {
        Fields request = body.read(ctx.req());
        String id = request.text("model").orElse("");
        String text = request.text("prompt")
                .or(() -> request.text("content"))
                .orElseThrow(() -> ApiException.invalid("prompt", "'prompt' is missing."));
        boolean special = request.flag("add_special_tokens").orElse(true);
        boolean parse = request.flag("parse_special").orElse(true);
        boolean strings = request.flag("return_token_strs").orElse(false);
        requireShort(request.text("prompt").isPresent() ? "prompt" : "content", text, strings);
        Optional<OpenAiEncoding> encoding = OpenAiEncoding.named(id);
        if (encoding.isPresent()) {
            int[] tokens = encoding.get().encode(text);
            answer(ctx, id, tokens, 0, strings ? encoding.get().pieces(tokens) : null);
            return;
        }
        use(ctx, id, Stream.of(text), model -> {
            Engine engine = model.engine();
            Rendering rendering = new Rendering(text.isEmpty() ? List.of() : List.of(new Segment(text, parse)));
            ModelInfo info = engine.model();
            int[] tokens = engine.tokenize(rendering, special ? framing(info) : Framing.NONE);
            answer(ctx, model.id(), tokens, info.contextTokens(), strings ? engine.pieces(tokens) : null);
        });
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
     * @param pieces null if they were not asked for
     */
    private static void answer(Context ctx, String model, int[] tokens, int contextTokens, byte[][] pieces)
            throws IOException {
        ctx.contentType("application/json");
        OutputStream out = ctx.res().getOutputStream();
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
            drain(json, CHUNK_BYTES, out);
        }
        json.raw("],\"token_strs\":");
        if (pieces == null) {
            json.raw("null");
        } else {
            json.raw("[");
            for (int i = 0; i < pieces.length; i++) {
                json.raw(i == 0 ? "" : ",").string(new String(pieces[i], StandardCharsets.UTF_8));
                drain(json, CHUNK_BYTES, out);
            }
            json.raw("]");
        }
        json.raw("}");
        drain(json, 0, out);
    }

    private static void drain(JsonBytes json, int kept, OutputStream out) throws IOException {
        if (json.length() > kept) {
            json.drainTo(out);
        }
    }

    /**
     * {@code POST /v1/detokenize}.
     *
     * @throws ApiException if the request can't be taken as it is
     * @throws IOException if the request can't be read
     */
    public void detokenize(Context ctx) throws IOException {
        Fields request = body.read(ctx.req());
        String id = request.text("model").orElse("");
        int[] tokens = TokenIds.read(
                request.array("tokens").orElseThrow(() -> ApiException.invalid("tokens", "'tokens' is missing.")),
                "tokens");
        Optional<OpenAiEncoding> encoding = OpenAiEncoding.named(id);
        if (encoding.isPresent()) {
            answer(ctx, pieces(encoding.get(), tokens));
            return;
        }
        use(ctx, id, Stream.empty(), model -> {
            TokenIds.requireInVocabulary(tokens, model.engine().model().vocabularySize(), "tokens");
            answer(ctx, model.engine().pieces(tokens));
        });
    }

    private static void answer(Context ctx, byte[][] pieces) {
        var bytes = new ByteArrayOutputStream();
        for (byte[] piece : pieces) {
            bytes.writeBytes(piece);
        }
        var json = new JsonBytes();
        json.raw("{\"prompt\":").string(bytes.toString(StandardCharsets.UTF_8)).raw("}");
        ctx.contentType("application/json").result(json.toByteArray());
    }

    private static byte[][] pieces(OpenAiEncoding encoding, int[] tokens) {
        try {
            return encoding.pieces(tokens);
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid("tokens", "'tokens' has an id that %s has not.".formatted(encoding.id()));
        }
    }
}
