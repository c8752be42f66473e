package dev.gufo.server.completions;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.Engine;
import dev.gufo.engine.Framing;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.ModelInfo.FillInMiddle;
import dev.gufo.server.answer.AnswerFields;
import dev.gufo.server.answer.Answers;
import dev.gufo.server.answer.Choice;
import dev.gufo.server.answer.Requests;
import dev.gufo.server.answer.Screen;
import dev.gufo.server.answer.ToolUse;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.http.Heartbeat;
import dev.gufo.server.http.TokenIds;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.policy.ContentChecks.Passage;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@code POST /v1/completions}: text is continued as it is, without a chat template. Safe for any thread; each request
 * stays on its own.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/completions">OpenAI's API reference, completions</a>
 */
public final class CompletionRoute {
    /** OpenAI's default of {@code max_tokens}. */
    private static final int DEFAULT_MAX_TOKENS = 16;

    private final Exchanges exchanges;
    private final Answers answers;

    public CompletionRoute(Exchanges exchanges, Answers answers) {
        this.exchanges = exchanges;
        this.answers = answers;
    }

    /**
     * Answers one request.
     *
     * @throws ApiException if the request can't be taken as it is, or the server is being stopped
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it, also after the first events are out
     * @throws IOException if the request can't be read
     * @throws InterruptedException if the server is stopped meanwhile
     */
    public void complete(Context ctx) throws IOException, InterruptedException {
        try (Exchange exchange = exchanges.enter(ctx)) {
            answer(exchange);
        }
    }

    /** Answers a request that was read. Throws as {@link #complete}. */
    public void answer(Exchange exchange) throws IOException, InterruptedException {
        answers.send(exchange, prepare(exchange)); // which does not hold the prompts' text
    }

    private Answers.Prepared prepare(Exchange exchange) throws IOException, InterruptedException {
        ServedModel served = exchange.named(ModelRole.CHAT);
        CompletionRequest request = CompletionRequest.read(exchange.fields());
        AnswerFields answer = request.answer();
        answers.checks().input(exchange, request::passages);
        ModelInUse model = exchange.use(served, Heartbeat.whileLoading(answer.stream()), request::texts);
        ModelInfo info = model.requireRole(ModelRole.CHAT);
        List<int[]> prompts = prompts(request, exchange, info);
        List<GenerationRequest> jobs = jobs(exchange, request, info, prompts);
        answers.checks().input(exchange, () -> ofTokens(request, model.engine()));
        List<String> echoes = echoes(request, model.engine(), prompts);
        int each = request.bestOf();
        int told = answer.choices();
        return new Answers.Prepared(
                model,
                jobs,
                prompts.stream().mapToInt(prompt -> prompt.length).sum(),
                choices(
                        request,
                        jobs.size(),
                        answers.screens(
                                exchange, () -> request.texts().findFirst().orElse(""))),
                new CompletionWriter(
                        answers.head("cmpl-", model, info), request.topLogprobs() >= 0, echoes, answer.includeUsage()),
                answer.stream(),
                request.shape(),
                ToolUse.NONE,
                answer.timings(),
                Optional.empty(),
                all -> best(all, each, told)); // as numbers: the request would be held with its text
    }

    private static List<int[]> prompts(CompletionRequest request, Exchange exchange, ModelInfo info) {
        Optional<FillInMiddle> marks = info.fillInMiddle();
        if (request.suffix().isPresent() && marks.isEmpty()) {
            throw ApiException.unsupported(
                    "suffix", "This model can't fill gaps: its vocabulary has no tokens for it.");
        }
        for (CompletionRequest.Prompt prompt : request.prompts()) {
            if (prompt instanceof CompletionRequest.Prompt.Tokens(int[] ids)) {
                TokenIds.requireInVocabulary(ids, info.vocabularySize(), "prompt");
            }
        }
        List<Rendering> texts = Stream.concat(request.texts(), request.suffix().stream())
                .map(CompletionRoute::rendering)
                .toList();
        int suffixAt = request.suffix().isPresent() ? texts.size() - 1 : texts.size();
        Framing framing = request.suffix().isPresent() ? Framing.NONE : Framing.PROMPT;
        IntFunction<String> field = i -> i == suffixAt ? "suffix" : "prompt";
        List<int[]> tokens = exchange.tokenize(texts, framing, field, info.contextTokens());
        Iterator<int[]> ofTexts = tokens.iterator();
        var prompts = new ArrayList<int[]>();
        for (CompletionRequest.Prompt prompt : request.prompts()) {
            int[] own = switch (prompt) {
                case CompletionRequest.Prompt.Text _ -> ofTexts.next();
                case CompletionRequest.Prompt.Tokens(int[] ids) -> ids;
            };
            int[] whole = request.suffix().isPresent() ? filling(marks.orElseThrow(), own, tokens.getLast()) : own;
            if (whole.length == 0) {
                throw ApiException.invalid("prompt", "'prompt' must not be empty.");
            }
            prompts.add(whole);
        }
        return prompts;
    }

    /** What prompts say that came as tokens. */
    private static List<Passage> ofTokens(CompletionRequest request, Engine engine) {
        return request.prompts().stream()
                .filter(CompletionRequest.Prompt.Tokens.class::isInstance)
                .map(prompt -> ((CompletionRequest.Prompt.Tokens) prompt).ids())
                .map(ids -> new Passage("prompt", TokenIds.text(engine.pieces(ids))))
                .toList();
    }

    private static Rendering rendering(String text) {
        return new Rendering(text.isEmpty() ? List.of() : List.of(new Segment(text, true)));
    }

    private static int[] filling(FillInMiddle marks, int[] before, int[] behind) {
        return Stream.of(
                        IntStream.of(marks.prefix()),
                        IntStream.of(before),
                        IntStream.of(marks.suffix()),
                        IntStream.of(behind),
                        IntStream.of(marks.middle()))
                .flatMapToInt(part -> part)
                .toArray();
    }

    private List<GenerationRequest> jobs(
            Exchange exchange, CompletionRequest request, ModelInfo info, List<int[]> prompts)
            throws InterruptedException {
        AnswerFields answer = request.answer();
        int most = promptOnly(request) ? 1 : answer.maxTokens().orElse(DEFAULT_MAX_TOKENS);
        var each = new AnswerFields(
                answer.sampling(),
                answer.stops(),
                OptionalInt.of(most),
                request.bestOf(),
                answer.ignoreEnd(),
                answer.stream(),
                answer.includeUsage(),
                answer.timings(),
                answer.adapters(),
                answer.deterministic(),
                answer.speculate());
        boolean comparing = request.bestOf() > answer.choices();
        Optional<Constraint> constraint = answers.constraints().of(request.shape());
        var extras = new Requests.Extras(
                comparing ? Math.max(0, request.topLogprobs()) : request.topLogprobs(),
                request.echo() && request.topLogprobs() >= 0,
                constraint);
        return prompts.stream()
                .flatMap(prompt -> answers.requests().of(exchange, each, info, prompt, extras).stream())
                .toList();
    }

    /** Whether the prompt's own logprobs are all that is asked for. */
    private static boolean promptOnly(CompletionRequest request) {
        return request.answer().maxTokens().orElse(DEFAULT_MAX_TOKENS) == 0;
    }

    private static List<Choice> choices(
            CompletionRequest request, int count, Function<String, Optional<Screen>> screens) {
        return IntStream.range(0, count)
                .mapToObj(index -> promptOnly(request)
                        ? Choice.promptOnly(index)
                        : new Choice(index, request.answer().stops(), Optional.empty(), false, screens.apply("")))
                .toList();
    }

    /** By choice, what it begins with: the prompt as the model reads it, if it is echoed. */
    private static List<String> echoes(CompletionRequest request, Engine engine, List<int[]> prompts) {
        var echoes = new ArrayList<String>();
        for (int p = 0; p < prompts.size(); p++) {
            String echo = "";
            if (request.echo()) {
                echo = switch (request.prompts().get(p)) {
                    case CompletionRequest.Prompt.Text(String text) -> text;
                    case CompletionRequest.Prompt.Tokens(int[] ids) -> TokenIds.text(engine.pieces(ids));
                };
            }
            for (int i = 0; i < request.bestOf(); i++) {
                echoes.add(echo);
            }
        }
        return echoes;
    }

    /** Of each prompt's answers the likeliest, by the mean logprob of their tokens. */
    private static List<Choice> best(List<Choice> all, int each, int told) {
        if (each == told) {
            return all;
        }
        var best = new ArrayList<Choice>();
        for (int from = 0; from < all.size(); from += each) {
            all.subList(from, from + each).stream()
                    .sorted(Comparator.comparingDouble(Choice::meanLogprob).reversed())
                    .limit(told)
                    .forEach(best::add);
        }
        return best;
    }
}
