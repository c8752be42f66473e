package dev.gufo.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.SplittableRandom;

/** Drives a server through a {@link LoadPlan}: finds out the model and its tokens per word, warms up, measures. */
public final class LoadGenerator {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PROBE_WORDS = 32;
    private static final int LONGER_PROBE_WORDS = 96;

    private final Target target;
    private final LoadPlan plan;
    private final MemoryWatch watch;

    /** What cannot be measured: the server is not there, or refuses the very first requests. */
    public static final class TargetUnusable extends Exception {
        TargetUnusable(String message) {
            super(message);
        }
    }

    public LoadGenerator(Target target, LoadPlan plan, MemoryWatch watch) {
        this.target = target;
        this.plan = plan;
        this.watch = watch;
    }

    /**
     * Does one run on the calling thread.
     *
     * @throws TargetUnusable if the server names no model or does not answer a request of one token
     */
    public LoadReport run() throws TargetUnusable {
        try (var loop = new EventLoop(target, plan.timeout().toNanos())) {
            String model = plan.model().isPresent() ? plan.model().get() : firstModel(loop);
            TokenRate rate = tokenRate(loop, model);
            var requests = new ChatRequests(plan.workload(), model, rate, plan.seed());
            watch.start();
            if (plan.warmUpRequests() > 0) {
                // Negative numbers: prompts that the measured requests do not repeat.
                var warmUp = new LoadPlan.Extent.Requests(plan.warmUpRequests());
                run(loop, requests, new Tickets(warmUp, -plan.warmUpRequests(), System.nanoTime()));
            }
            watch.warm();
            Measurements measured = run(loop, requests, new Tickets(plan.extent(), 0, System.nanoTime()));
            return new LoadReport(target, plan, model, rate.perWord(), measured.figures(loop.opened()), watch.end());
        }
    }

    private Measurements run(EventLoop loop, ChatRequests requests, Tickets tickets) {
        var phase = new Phase(loop, target, requests, tickets, watch, plan.workload().stream());
        return switch (plan.arrivals()) {
            case Arrivals.ClosedLoop(int clients) -> phase.closedLoop(clients);
            case Arrivals.Poisson arrivals -> phase.openLoop(arrivals, new SplittableRandom(plan.seed()));
        };
    }

    private String firstModel(EventLoop loop) throws TargetUnusable {
        var body = new ByteArrayOutputStream();
        var exchange = new RoundTrip(
                target.get("/models"),
                new HttpResponse.Receiver() {
                    @Override
                    public void head(int status) {}

                    @Override
                    public void body(byte[] bytes, int from, int to, long readNanos) {
                        body.write(bytes, from, to - from);
                    }
                },
                System.nanoTime());
        loop.perform(exchange);
        if (exchange.failure().isPresent()) {
            throw new TargetUnusable("the server does not list its models: "
                    + exchange.failure().get().label());
        }
        try {
            JsonNode answer = JSON.readTree(body.toByteArray());
            JsonNode name = answer.path("data").path(0).path("id");
            if (name.isTextual()) {
                return name.textValue();
            }
            throw new TargetUnusable("the server lists no model: " + answer);
        } catch (IOException e) {
            throw new TargetUnusable("the server's list of models is not JSON");
        }
    }

    private TokenRate tokenRate(EventLoop loop, String model) throws TargetUnusable {
        if (plan.workload().tokensPerWord().isPresent()) {
            return new TokenRate(plan.workload().tokensPerWord().getAsDouble(), TokenRate.ENGLISH.overhead());
        }
        long tokens = probe(loop, model, PROBE_WORDS);
        long more = probe(loop, model, LONGER_PROBE_WORDS);
        return more > tokens
                ? TokenRate.through(PROBE_WORDS, tokens, LONGER_PROBE_WORDS, more)
                : TokenRate.ENGLISH; // no usage, or one that does not count
    }

    private long probe(EventLoop loop, String model, int words) throws TargetUnusable {
        var reader = new CompletionReader(false);
        byte[] request = target.post("/chat/completions", ChatRequests.probe(model, words, plan.seed()));
        var exchange = new RoundTrip(request, reader, System.nanoTime());
        loop.perform(exchange);
        return switch (reader.outcome(exchange)) {
            case RequestOutcome.Completed answer ->
                answer.usage().map(TokenUsage::promptTokens).orElse(0L);
            case RequestOutcome.Failed(Failure failure, long _) ->
                throw new TargetUnusable("a request of one token failed: " + failure.label());
        };
    }
}
