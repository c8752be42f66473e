package dev.gufo.server.chat;

import dev.gufo.chat.ChatFormat;
import dev.gufo.engine.Constraint;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Framing;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.ModelInfo.FillInMiddle;
import dev.gufo.engine.ModelRole;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.health.InFlight;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@code POST /v1/completions}: text is continued as it is, without a chat template. Safe for any thread; each request stays on its own.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/completions">OpenAI's API reference, completions</a>
 */
public final class CompletionRoute {
    /** OpenAI's default of {@code max_tokens}. */
    private static final int DEFAULT_MAX_TOKENS = 16;

    private final Services services;
    private final JsonBody body;
    private final Requests requests;

    public CompletionRoute(Services services) {
        this.services = services;
        this.body = new JsonBody(services.limits().maxBodyBytes());
        this.requests = new Requests(services.limits().strictContext(), services.random());
    }

    /**
     * Answers one request.
     *
     * @throws ApiException if the request can't be taken as it is, or the server is being stopped
     * @throws dev.gufo.engine.EngineException if the engine refuses or loses it, also after the first events are out
     * @throws IOException if the request can't be read
     */
    public void complete(Context ctx) throws IOException {
        try (InFlight.Entry _ = services.inFlight().enter()) {
            Fields fields = body.read(ctx.req());
            ServedModel served = services.model(ctx, fields);
            CompletionRequest request = CompletionRequest.read(fields);
            try (ModelInUse model = services.use(ctx, served, request.answer().stream(), request::texts)) {
                complete(ctx, request, model);
            } catch (EngineException.Refused e) {
                throw AnswerConstraint.named(e, request.shape(), ToolUse.NONE);
            }
        } catch (InterruptedException e) {
            // Only the end of a drain interrupts a request.
            throw services.inFlight().stopping();
        }
    }

    private void complete(Context ctx, CompletionRequest request, ModelInUse model)
            throws IOException, InterruptedException {
        ModelInfo info = model.requireRole(ModelRole.CHAT);
        List<int[]> prompts = prompts(request, model.engine(), info);
        List<GenerationRequest> jobs = jobs(services.allowance(ctx), request, info, prompts);
        BodyRoom.keepFor(ctx.req(), jobs.getFirst().constraint());
        AnswerFields answer = request.answer();
        var head = new AnswerHead(services.id("cmpl-"), services.now(), model.id(), info.fingerprint());
        List<String> echoes = echoes(request, model.engine(), prompts);
        var writer = new CompletionWriter(head, request.topLogprobs() >= 0, echoes, answer.includeUsage());
        int promptTokens = prompts.stream().mapToInt(prompt -> prompt.length).sum();
        List<Choice> choices = choices(request, jobs.size());
        try (Account account = services.open(ctx, model.id(), answer.stream(), promptTokens, jobs)) {
            new Answering(ctx, choices, writer, services.limits().heartbeat(), account)
                    .run(model.engine(), jobs, answer, all -> best(request, all));
        }
    }

    private static List<int[]> prompts(CompletionRequest request, Engine engine, ModelInfo info) {
        Optional<FillInMiddle> marks = info.fillInMiddle();
        if (request.suffix().isPresent() && marks.isEmpty()) {
            throw ApiException.unsupported(
                    "suffix", "This model can't fill gaps: its vocabulary has no tokens for it.");
        }
        var prompts = new ArrayList<int[]>();
        for (CompletionRequest.Prompt prompt : request.prompts()) {
            int[] tokens = switch (prompt) {
                case CompletionRequest.Prompt.Text(String text) ->
                    engine.tokenize(rendering(text), request.suffix().isPresent() ? Framing.NONE : Framing.PROMPT);
                case CompletionRequest.Prompt.Tokens(int[] ids) -> {
                    TokenIds.requireInVocabulary(ids, info.vocabularySize(), "prompt");
                    yield ids;
                }
            };
            int[] whole = request.suffix()
                    .map(suffix ->
                            filling(marks.orElseThrow(), tokens, engine.tokenize(rendering(suffix), Framing.NONE)))
                    .orElse(tokens);
            if (whole.length == 0) {
                throw ApiException.invalid("prompt", "'prompt' must not be empty.");
            }
            prompts.add(whole);
        }
        return prompts;
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
            Services.Allowance allowance, CompletionRequest request, ModelInfo info, List<int[]> prompts)
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
                answer.adapters(),
                answer.deterministic());
        boolean comparing = request.bestOf() > answer.choices();
        Optional<Constraint> constraint = AnswerConstraint.of(request.shape(), ToolUse.NONE, ChatFormat.PLAIN, false);
        var extras = new Requests.Extras(
                comparing ? Math.max(0, request.topLogprobs()) : request.topLogprobs(),
                request.echo() && request.topLogprobs() >= 0,
                constraint);
        return prompts.stream()
                .flatMap(prompt -> requests.of(allowance, each, info, prompt, extras).stream())
                .toList();
    }

    /** Whether the prompt's own logprobs are all that is asked for. */
    private static boolean promptOnly(CompletionRequest request) {
        return request.answer().maxTokens().orElse(DEFAULT_MAX_TOKENS) == 0;
    }

    private static List<Choice> choices(CompletionRequest request, int count) {
        return IntStream.range(0, count)
                .mapToObj(index -> promptOnly(request)
                        ? Choice.promptOnly(index)
                        : new Choice(index, request.answer().stops(), Optional.empty(), false))
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
                    case CompletionRequest.Prompt.Tokens(int[] ids) -> text(engine.pieces(ids));
                };
            }
            for (int i = 0; i < request.bestOf(); i++) {
                echoes.add(echo);
            }
        }
        return echoes;
    }

    private static String text(byte[][] pieces) {
        var bytes = new ByteArrayOutputStream();
        for (byte[] piece : pieces) {
            bytes.writeBytes(piece);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** Of each prompt's answers the likeliest, by the mean logprob of their tokens. */
    private static List<Choice> best(CompletionRequest request, List<Choice> all) {
        int each = request.bestOf();
        if (each == request.answer().choices()) {
            return all;
        }
        var best = new ArrayList<Choice>();
        for (int from = 0; from < all.size(); from += each) {
            all.subList(from, from + each).stream()
                    .sorted(Comparator.comparingDouble(Choice::meanLogprob).reversed())
                    .limit(request.answer().choices())
                    .forEach(best::add);
        }
        return best;
    }
}
