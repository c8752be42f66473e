package dev.gufo.server;

import dev.gufo.server.access.Access;
import dev.gufo.server.access.Access.Rule;
import dev.gufo.server.access.AdminKeys;
import dev.gufo.server.access.AdminPlace;
import dev.gufo.server.access.Cors;
import dev.gufo.server.access.Hosts;
import dev.gufo.server.access.RequestIds;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.chat.ChatRoute;
import dev.gufo.server.completions.CompletionRoute;
import dev.gufo.server.docs.DocsRoutes;
import dev.gufo.server.embeddings.EmbeddingsRoute;
import dev.gufo.server.embeddings.RerankRoute;
import dev.gufo.server.error.ErrorResponses;
import dev.gufo.server.health.HealthRoutes;
import dev.gufo.server.http.BodyLength;
import dev.gufo.server.models.AdminModels;
import dev.gufo.server.models.ModelRoutes;
import dev.gufo.server.tokens.TokenRoutes;
import dev.gufo.server.usage.UsageRoutes;
import io.javalin.config.RoutesConfig;
import io.javalin.http.HandlerType;
import io.javalin.router.InternalRouter;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;

/** Every route of the server, and what all of them go through. */
record Routes(
        RequestIds requestIds,
        Hosts hosts,
        Cors cors,
        Access access,
        BodyLength bodyLength,
        ErrorResponses errors,
        HealthRoutes health,
        DocsRoutes docs,
        ModelRoutes models,
        EmbeddingsRoute embeddings,
        RerankRoute rerank,
        ChatRoute chat,
        CompletionRoute completions,
        TokenRoutes tokens,
        Accounting accounting,
        Optional<AdminKeys> adminKeys,
        Optional<UsageRoutes> adminUsage,
        Optional<AdminModels> adminModels,
        Optional<IntSupplier> adminPort) {
    private static final List<HandlerType> METHODS =
            List.of(HandlerType.GET, HandlerType.POST, HandlerType.PATCH, HandlerType.DELETE);

    /** @param router where they end up, to tell which methods a path takes */
    void register(RoutesConfig routes, InternalRouter router) {
        routes.before(accounting::arrive);
        routes.before(requestIds::assign);
        routes.before(hosts::check);
        adminPort.ifPresent(port -> routes.before(ctx -> AdminPlace.keepApart(ctx, port)));
        routes.before(ctx -> cors.apply(ctx, () -> methods(router, ctx.path())));
        routes.beforeMatched(access::check);
        routes.beforeMatched(accounting::tellRates);
        routes.beforeMatched(bodyLength::check);
        errors.register(routes);

        routes.get("/health", health::health, Rule.OPEN);
        routes.get("/ready", health::ready, Rule.OPEN);

        routes.get("/openapi.json", docs::document, Rule.OPEN);
        routes.get("/docs", docs::page, Rule.OPEN);
        routes.get("/docs/{file}", docs::asset, Rule.OPEN);

        routes.get("/v1/models", models::list, Rule.KEY);
        // Angle brackets take slashes too: ids such as "org/model".
        routes.get("/v1/models/<id>", models::one, Rule.KEY);

        routes.post("/v1/chat/completions", chat::complete, Rule.KEY);
        routes.post("/v1/chat/completions/input_tokens", chat::inputTokens, Rule.KEY);
        routes.post("/v1/completions", completions::complete, Rule.KEY);
        routes.post("/v1/tokenize", tokens::tokenize, Rule.KEY);
        routes.post("/v1/detokenize", tokens::detokenize, Rule.KEY);

        accounting.usage().ifPresent(usage -> routes.get("/v1/usage", accounting.counted(usage::own), Rule.KEY));
        switch (accounting.settings().metrics()) {
            case KEY -> routes.get("/metrics", accounting.metrics()::scrape, Rule.KEY);
            case OPEN -> routes.get("/metrics", accounting.metrics()::scrape, Rule.OPEN);
            case OFF -> {}
        }
        adminUsage.ifPresent(usage -> routes.get("/admin/usage", usage::everyones, Rule.ADMIN));
        adminModels.ifPresent(admin -> {
            routes.get("/admin/models", admin::list, Rule.ADMIN);
            routes.post("/admin/models/<id>/load", admin::load, Rule.ADMIN);
            routes.post("/admin/models/<id>/unload", admin::unload, Rule.ADMIN);
        });
        adminKeys.ifPresent(keys -> {
            routes.get("/admin/keys", keys::list, Rule.ADMIN);
            routes.post("/admin/keys", keys::create, Rule.ADMIN);
            routes.get("/admin/keys/{id}", keys::one, Rule.ADMIN);
            routes.patch("/admin/keys/{id}", keys::update, Rule.ADMIN);
            routes.delete("/admin/keys/{id}", keys::revoke, Rule.ADMIN);
        });
        routes.post("/v1/embeddings", embeddings::embed, Rule.KEY);
        routes.post("/v1/rerank", rerank::rerank, Rule.KEY);
    }

    /** What a path takes, besides {@code OPTIONS}; empty if there is no such path. */
    private static List<String> methods(InternalRouter router, String path) {
        return METHODS.stream()
                .filter(method -> router.hasHttpHandlerEntry(method, path))
                .map(HandlerType::name)
                .toList();
    }
}
