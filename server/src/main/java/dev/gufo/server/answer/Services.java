package dev.gufo.server.answer;

import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelRole;
import dev.gufo.engine.Owner;
import dev.gufo.server.accounting.Account;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.accounting.Work;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.exchange.Exchanges;
import dev.gufo.server.models.ServedModel;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What the routes that generate text work with. Safe for any thread.
 *
 * @param exchanges how their requests enter
 * @param clock for {@code created} and for templates
 * @param random a generator that the calling thread may use: for ids, and seeds where a request has none
 */
public record Services(
        Limits limits, Exchanges exchanges, Clock clock, Supplier<RandomGenerator> random, Accounting accounting) {
    /**
     * What the operator sets for these routes.
     *
     * @param strictContext refuses a {@code max_tokens} that the context has no room for, instead of stopping early
     * @param heartbeat after this much silence a stream gets a comment, and a client is checked for being there
     */
    public record Limits(boolean strictContext, Duration heartbeat) {}

    /**
     * What a caller is granted in the engine.
     *
     * @param owner takes turns with others; computed prompts are shared within it only
     * @param maxTokens most tokens of one answer
     */
    public record Allowance(Owner owner, int maxTokens) {}

    /**
     * The model that a request for text means; what the operator has set for it is then in the request where that says nothing.
     *
     * @throws dev.gufo.server.error.ApiException if there is no such model for the caller, or it does not generate
     */
    public ServedModel model(Exchange exchange) {
        ServedModel model = exchange.named(ModelRole.CHAT);
        DefaultParameters.fill(exchange.fields(), model.profile().parameters());
        return model;
    }

    public Allowance allowance(Exchange exchange) {
        return new Allowance(exchange.owner(), accounting.maxTokens(exchange.context()));
    }

    /** Accepts a request of some generations, which share one prompt or have each their own. */
    public Account open(Exchange exchange, String model, boolean stream, int promptTokens, List<GenerationRequest> jobs)
            throws InterruptedException {
        long output = jobs.stream().mapToLong(GenerationRequest::maxTokens).sum();
        return exchange.open(new Work(model, stream, promptTokens, output));
    }

    /** A new id of 128 random bits. */
    public String id(String prefix) {
        RandomGenerator generator = random.get();
        HexFormat hex = HexFormat.of();
        return prefix + hex.toHexDigits(generator.nextLong()) + hex.toHexDigits(generator.nextLong());
    }

    /** Seconds since 1970. */
    public long now() {
        return clock.instant().getEpochSecond();
    }
}
