package dev.gufo.server;

import dev.gufo.server.access.Access;
import dev.gufo.server.access.Access.Rule;
import dev.gufo.server.access.AdminKeys;
import dev.gufo.server.access.AdminPlace;
import dev.gufo.server.access.ApiKeys;
import dev.gufo.server.access.Cors;
import dev.gufo.server.access.Hosts;
import dev.gufo.server.access.KnownCallers;
import dev.gufo.server.access.RequestIds;
import dev.gufo.server.access.StoredKeys;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.answer.Answers;
import dev.gufo.server.answer.Prompts;
import dev.gufo.server.answer.ReasoningSeal;
import dev.gufo.server.answer.Turns;
import dev.gufo.server.batches.AdminBatches;
import dev.gufo.server.batches.BatchEndpoints;
import dev.gufo.server.batches.BatchRoutes;
import dev.gufo.server.batches.Batches;
import dev.gufo.server.batches.MessageBatchRoutes;
import dev.gufo.server.chat.ChatRoute;
import dev.gufo.server.chat.PredictRoute;
import dev.gufo.server.completions.CompletionRoute;
import dev.gufo.server.connect.ConnectRoute;
import dev.gufo.server.docs.DocsRoutes;
import dev.gufo.server.doctor.DoctorRoutes;
import dev.gufo.server.embeddings.EmbeddingsRoute;
import dev.gufo.server.embeddings.RerankRoute;
import dev.gufo.server.embeddings.VectorWork;
import dev.gufo.server.error.ErrorResponses;
import dev.gufo.server.exchange.AnswerCache;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.exchange.ModelWait;
import dev.gufo.server.files.FileRoutes;
import dev.gufo.server.files.FileStore;
import dev.gufo.server.files.UploadRoutes;
import dev.gufo.server.health.Health;
import dev.gufo.server.health.HealthRoutes;
import dev.gufo.server.http.ApiVersion;
import dev.gufo.server.http.BodyLength;
import dev.gufo.server.http.BodyRoom;
import dev.gufo.server.http.InFlight;
import dev.gufo.server.http.JsonBody;
import dev.gufo.server.messages.MessagesRoute;
import dev.gufo.server.models.AdminAliases;
import dev.gufo.server.models.AdminModels;
import dev.gufo.server.models.CatalogRoute;
import dev.gufo.server.models.ModelRoutes;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.moderations.ModerationRoute;
import dev.gufo.server.policy.ContentChecks;
import dev.gufo.server.policy.GuardModels;
import dev.gufo.server.policy.PolicyFile;
import dev.gufo.server.pulls.Pulls;
import dev.gufo.server.responses.ResponseStore;
import dev.gufo.server.responses.ResponsesApi;
import dev.gufo.server.status.StatusRoutes;
import dev.gufo.server.tokens.TokenRoutes;
import dev.gufo.server.web.WebPage;
import io.github.bucket4j.TimeMeter;
import io.javalin.config.RoutesConfig;
import io.javalin.http.HandlerType;
import io.javalin.router.InternalRouter;
import java.time.Clock;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Every route of the server, and what all of them go through.
 *
 * @param responseStore where responses are kept, if they are
 * @param files where callers' files are kept, if they are
 * @param pulls downloads of models
 * @param aliases what they mean and have meant
 * @param adminPort of {@code /admin}, where it has one of its own
 */
record Routes(
        ServerSettings settings,
        ServedModels models,
        StoredKeys keys,
        Accounting accounting,
        Health health,
        InFlight inFlight,
        RequestIds requestIds,
        ErrorResponses errors,
        Optional<ResponseStore> responseStore,
        Optional<FileStore> files,
        Pulls pulls,
        AdminAliases aliases,
        Optional<IntSupplier> adminPort) {
    private static final List<HandlerType> METHODS =
            List.of(HandlerType.GET, HandlerType.POST, HandlerType.PATCH, HandlerType.DELETE);

    /** @param router where they end up, to tell which methods a path takes */
    void register(RoutesConfig routes, InternalRouter router) {
        Supplier<RandomGenerator> random = ThreadLocalRandom::current;
        var exchanges = new Exchanges(
                new JsonBody(settings.maxBodyBytes()),
                new BodyRoom(Runtime.getRuntime().maxMemory()),
                models,
                new ModelWait(settings.loadWait(), settings.heartbeat()),
                inFlight,
                accounting,
                settings.answerCacheBytes() > 0
                        ? Optional.of(new AnswerCache(settings.answerCacheBytes()))
                        : Optional.empty());
        Clock clock = Clock.system(ZoneId.systemDefault());
        var guards = guardModels(settings, models, accounting, clock);
        var checks = contentChecks(settings, guards, accounting);
        var answers = Answers.of(
                settings.strictContext(), settings.volatileLines(), checks, settings.heartbeat(), clock, random);
        var vectors = new VectorWork(settings.heartbeat());
        var access =
                new Access(new ApiKeys(settings.apiKeys()), keys, InstantSource.system(), TimeMeter.SYSTEM_NANOTIME);
        var hosts = new Hosts(settings.allowedHosts(), settings.host(), () -> !access.required());
        var cors = new Cors(settings.corsOrigins());
        var bodyLength = new BodyLength(settings.maxBodyBytes());
        routes.before(accounting::arrive);
        routes.before(requestIds::assign);
        routes.before(ApiVersion::check);
        routes.before(hosts::check);
        adminPort.ifPresent(port -> routes.before(ctx -> AdminPlace.keepApart(ctx, port)));
        routes.before(ctx -> cors.apply(ctx, () -> methods(router, ctx.path())));
        routes.beforeMatched(access::check);
        routes.beforeMatched(accounting::tellRates);
        routes.beforeMatched(bodyLength::check);
        errors.register(routes);

        if (settings.web()) {
            var page = new WebPage();
            routes.get("/", page::chat, Rule.OPEN);
            routes.get("/web/{file}", page::asset, Rule.OPEN);
            if (settings.admin().on()) {
                routes.get("/admin", page::operation, Rule.OPEN);
            }
        }

        var healthRoutes = new HealthRoutes(models, inFlight, health, errors);
        routes.get("/health", healthRoutes::health, Rule.OPEN);
        routes.get("/ready", healthRoutes::ready, Rule.OPEN);

        var docs = new DocsRoutes();
        routes.get("/openapi.json", docs::document, Rule.OPEN);
        routes.get("/docs", docs::page, Rule.OPEN);
        routes.get("/docs/{file}", docs::asset, Rule.OPEN);

        var modelRoutes = new ModelRoutes(models);
        routes.get("/v1/models", modelRoutes::list, Rule.KEY);
        // Angle brackets take slashes too: ids such as "org/model".
        routes.get("/v1/models/<id>", modelRoutes::one, Rule.KEY);
        routes.get("/v1/catalog", new CatalogRoute(models)::list, Rule.KEY);
        routes.get("/v1/connect", new ConnectRoute(models)::list, Rule.KEY);

        var turns = new Turns(answers, models.all());
        var chat = new ChatRoute(exchanges, answers, turns);
        routes.post("/v1/chat/completions", chat::complete, Rule.KEY);
        routes.post("/v1/chat/completions/input_tokens", chat::inputTokens, Rule.KEY);
        var predictions = new PredictRoute(exchanges, answers, turns);
        routes.post("/v1/models/<id>/predict", predictions::predict, Rule.KEY);
        var seal = new ReasoningSeal(settings.apiKeys());
        var messages = new MessagesRoute(exchanges, answers, new Turns(answers.cuttingToFit(), List.of()), seal);
        routes.post("/v1/messages", messages::create, Rule.KEY);
        routes.post("/v1/messages/count_tokens", messages::countTokens, Rule.KEY);
        var callers = new KnownCallers(new ApiKeys(settings.apiKeys()), keys, InstantSource.system());
        var api = ResponsesApi.start(
                exchanges, answers, turns, seal, responseStore, settings.maxBodyBytes(), errors, callers);
        routes.post("/v1/responses", api.responses()::create, Rule.KEY);
        routes.post("/v1/responses/input_tokens", api.responses()::inputTokens, Rule.KEY);
        routes.post("/v1/responses/compact", api.responses()::compact, Rule.KEY);
        api.stored().ifPresent(stored -> {
            routes.get("/v1/responses/{id}", stored.one(accounting::counted), Rule.KEY);
            routes.delete("/v1/responses/{id}", accounting.counted(stored::delete), Rule.KEY);
            routes.get("/v1/responses/{id}/input_items", accounting.counted(stored::inputItems), Rule.KEY);
            routes.post("/v1/responses/{id}/cancel", accounting.counted(stored::cancel), Rule.KEY);
        });
        api.administration().filter(_ -> settings.admin().on()).ifPresent(kept -> {
            routes.get("/admin/responses", kept::list, Rule.ADMIN);
            routes.post("/admin/responses/{id}/cancel", kept::cancel, Rule.ADMIN);
            routes.delete("/admin/responses/{id}", kept::delete, Rule.ADMIN);
        });
        api.conversations().ifPresent(conversations -> {
            routes.post("/v1/conversations", conversations::create, Rule.KEY);
            routes.get("/v1/conversations/{id}", accounting.counted(conversations::one), Rule.KEY);
            routes.post("/v1/conversations/{id}", conversations::update, Rule.KEY);
            routes.delete("/v1/conversations/{id}", accounting.counted(conversations::delete), Rule.KEY);
            routes.get("/v1/conversations/{id}/items", accounting.counted(conversations::items), Rule.KEY);
            routes.post("/v1/conversations/{id}/items", conversations::append, Rule.KEY);
            routes.get("/v1/conversations/{id}/items/{item}", accounting.counted(conversations::item), Rule.KEY);
            routes.delete(
                    "/v1/conversations/{id}/items/{item}", accounting.counted(conversations::deleteItem), Rule.KEY);
        });
        var completions = new CompletionRoute(exchanges, answers);
        routes.post("/v1/completions", completions::complete, Rule.KEY);
        var embeddings = new EmbeddingsRoute(exchanges, vectors, checks);
        routes.post("/v1/embeddings", embeddings::embed, Rule.KEY);
        var rerank = new RerankRoute(exchanges, vectors, checks);
        routes.post("/v1/rerank", rerank::rerank, Rule.KEY);
        ModerationRoute moderations = moderations(settings, exchanges, checks, guards, answers);
        routes.post("/v1/moderations", moderations::moderate, Rule.KEY);

        files.ifPresent(store -> {
            var fileRoutes = new FileRoutes(store, inFlight);
            routes.post("/v1/files", accounting.counted(fileRoutes::upload), Rule.KEY, BodyLength.Rule.OWN_LIMIT);
            routes.get("/v1/files", accounting.counted(fileRoutes::list), Rule.KEY);
            routes.get("/v1/files/{id}", accounting.counted(fileRoutes::one), Rule.KEY);
            routes.get("/v1/files/{id}/content", accounting.counted(fileRoutes::content), Rule.KEY);
            routes.delete("/v1/files/{id}", accounting.counted(fileRoutes::delete), Rule.KEY);
            var uploads = new UploadRoutes(store, exchanges);
            routes.post("/v1/uploads", uploads::create, Rule.KEY);
            routes.post(
                    "/v1/uploads/{id}/parts", accounting.counted(uploads::part), Rule.KEY, BodyLength.Rule.OWN_LIMIT);
            routes.post("/v1/uploads/{id}/complete", uploads::complete, Rule.KEY);
            routes.post("/v1/uploads/{id}/cancel", accounting.counted(uploads::cancel), Rule.KEY);
            BatchEndpoints endpoints = FileAnswers.endpoints(
                    models, chat, predictions, completions, api.responses(), messages, embeddings, rerank, moderations);
            Batches batches = Batches.start(
                    exchanges,
                    store,
                    errors,
                    callers::find,
                    endpoints,
                    new Batches.Settings(
                            settings.batchShare(),
                            settings.batchHours(),
                            settings.files().retention()),
                    settings.maxBodyBytes(),
                    InstantSource.system(),
                    random);
            var batchRoutes = new BatchRoutes(batches);
            routes.post("/v1/batches", batchRoutes::create, Rule.KEY);
            routes.get("/v1/batches", accounting.counted(batchRoutes::list), Rule.KEY);
            routes.get("/v1/batches/{id}", accounting.counted(batchRoutes::one), Rule.KEY);
            routes.post("/v1/batches/{id}/cancel", accounting.counted(batchRoutes::cancel), Rule.KEY);
            routes.get("/v1/batches/{id}/results", accounting.counted(batchRoutes::results), Rule.KEY);
            if (settings.admin().on()) {
                var adminBatches = new AdminBatches(batches);
                routes.get("/admin/batches", adminBatches::list, Rule.ADMIN);
                routes.post("/admin/batches/{id}/cancel", adminBatches::cancel, Rule.ADMIN);
                routes.get("/admin/batches/{id}/results", adminBatches::results, Rule.ADMIN);
            }
            var messageBatches = new MessageBatchRoutes(batches);
            routes.post(
                    "/v1/messages/batches",
                    accounting.counted(messageBatches::create),
                    Rule.KEY,
                    BodyLength.Rule.OWN_LIMIT);
            routes.get("/v1/messages/batches", accounting.counted(messageBatches::list), Rule.KEY);
            routes.get("/v1/messages/batches/{id}", accounting.counted(messageBatches::one), Rule.KEY);
            routes.delete("/v1/messages/batches/{id}", accounting.counted(messageBatches::delete), Rule.KEY);
            routes.post("/v1/messages/batches/{id}/cancel", accounting.counted(messageBatches::cancel), Rule.KEY);
            routes.get("/v1/messages/batches/{id}/results", accounting.counted(messageBatches::results), Rule.KEY);
        });

        var tokens = new TokenRoutes(exchanges);
        routes.post("/v1/tokenize", tokens::tokenize, Rule.KEY);
        routes.post("/v1/detokenize", tokens::detokenize, Rule.KEY);

        routes.get("/v1/usage", accounting.counted(accounting.usage()::own), Rule.KEY);
        switch (accounting.settings().metrics()) {
            case KEY -> routes.get("/metrics", accounting.metrics()::scrape, Rule.KEY);
            case OPEN -> routes.get("/metrics", accounting.metrics()::scrape, Rule.OPEN);
            case OFF -> {}
        }
        if (settings.admin().on()) {
            registerAdmin(routes);
        }
    }

    private void registerAdmin(RoutesConfig routes) {
        routes.get("/admin/usage", accounting.usage()::everyones, Rule.ADMIN);
        var adminModels = new AdminModels(models, settings.loadWait());
        routes.get("/admin/models", adminModels::list, Rule.ADMIN);
        routes.get("/admin/plan", adminModels::plan, Rule.ADMIN);
        routes.post("/admin/models/<id>/load", adminModels::load, Rule.ADMIN);
        routes.post("/admin/models/<id>/unload", adminModels::unload, Rule.ADMIN);
        routes.post("/admin/models/<id>/pin", adminModels::pin, Rule.ADMIN);
        routes.post("/admin/models/<id>/unpin", adminModels::unpin, Rule.ADMIN);
        routes.get("/admin/catalog", new CatalogRoute(models)::list, Rule.ADMIN);
        routes.get("/admin/connect", new ConnectRoute(models)::list, Rule.ADMIN);
        var doctor = new DoctorRoutes(settings.doctor(), InstantSource.system());
        routes.get("/admin/doctor", doctor::findings, Rule.ADMIN);
        routes.post("/admin/doctor", doctor::examine, Rule.ADMIN);
        var status = new StatusRoutes(
                models, adminModels, health, accounting.metrics(), pulls, inFlight, settings.heartbeat());
        routes.get("/admin/status", status::status, Rule.ADMIN);
        routes.get("/admin/events", status::events, Rule.ADMIN);
        routes.get("/admin/pulls", pulls::list, Rule.ADMIN);
        routes.post("/admin/pulls", pulls::create, Rule.ADMIN);
        routes.delete("/admin/pulls/{id}", pulls::cancel, Rule.ADMIN);
        routes.get("/admin/requests", accounting.requests()::list, Rule.ADMIN);
        routes.get("/admin/aliases", aliases::list, Rule.ADMIN);
        routes.post("/admin/aliases", aliases::move, Rule.ADMIN);
        var adminKeys = new AdminKeys(keys);
        routes.get("/admin/keys", adminKeys::list, Rule.ADMIN);
        routes.post("/admin/keys", adminKeys::create, Rule.ADMIN);
        routes.get("/admin/keys/{id}", adminKeys::one, Rule.ADMIN);
        routes.patch("/admin/keys/{id}", adminKeys::update, Rule.ADMIN);
        routes.delete("/admin/keys/{id}", adminKeys::revoke, Rule.ADMIN);
    }

    /** What a path takes, besides {@code OPTIONS}; empty if there is no such path. */
    private static List<String> methods(InternalRouter router, String path) {
        return METHODS.stream()
                .filter(method -> router.hasHttpHandlerEntry(method, path))
                .map(HandlerType::name)
                .toList();
    }

    /** The models that judge content for policies, and for clients that ask. */
    static GuardModels guardModels(ServerSettings settings, ServedModels models, Accounting accounting, Clock clock) {
        var prompts = new Prompts(clock, true);
        return new GuardModels(
                models,
                accounting,
                (model, info, conversation) ->
                        prompts.render(model, info, conversation, "", "").rendering(),
                settings.loadWait(),
                clock);
    }

    /** What keeps the content of requests and answers to the operator's policies. */
    static ContentChecks contentChecks(ServerSettings settings, GuardModels guards, Accounting accounting) {
        return new ContentChecks(
                settings.policy(),
                settings.policy().file().flatMap(PolicyFile::guard).map(guards::guard),
                accounting.metrics().policies());
    }

    /** What tells clients what their texts are, by the operator's rules and guard model. */
    static ModerationRoute moderations(
            ServerSettings settings, Exchanges exchanges, ContentChecks checks, GuardModels guards, Answers answers) {
        return new ModerationRoute(
                exchanges, checks.rules(), guards, settings.policy().file().flatMap(PolicyFile::guard), answers::id);
    }
}
