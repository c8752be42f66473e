package dev.gufo.server.chat;

import dev.gufo.chat.ChatFormat;
import dev.gufo.chat.ReplyReader;
import dev.gufo.engine.Constraint;
import dev.gufo.engine.Framing;
import dev.gufo.engine.ModelInfo;
import dev.gufo.server.answer.Answers;
import dev.gufo.server.answer.Choice;
import dev.gufo.server.answer.Prompts.Prompt;
import dev.gufo.server.answer.Requests;
import dev.gufo.server.answer.ToolSchemas;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.http.JsonBytes;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import dev.gufo.store.ModelRole;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * {@code POST /v1/chat/completions}, from the body to the last event. Safe for any thread; each request stays on its
 * own.
 */
public final class ChatRoute {
    private final Exchanges exchanges;
    private final Answers answers;
    private final ToolSchemas toolSchemas = new ToolSchemas();

    /** @param models whose templates are parsed ahead of their first use */
    public ChatRoute(Exchanges exchanges, Answers answers, List<ServedModel> models) {
        this.exchanges = exchanges;
        this.answers = answers;
        models.forEach(model -> model.profile()
                .chatTemplate()
                .ifPresent(source -> answers.prompts().prepare(model.id(), source)));
    }

    /**
     * Answers one request.
     *
     * @throws ApiException if the request can't be taken as it is, or the server is being stopped
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it, also after the first events are out
     * @throws dev.gufo.template.TemplateException if the model's template refuses the messages
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void complete(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enter(ctx)) {
            answers.send(exchange, prepare(exchange)); // which does not hold the messages
        }
    }

    private Answers.Prepared prepare(Exchange exchange) throws IOException, InterruptedException {
        ServedModel served = exchange.named(ModelRole.CHAT);
        ChatRequest request = ChatRequest.read(exchange.fields());
        ModelInUse model = exchange.use(served, request.answer().stream(), request::texts);
        ModelInfo info = model.requireRole(ModelRole.CHAT);
        exchange.requireFits(request.texts(), "messages", info.contextTokens());
        Prompt prompt = render(served, info, request);
        int[] tokens = exchange.tokenize(prompt.rendering(), Framing.PROMPT, "messages", info.contextTokens());
        if (tokens.length == 0) {
            throw ApiException.invalid(
                    "messages", "The model's chat template makes an empty prompt of these messages.");
        }
        Optional<Constraint> constraint = answers.constraints()
                .of(
                        request.shape(),
                        request.tools(),
                        prompt,
                        tools -> toolSchemas.kept(tools, prompt.format(), exchange.context()));
        var extras = new Requests.Extras(request.topLogprobs(), false, constraint);
        exchange.logPrompt(prompt.rendering()::text);
        return new Answers.Prepared(
                model,
                answers.requests().of(exchange, request.answer(), info, tokens, extras),
                tokens.length,
                choices(request, prompt),
                new ChatWriter(
                        answers.head("chatcmpl-", model, info),
                        request.topLogprobs() >= 0,
                        request.answer().includeUsage()),
                request.answer(),
                request.shape(),
                request.tools(),
                all -> all);
    }

    private Prompt render(ServedModel served, ModelInfo info, ChatRequest request) {
        return answers.prompts().render(served, info, request.conversation(), request.thought(), request.beginning());
    }

    /**
     * Answers with the number of tokens that the prompt of a chat request would have.
     *
     * @throws ApiException as {@link #complete}
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void inputTokens(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enterWithoutTokens(ctx)) {
            ServedModel served = exchange.named(ModelRole.CHAT);
            ChatRequest request = ChatRequest.read(exchange.fields());
            ModelInUse model = exchange.use(served, false, Stream::empty);
            Prompt prompt = render(served, model.requireRole(ModelRole.CHAT), request);
            int tokens = exchange.tokenizeAll(prompt.rendering(), Framing.PROMPT).length;
            var json = new JsonBytes();
            json.raw("{\"object\":\"response.input_tokens\",\"model\":")
                    .string(model.id())
                    .raw(",\"input_tokens\":")
                    .number(tokens)
                    .raw("}");
            ctx.contentType("application/json").result(json.toByteArray());
        }
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
                            format, request.tools().callable(), prompt.startsInReasoning(), answers.callIds(format)));
            choices.add(new Choice(i, request.answer().stops(), reader, prompt.startsInReasoning()));
        }
        return choices;
    }
}
