package dev.gufo.server.chat;

import dev.gufo.chat.ChatFormat;
import dev.gufo.chat.IdSource;
import dev.gufo.chat.ReplyReader;
import dev.gufo.engine.Constraint;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Framing;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.ModelRole;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.chat.Prompts.Prompt;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** {@code POST /v1/chat/completions}, from the body to the last event. Safe for any thread; each request stays on its own. */
public final class ChatRoute {
    private final Services services;
    private final Prompts prompts;
    private final Requests requests;
    private final ToolSchemas toolSchemas = new ToolSchemas();

    /** @param models whose templates are parsed ahead of their first use */
    public ChatRoute(Services services, List<ServedModel> models) {
        this.services = services;
        this.requests = new Requests(services.limits().strictContext(), services.random());
        this.prompts = new Prompts(services.clock());
        models.forEach(
                model -> model.profile().chatTemplate().ifPresent(source -> prompts.prepare(model.id(), source)));
    }

    /**
     * What is left of a request when its prompt has been made: nothing here holds its messages.
     *
     * @param shape and {@code tools} name the fields that a refusal is about
     */
    private record Prepared(
            ModelInUse model,
            List<GenerationRequest> jobs,
            int promptTokens,
            List<Choice> choices,
            ChatWriter writer,
            AnswerFields answer,
            AnswerShape shape,
            ToolUse tools) {}

    /**
     * Answers one request.
     *
     * @throws ApiException if the request can't be taken as it is, or the server is being stopped
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it, also after the first events are out
     * @throws dev.gufo.template.TemplateException if the model's template refuses the messages
     * @throws IOException if the request can't be read
     */
    public void complete(Context ctx) throws IOException {
        services.exchanges().serve(ctx, exchange -> answer(exchange, prepare(exchange)));
    }

    private Prepared prepare(Exchange exchange) throws IOException, InterruptedException {
        ServedModel served = services.model(exchange);
        ChatRequest request = ChatRequest.read(exchange.fields());
        ModelInUse model = exchange.use(served, request.answer().stream(), request::texts);
        ModelInfo info = model.requireRole(ModelRole.CHAT);
        exchange.requireFits(request.texts(), "messages", info.contextTokens());
        Prompt prompt = prompts.render(served, info, request.conversation(), request.thought(), request.beginning());
        int[] tokens = exchange.tokenize(prompt.rendering(), Framing.PROMPT, "messages", info.contextTokens());
        if (tokens.length == 0) {
            throw ApiException.invalid(
                    "messages", "The model's chat template makes an empty prompt of these messages.");
        }
        Optional<Constraint> constraint = AnswerConstraint.of(
                request.shape(),
                request.tools(),
                prompt,
                tools -> toolSchemas.kept(tools, prompt.format(), exchange.context()));
        var extras = new Requests.Extras(request.topLogprobs(), false, constraint);
        List<GenerationRequest> jobs =
                requests.of(services.allowance(exchange), request.answer(), info, tokens, extras);
        var head = new AnswerHead(services.id("chatcmpl-"), services.now(), model.id(), info.fingerprint());
        var writer = new ChatWriter(
                head, request.topLogprobs() >= 0, request.answer().includeUsage());
        services.accounting().log().prompt(exchange.context(), prompt.rendering()::text);
        return new Prepared(
                model,
                jobs,
                tokens.length,
                choices(request, prompt),
                writer,
                request.answer(),
                request.shape(),
                request.tools());
    }

    private void answer(Exchange exchange, Prepared prepared) throws IOException, InterruptedException {
        exchange.forgetBody(Exchange.bytesOf(prepared.jobs()));
        AnswerFields answer = prepared.answer();
        try (Account account = services.open(
                exchange, prepared.model().id(), answer.stream(), prepared.promptTokens(), prepared.jobs())) {
            new Answering(
                            exchange,
                            prepared.choices(),
                            prepared.writer(),
                            services.limits().heartbeat(),
                            account)
                    .run(prepared.model().engine(), prepared.jobs(), answer, all -> all);
        } catch (EngineException.Refused e) {
            throw AnswerConstraint.named(e, prepared.shape(), prepared.tools());
        }
    }

    /** Answers with the number of tokens that the prompt of a chat request would have. */
    public void inputTokens(Context ctx) throws IOException {
        services.exchanges().serveWithoutTokens(ctx, this::countInput);
    }

    private void countInput(Exchange exchange) throws IOException, InterruptedException {
        ServedModel served = services.model(exchange);
        ChatRequest request = ChatRequest.read(exchange.fields());
        ModelInUse model = exchange.use(served, false, Stream::empty);
        Prompt prompt = prompts.render(
                served,
                model.requireRole(ModelRole.CHAT),
                request.conversation(),
                request.thought(),
                request.beginning());
        int tokens = exchange.tokenizeAll(prompt.rendering(), Framing.PROMPT).length;
        var json = new JsonBytes();
        json.raw("{\"object\":\"response.input_tokens\",\"model\":")
                .string(model.id())
                .raw(",\"input_tokens\":")
                .number(tokens)
                .raw("}");
        exchange.context().contentType("application/json").result(json.toByteArray());
    }

    private List<Choice> choices(ChatRequest request, Prompt prompt) {
        ChatFormat format = prompt.format();
        boolean plain = format.reasoning().isEmpty()
                && request.tools().callable().isEmpty()
                && !format.tools().marksContent();
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
