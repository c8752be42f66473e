package dev.gufo.server.chat;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.Framing;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.server.answer.AnswerFields;
import dev.gufo.server.answer.AnswerShape;
import dev.gufo.server.answer.Answers;
import dev.gufo.server.answer.Choice;
import dev.gufo.server.answer.Requests;
import dev.gufo.server.answer.ToolUse;
import dev.gufo.server.answer.Turn;
import dev.gufo.server.answer.Turns;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * {@code POST /v1/models/{id}/predict}: an answer with the probability that the model gives it, or the probabilities of
 * given labels. Safe for any thread; each request stays on its own.
 *
 * <p>A label's probability is that of its tokens and of the end behind them, each in the model's distribution at its
 * place. So a label that begins like another one is no part of that. All labels of a text go on from one prompt, which
 * is computed once.
 */
public final class PredictRoute {
    private final Exchanges exchanges;
    private final Answers answers;
    private final Turns turns;

    public PredictRoute(Exchanges exchanges, Answers answers, Turns turns) {
        this.exchanges = exchanges;
        this.answers = answers;
        this.turns = turns;
    }

    /** What is generated, and what reads it: in the order of the texts, and for each of them in that of the labels. */
    private record Jobs(List<GenerationRequest> requests, List<Choice> choices) {}

    /**
     * Answers one request.
     *
     * @throws ApiException if the request can't be taken as it is, or the server is being stopped
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it
     * @throws dev.gufo.template.TemplateException if the model's template refuses the messages
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void predict(Context ctx) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        try (Exchange exchange = exchanges.enter(ctx)) {
            answers.send(exchange, prepare(exchange, ctx.pathParam("id"), begin));
        }
    }

    /**
     * Answers a request that was read. Throws as {@link #predict}.
     *
     * @param id of the model
     */
    public void answer(Exchange exchange, String id) throws IOException, InterruptedException {
        answers.send(exchange, prepare(exchange, id, System.nanoTime()));
    }

    private Answers.Prepared prepare(Exchange exchange, String id, long begin)
            throws IOException, InterruptedException {
        ServedModel served = exchange.named(id, ModelRole.CHAT);
        PredictRequest request = PredictRequest.read(exchange.fields());
        boolean labelled = !request.labels().isEmpty();
        for (Turn turn : request.turns()) {
            turns.check(exchange, turn);
        }
        answers.checks().input(exchange, request::labelPassages);
        ModelInUse model = exchange.use(served, Optional.empty(), request::texts);
        ModelInfo info = model.requireRole(ModelRole.CHAT);
        List<Turns.Tokenized> prompts = turns.tokenized(exchange, served, info, request.turns(), labelled);
        Jobs jobs = labelled ? scoring(exchange, request, info, prompts) : answering(exchange, request, info, prompts);
        Turn first = request.turns().getFirst();
        return new Answers.Prepared(
                model,
                jobs.requests(),
                prompts.stream().mapToInt(prompt -> prompt.tokens().length).sum(),
                jobs.choices(),
                new PredictWriter(
                        answers.head("pred-", model, info), exchange.digest(), request.labels(), request.list(), begin),
                false,
                first.shape(),
                ToolUse.NONE,
                first.answer().timings(),
                Optional.empty(),
                all -> all);
    }

    private Jobs answering(Exchange exchange, PredictRequest request, ModelInfo info, List<Turns.Tokenized> prompts)
            throws InterruptedException {
        AnswerShape shape = request.turns().getFirst().shape();
        // All prompts end alike.
        Optional<Constraint> constraint =
                answers.constraints().of(shape, ToolUse.NONE, prompts.getFirst().prompt(), UnaryOperator.identity());
        var extras = new Requests.Extras(0, false, constraint);
        var requests = new ArrayList<GenerationRequest>();
        var choices = new ArrayList<Choice>();
        for (int i = 0; i < prompts.size(); i++) {
            Turn turn = request.turns().get(i);
            requests.addAll(answers.requests()
                    .of(exchange, turn.answer(), info, prompts.get(i).tokens(), extras));
            choices.add(turns.choice(i, exchange, turn, prompts.get(i).prompt()));
        }
        return new Jobs(requests, choices);
    }

    private Jobs scoring(Exchange exchange, PredictRequest request, ModelInfo info, List<Turns.Tokenized> prompts) {
        List<Rendering> texts = request.labels().stream()
                .map(label -> new Rendering(List.of(new Segment(label, false))))
                .toList();
        List<int[]> labels = exchange.tokenize(texts, Framing.NONE, "labels[%d]"::formatted, info.contextTokens());
        AnswerFields answer = request.turns().getFirst().answer();
        var requests = new ArrayList<GenerationRequest>();
        var choices = new ArrayList<Choice>();
        for (Turns.Tokenized prompt : prompts) {
            for (int i = 0; i < labels.size(); i++) {
                if (labels.get(i).length == 0) {
                    throw ApiException.invalid(
                            "labels[%d]".formatted(i), "The model's vocabulary makes no token of this label.");
                }
                requests.add(answers.requests().scoring(exchange, answer, info, prompt.tokens(), labels.get(i), i));
                choices.add(new Choice(choices.size(), List.of(), Optional.empty(), false));
            }
        }
        return new Jobs(requests, choices);
    }
}
