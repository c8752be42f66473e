package dev.gufo.server.chat;

import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelRole;
import dev.gufo.engine.Owner;
import dev.gufo.server.access.Caller;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.accounting.Work;
import dev.gufo.server.health.InFlight;
import dev.gufo.server.models.ModelInUse;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * What the routes that generate text work with. Safe for any thread.
 *
 * @param modelWait how requests wait for models
 * @param clock for {@code created} and for templates
 * @param random a generator that the calling thread may use: for ids, and seeds where a request has none
 */
public record Services(
        Limits limits,
        ServedModels models,
        ModelWait modelWait,
        InFlight inFlight,
        Clock clock,
        Supplier<RandomGenerator> random,
        Accounting accounting) {
    /**
     * What the operator sets for these routes.
     *
     * @param maxBodyBytes largest request body in bytes, up to 1 GiB
     * @param strictContext refuses a {@code max_tokens} that the context has no room for, instead of stopping early
     * @param heartbeat after this much silence a stream gets a comment, and a client is checked for being there
     */
    public record Limits(long maxBodyBytes, boolean strictContext, Duration heartbeat) {}

    /**
     * What a caller is granted in the engine.
     *
     * @param owner takes turns with others; computed prompts are shared within it only
     * @param maxTokens most tokens of one answer
     */
    record Allowance(Owner owner, int maxTokens) {}

    /**
     * The model that a request means; what the operator has set for it is then in the request where that says nothing.
     *
     * @throws dev.gufo.server.error.ApiException if there is no such model for the caller
     */
    ServedModel model(Context ctx, Fields request) {
        ServedModel model = models.byId(request.text("model").orElse(""), ModelRole.CHAT, Caller.of(ctx)::allowsModel);
        DefaultParameters.fill(request, model.profile().parameters());
        return model;
    }

    /**
     * That model, loaded and ready, for a request which generates text.
     *
     * @param stream whether the answer is a stream
     * @param prompt the texts that its prompt will hold
     * @return to be closed by the caller
     * @throws dev.gufo.server.error.ApiException if it does not generate, can't be loaded, or the caller has no room for the request
     */
    ModelInUse use(Context ctx, ServedModel model, boolean stream, Supplier<Stream<String>> prompt)
            throws IOException, InterruptedException {
        model.requireRole(ModelRole.CHAT);
        return modelWait.await(ctx, model, stream, prompt);
    }

    Allowance allowance(Context ctx) {
        Caller caller = Caller.of(ctx);
        return new Allowance(new Owner(caller.id(), caller.priority()), accounting.maxTokens(ctx));
    }

    /** Accepts a request of some generations, which share one prompt or have each their own. */
    Account open(Context ctx, String model, boolean stream, int promptTokens, List<GenerationRequest> jobs)
            throws InterruptedException {
        long output = jobs.stream().mapToLong(GenerationRequest::maxTokens).sum();
        return accounting.open(ctx, new Work(model, stream, promptTokens, output, 1));
    }

    /** A new id of 128 random bits. */
    String id(String prefix) {
        RandomGenerator generator = random.get();
        HexFormat hex = HexFormat.of();
        return prefix + hex.toHexDigits(generator.nextLong()) + hex.toHexDigits(generator.nextLong());
    }

    /** Seconds since 1970. */
    long now() {
        return clock.instant().getEpochSecond();
    }
}
