package dev.gufo.server.chat;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.server.access.Caller;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.health.InFlight;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.usage.LedgerEntry;
import dev.gufo.server.usage.Status;
import dev.gufo.template.Rendering;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code POST /v1/chat/completions}, from the body to the last event. Safe for any thread; each request stays on its own. */
public final class ChatRoute {
    private static final Logger LOG = LoggerFactory.getLogger(ChatRoute.class);

    private final Limits limits;
    private final ServedModels models;
    private final InFlight inFlight;
    private final Clock clock;
    private final Supplier<RandomGenerator> random;
    private final JsonBody body;
    private final Prompts prompts;
    private final Accounting accounting;

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
            Limits limits,
            ServedModels models,
            InFlight inFlight,
            Clock clock,
            Supplier<RandomGenerator> random,
            Accounting accounting) {
        this.accounting = accounting;
        this.limits = limits;
        this.models = models;
        this.inFlight = inFlight;
        this.clock = clock;
        this.random = random;
        this.body = new JsonBody(limits.maxBodyBytes());
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
            Engine engine = model.engine();
            requireReady(engine);
            ModelInfo info = engine.model();
            Rendering rendering = prompts.render(model, info, request.conversation());
            int[] prompt = engine.tokenize(rendering);
            GenerationRequest job = job(request, info, prompt);
            var head = new AnswerHead(
                    "chatcmpl-" + randomHex(), clock.instant().getEpochSecond(), model.id(), info.fingerprint());
            accounting.log().prompt(ctx, rendering.text());
            LedgerEntry entry = accounting.open(ctx, model.id(), request.stream());
            var answer = new Answer(
                    prompt.length,
                    request.stops(),
                    entry,
                    piece -> accounting.log().completion(ctx, piece));
            try (Generation generation = engine.generate(job)) {
                if (request.stream()) {
                    stream(ctx, generation, answer, head, request.includeUsage());
                } else {
                    answerWhole(ctx, generation, answer, head);
                }
                boolean gone = answer.clientGone();
                entry.settle(answer.outcome(gone ? Status.CANCELLED : Status.COMPLETED, gone));
            } catch (EngineException.Refused refused) {
                entry.settle(answer.outcome(Status.REFUSED, false));
                throw refused;
            } catch (IOException gone) {
                entry.settle(answer.outcome(Status.CANCELLED, true));
                throw gone;
            } finally {
                entry.settle(answer.outcome(Status.FAILED, false)); // unless it has been settled
            }
        } catch (InterruptedException e) {
            // Only the end of a drain interrupts a request.
            throw inFlight.stopping();
        }
    }

    private static void requireReady(Engine engine) {
        EngineStatus status = engine.status();
        if (!(status instanceof EngineStatus.Ready)) {
            throw new ApiException(new Problem.NotReady(status));
        }
    }

    private GenerationRequest job(ChatRequest request, ModelInfo info, int[] prompt) {
        if (prompt.length == 0) {
            throw ApiException.invalid(
                    "messages", "The model's chat template makes an empty prompt of these messages.");
        }
        int context = info.contextTokens();
        int room = context - prompt.length;
        int wanted = request.maxTokens().orElse(0);
        if (room <= 0 || (limits.strictContext() && wanted > room)) {
            throw new ApiException(new Problem.ContextExceeded(prompt.length, room <= 0 ? 0 : wanted, context));
        }
        int seed = SamplingFields.fold(random.get().nextLong());
        var sampling = request.sampling().over(info.sampling(), info.vocabularySize(), context, seed);
        return new GenerationRequest(
                prompt, wanted == 0 ? room : Math.min(wanted, room), request.ignoreEnd(), sampling, "");
    }

    private void answerWhole(Context ctx, Generation generation, Answer answer, AnswerHead head)
            throws IOException, InterruptedException {
        var client = new ClientConnection(ctx.req());
        long checkAgain = System.nanoTime() + limits.heartbeat().toNanos();
        while (!answer.ended()) {
            generation.next(limits.heartbeat()).ifPresent(answer::accept);
            takeWhatIsThere(generation, answer);
            answer.tellProgress();
            if (System.nanoTime() - checkAgain >= 0) {
                if (client.isClosed()) {
                    LOG.debug("{}: the client is gone", head.id());
                    answer.clientIsGone();
                    return;
                }
                checkAgain = System.nanoTime() + limits.heartbeat().toNanos();
            }
        }
        answer.requireSuccess();
        byte[] json = answer.toJson(head);
        ctx.contentType("application/json");
        ctx.res().setContentLength(json.length);
        ctx.res().getOutputStream().write(json);
    }

    /**
     * Sends the answer as it comes. Until the first token, or the first heartbeat if that takes long, no header goes out, so
     * that an early failure still has its own status.
     */
    private void stream(Context ctx, Generation generation, Answer answer, AnswerHead head, boolean includeUsage)
            throws IOException, InterruptedException {
        Optional<GenerationEvent> event = generation.next(limits.heartbeat());
        while (event.isPresent() && !answer.begun()) {
            answer.accept(event.get());
            event = answer.begun() ? Optional.empty() : generation.next(limits.heartbeat());
        }
        if (answer.ended()) {
            answer.requireSuccess();
        }
        ctx.contentType("text/event-stream; charset=utf-8")
                .header("Cache-Control", "no-cache")
                .header("X-Accel-Buffering", "no");
        var writer = new StreamWriter(ctx.res().getOutputStream(), head, includeUsage);
        writer.role();
        try {
            send(ctx, generation, answer, writer);
            answer.requireSuccess();
            writer.finish(answer.finishReason());
            if (includeUsage) {
                writer.usage(answer.usage());
            }
            writer.done();
            writer.flush();
        } catch (IOException gone) {
            LOG.debug("{}: the client is gone", head.id(), gone);
            answer.clientIsGone();
        }
    }

    /** Every batch of events that are there goes out in one write. */
    private void send(Context ctx, Generation generation, Answer answer, StreamWriter writer)
            throws IOException, InterruptedException {
        var client = new ClientConnection(ctx.req());
        while (!answer.ended()) {
            takeWhatIsThere(generation, answer);
            answer.tellProgress();
            writer.text(answer.text());
            writer.flush();
            if (answer.ended()) {
                return;
            }
            Optional<GenerationEvent> next = generation.next(limits.heartbeat());
            next.ifPresent(answer::accept);
            if (next.isEmpty()) {
                if (client.isClosed()) {
                    throw new IOException("closed by the client");
                }
                writer.heartbeat();
            }
        }
        answer.tellProgress();
        writer.text(answer.text());
        writer.flush();
    }

    private static void takeWhatIsThere(Generation generation, Answer answer) throws InterruptedException {
        while (!answer.ended()) {
            Optional<GenerationEvent> event = generation.next(Duration.ZERO);
            if (event.isEmpty()) {
                return;
            }
            answer.accept(event.get());
        }
    }

    private String randomHex() {
        RandomGenerator generator = random.get();
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(generator.nextLong()) + hex.toHexDigits(generator.nextLong());
    }
}
