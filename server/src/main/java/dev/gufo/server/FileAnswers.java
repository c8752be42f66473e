package dev.gufo.server;

import dev.gufo.server.access.ApiKeys;
import dev.gufo.server.access.KnownCallers;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.answer.Answers;
import dev.gufo.server.answer.ReasoningSeal;
import dev.gufo.server.answer.Turns;
import dev.gufo.server.batches.BatchEndpoint;
import dev.gufo.server.batches.BatchEndpoints;
import dev.gufo.server.batches.BatchFile;
import dev.gufo.server.chat.ChatRoute;
import dev.gufo.server.chat.PredictRoute;
import dev.gufo.server.completions.CompletionRoute;
import dev.gufo.server.embeddings.EmbeddingsRoute;
import dev.gufo.server.embeddings.RerankRoute;
import dev.gufo.server.embeddings.VectorWork;
import dev.gufo.server.error.ErrorResponses;
import dev.gufo.server.error.ErrorTable;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.exchange.ModelWait;
import dev.gufo.server.health.Canary;
import dev.gufo.server.http.BodyRoom;
import dev.gufo.server.http.InFlight;
import dev.gufo.server.http.JsonBody;
import dev.gufo.server.messages.MessagesRoute;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.moderations.ModerationRoute;
import dev.gufo.server.policy.ContentChecks;
import dev.gufo.server.policy.GuardModels;
import dev.gufo.server.responses.ResponsesApi;
import dev.gufo.server.responses.ResponsesRoute;
import dev.gufo.store.ModelRole;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Answers the requests of a file as the server would, without listening to anyone. Opened and closed by one thread. */
public final class FileAnswers implements AutoCloseable {
    private static final Duration NO_DRAIN = Duration.ZERO;

    private final Accounting accounting;
    private final InFlight inFlight;
    private final BatchFile file;

    private FileAnswers(Accounting accounting, InFlight inFlight, BatchFile file) {
        this.accounting = accounting;
        this.inFlight = inFlight;
        this.file = file;
    }

    /**
     * Makes it ready.
     *
     * @param settings those of a server; what is about clients has no meaning here
     * @param models not closed with this
     * @param storage likewise; each line has a row in its ledger while it runs
     */
    public static FileAnswers open(
            ServerSettings settings, ServedModels models, Storage storage, BatchFile.Progress progress) {
        var accounting = Accounting.start(
                settings.accounting(),
                storage.database(),
                models,
                InstantSource.system(),
                storage.limits(),
                new Canary());
        var inFlight = new InFlight(NO_DRAIN);
        var errors = new ErrorResponses(new ErrorTable(settings.overflowStatus()), settings.maxBodyBytes(), NO_DRAIN);
        var exchanges = new Exchanges(
                new JsonBody(settings.maxBodyBytes()),
                new BodyRoom(Runtime.getRuntime().maxMemory()),
                models,
                new ModelWait(settings.loadWait(), settings.heartbeat()),
                inFlight,
                accounting,
                Optional.empty());
        var file = new BatchFile(
                exchanges,
                errors,
                storage.database(),
                endpoints(settings, models, storage, accounting, exchanges, errors),
                settings.maxBodyBytes(),
                progress);
        return new FileAnswers(accounting, inFlight, file);
    }

    private static BatchEndpoints endpoints(
            ServerSettings settings,
            ServedModels models,
            Storage storage,
            Accounting accounting,
            Exchanges exchanges,
            ErrorResponses errors) {
        Clock clock = Clock.system(ZoneId.systemDefault());
        Supplier<RandomGenerator> random = ThreadLocalRandom::current;
        GuardModels guards = Routes.guardModels(settings, models, accounting, clock);
        ContentChecks checks = Routes.contentChecks(settings, guards, accounting);
        var answers = Answers.of(
                settings.strictContext(), settings.volatileLines(), checks, settings.heartbeat(), clock, random);
        var turns = new Turns(answers, models.all());
        var seal = new ReasoningSeal(settings.apiKeys());
        var callers = new KnownCallers(new ApiKeys(settings.apiKeys()), storage.keys(), InstantSource.system());
        var responses = ResponsesApi.start(
                        exchanges, answers, turns, seal, Optional.empty(), settings.maxBodyBytes(), errors, callers)
                .responses();
        var messages = new MessagesRoute(exchanges, answers, new Turns(answers.cuttingToFit(), List.of()), seal);
        var vectors = new VectorWork(settings.heartbeat());
        return endpoints(
                models,
                new ChatRoute(exchanges, answers, turns),
                new PredictRoute(exchanges, answers, turns),
                new CompletionRoute(exchanges, answers),
                responses,
                messages,
                new EmbeddingsRoute(exchanges, vectors, checks),
                new RerankRoute(exchanges, vectors, checks),
                Routes.moderations(settings, exchanges, checks, guards, answers));
    }

    /** The endpoints that lines of batches may name. */
    static BatchEndpoints endpoints(
            ServedModels models,
            ChatRoute chat,
            PredictRoute predictions,
            CompletionRoute completions,
            ResponsesRoute responses,
            MessagesRoute messages,
            EmbeddingsRoute embeddings,
            RerankRoute rerank,
            ModerationRoute moderations) {
        List<BatchEndpoint> fixed = List.of(
                BatchEndpoint.of("/v1/chat/completions", models, ModelRole.CHAT, chat::answer),
                BatchEndpoint.of("/v1/completions", models, ModelRole.CHAT, completions::answer),
                BatchEndpoint.of("/v1/responses", models, ModelRole.CHAT, responses::answer),
                BatchEndpoint.of("/v1/messages", models, ModelRole.CHAT, messages::answer),
                BatchEndpoint.of("/v1/embeddings", models, ModelRole.EMBEDDINGS, embeddings::answer),
                BatchEndpoint.of("/v1/rerank", models, ModelRole.RERANK, rerank::answer),
                new BatchEndpoint("/v1/moderations", moderations::needed, moderations::answer));
        return new BatchEndpoints(fixed, id -> prediction(models, predictions, id));
    }

    private static BatchEndpoint prediction(ServedModels models, PredictRoute predictions, String id) {
        BatchEndpoint.Models named = BatchEndpoint.ofRole(models, ModelRole.CHAT);
        return new BatchEndpoint(
                "/v1/models/%s/predict".formatted(id),
                (caller, _) -> named.of(caller, id),
                exchange -> predictions.answer(exchange, id));
    }

    /** The file that is answered. */
    public BatchFile file() {
        return file;
    }

    @Override
    public void close() {
        try {
            int _ = inFlight.drain(NO_DRAIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            accounting.close();
        }
    }
}
