package dev.gufo.server.chat;

import dev.gufo.chat.ChatFormat;
import dev.gufo.chat.IdSource;
import dev.gufo.chat.ReplyReader;
import dev.gufo.chat.ToolSyntax;
import dev.gufo.engine.Constraint;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.server.access.Caller;
import dev.gufo.engine.ModelRole;
import dev.gufo.server.chat.Prompts.Prompt;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.health.InFlight;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** {@code POST /v1/chat/completions}, from the body to the last event. Safe for any thread; each request stays on its own. */
public final class ChatRoute {
    private final Limits limits;
    private final ServedModels models;
    private final InFlight inFlight;
    private final Clock clock;
    private final Supplier<RandomGenerator> random;
    private final JsonBody body;
    private final Prompts prompts;
    private final Requests requests;

    /**
     * What the operator sets for this route.
     *
     * @param maxBodyBytes largest request body in bytes, up to 1 GiB
     * @param strictContext refuses a {@code max_tokens} that the context has no room for, instead of stopping early
     * @param heartbeat after this much silence a stream gets a comment, and a client is checked for being there
     */
    public record Limits(long maxBodyBytes, boolean strictContext, Duration heartbeat) {}

    /**
     * @param clock for {@code created} and for templates
     * @param random a generator that the calling thread may use: for ids, and seeds where the request has none
     */
    public ChatRoute(
            Limits limits, ServedModels models, InFlight inFlight, Clock clock, Supplier<RandomGenerator> random) {
        this.limits = limits;
        this.models = models;
        this.inFlight = inFlight;
        this.clock = clock;
        this.random = random;
        this.body = new JsonBody(limits.maxBodyBytes());
        this.requests = new Requests(limits.strictContext(), random);
        this.prompts = new Prompts(clock);
        models.all().forEach(model -> model.chatTemplate().ifPresent(source -> prompts.prepare(model.id(), source)));
    }

    /**
     * Answers one request.
     *
     * @throws ApiException if the request can't be taken as it is, or the server is being stopped
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it, also after the first events are out
     * @throws dev.gufo.template.TemplateException if the model's template refuses the messages
     * @throws IOException if the request can't be read
     */
    public void complete(Context ctx) throws IOException {
        try (InFlight.Entry _ = inFlight.enter()) {
            ChatRequest request = ChatRequest.read(body.read(ctx.req()));
            ServedModel model = models.byId(request.model());
            Caller.of(ctx).requireModel(model.id());
            model.requireReady();
            ModelInfo info = model.requireRole(ModelRole.CHAT);
            Prompt prompt = prompts.render(model, info, request.conversation(), request.beginning());
            Optional<Constraint> constraint = AnswerConstraint.of(
                    request.shape(), request.tools(), prompt.format(), prompt.startsInReasoning());
            int[] tokens = model.engine().tokenize(prompt.rendering());
            if (tokens.length == 0) {
                throw ApiException.invalid(
                        "messages", "The model's chat template makes an empty prompt of these messages.");
            }
            List<GenerationRequest> jobs = requests.of(
                    request.answer(), info, tokens, new Requests.Extras(request.topLogprobs(), false, constraint));
            var head = new AnswerHead(
                    "chatcmpl-" + randomHex(), clock.instant().getEpochSecond(), model.id(), info.fingerprint());
            AnswerFields answer = request.answer();
            var writer = new ChatWriter(head, request.topLogprobs() >= 0, answer.includeUsage());
            List<Choice> choices = choices(request, prompt);
            try (Generations generations = Generations.start(model.engine(), jobs)) {
                var answering = new Answering(ctx, generations, choices, writer, limits.heartbeat());
                if (answer.stream()) {
                    answering.stream(tokens.length, answer.includeUsage());
                } else {
                    answering.whole(tokens.length, all -> all);
                }
            }
        } catch (InterruptedException e) {
            // Only the end of a drain interrupts a request.
            throw inFlight.stopping();
        }
    }

    /** Answers with the number of tokens that the prompt of a chat request would have. */
    public void inputTokens(Context ctx) throws IOException {
        ChatRequest request = ChatRequest.read(body.read(ctx.req()));
        ServedModel model = models.byId(request.model());
        Caller.of(ctx).requireModel(model.id());
        model.requireReady();
        Prompt prompt = prompts.render(model, model.requireRole(ModelRole.CHAT), request.conversation(), request.beginning());
        int tokens = model.engine().tokenize(prompt.rendering()).length;
        var json = new JsonBytes();
        json.raw("{\"object\":\"response.input_tokens\",\"model\":")
                .string(model.id())
                .raw(",\"input_tokens\":")
                .number(tokens)
                .raw("}");
        ctx.contentType("application/json").result(json.toByteArray());
    }

    private List<Choice> choices(ChatRequest request, Prompt prompt) {
        ChatFormat format = prompt.format();
        boolean plain = format.reasoning().isEmpty()
                && request.tools().callable().isEmpty()
                && format.tools() != ToolSyntax.HARMONY;
        var choices = new ArrayList<Choice>();
        for (int i = 0; i < request.answer().choices(); i++) {
            Optional<ReplyReader> reader = plain
                    ? Optional.empty()
                    : Optional.of(new ReplyReader(
                            format,
                            request.tools().callable(),
                            prompt.startsInReasoning(),
                            IdSource.random(format, random.get())));
            choices.add(new Choice(i, request.answer().stops(), reader, prompt.startsInReasoning()));
        }
        return choices;
    }

    private String randomHex() {
        RandomGenerator generator = random.get();
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(generator.nextLong()) + hex.toHexDigits(generator.nextLong());
    }
}
