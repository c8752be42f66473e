package dev.gufo.server.chat;

import dev.gufo.chat.ChatFormat;
import dev.gufo.chat.IdSource;
import dev.gufo.chat.ReplyReader;
import dev.gufo.chat.ToolSyntax;
import dev.gufo.engine.Constraint;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.ModelRole;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.chat.Prompts.Prompt;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.health.InFlight;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code POST /v1/chat/completions}, from the body to the last event. Safe for any thread; each request stays on its own. */
public final class ChatRoute {
    private final Services services;
    private final JsonBody body;
    private final Prompts prompts;
    private final Requests requests;

    public ChatRoute(Services services) {
        this.services = services;
        this.body = new JsonBody(services.limits().maxBodyBytes());
        this.requests = new Requests(services.limits().strictContext(), services.random());
        this.prompts = new Prompts(services.clock());
        services.models()
                .all()
                .forEach(model ->
                        model.profile().chatTemplate().ifPresent(source -> prompts.prepare(model.id(), source)));
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
        try (InFlight.Entry _ = services.inFlight().enter()) {
            Fields fields = body.read(ctx.req());
            ServedModel served = services.model(ctx, fields);
            ChatRequest request = ChatRequest.read(fields);
            try (ModelInUse model = services.use(ctx, served, request.answer().stream(), request::texts)) {
                complete(ctx, request, model);
            } catch (EngineException.Refused e) {
                throw AnswerConstraint.named(e, request.shape(), request.tools());
            }
        } catch (InterruptedException e) {
            // Only the end of a drain interrupts a request.
            throw services.inFlight().stopping();
        }
    }

    private void complete(Context ctx, ChatRequest request, ModelInUse model) throws IOException, InterruptedException {
        ModelInfo info = model.requireRole(ModelRole.CHAT);
        Prompt prompt = prompts.render(model.model(), info, request.conversation(), request.beginning());
        Optional<Constraint> constraint =
                AnswerConstraint.of(request.shape(), request.tools(), prompt.format(), prompt.startsInReasoning());
        BodyRoom.keepFor(ctx.req(), constraint);
        int[] tokens = model.engine().tokenize(prompt.rendering());
        if (tokens.length == 0) {
            throw ApiException.invalid(
                    "messages", "The model's chat template makes an empty prompt of these messages.");
        }
        var extras = new Requests.Extras(request.topLogprobs(), false, constraint);
        List<GenerationRequest> jobs = requests.of(services.allowance(ctx), request.answer(), info, tokens, extras);
        var head = new AnswerHead(services.id("chatcmpl-"), services.now(), model.id(), info.fingerprint());
        AnswerFields answer = request.answer();
        var writer = new ChatWriter(head, request.topLogprobs() >= 0, answer.includeUsage());
        services.accounting().log().prompt(ctx, prompt.rendering().text());
        try (Account account = services.open(ctx, model.id(), answer.stream(), tokens.length, jobs)) {
            new Answering(
                            ctx,
                            choices(request, prompt),
                            writer,
                            services.limits().heartbeat(),
                            account)
                    .run(model.engine(), jobs, answer, all -> all);
        }
    }

    /** Answers with the number of tokens that the prompt of a chat request would have. */
    public void inputTokens(Context ctx) throws IOException {
        try (InFlight.Entry _ = services.inFlight().enter()) {
            Fields fields = body.read(ctx.req());
            ServedModel served = services.model(ctx, fields);
            ChatRequest request = ChatRequest.read(fields);
            try (ModelInUse model = services.use(ctx, served, false, request::texts)) {
                Prompt prompt = prompts.render(
                        served, model.requireRole(ModelRole.CHAT), request.conversation(), request.beginning());
                int tokens = model.engine().tokenize(prompt.rendering()).length;
                var json = new JsonBytes();
                json.raw("{\"object\":\"response.input_tokens\",\"model\":")
                        .string(model.id())
                        .raw(",\"input_tokens\":")
                        .number(tokens)
                        .raw("}");
                ctx.contentType("application/json").result(json.toByteArray());
            }
        } catch (InterruptedException e) {
            throw services.inFlight().stopping();
        }
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
                            IdSource.random(format, services.random().get())));
            choices.add(new Choice(i, request.answer().stops(), reader, prompt.startsInReasoning()));
        }
        return choices;
    }
}
