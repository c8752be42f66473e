package dev.gufo.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/** Drives a server through a {@link LoadPlan}: finds out the model and its tokens per word, warms up, measures. */
public final class LoadGenerator {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PROBE_WORDS = 32;
    private static final int LONGER_PROBE_WORDS = 96;
    private static final long PAUSE_MILLIS = 100;

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
     * Does one run; the calling thread waits for its end.
     *
     * @throws TargetUnusable if the server names no model or does not answer a request of one token
     */
    public LoadReport run() throws TargetUnusable, InterruptedException {
        try (var connections = new Connections(target, plan.timeout().toNanos())) {
            String model = plan.model().isPresent() ? plan.model().get() : firstModel(connections);
            TokenRate rate = tokenRate(connections, model);
            var requests = new ChatRequests(plan.workload(), model, rate, plan.seed());
            watch.start();
            if (plan.warmUpRequests() > 0) {
                // Negative numbers: prompts that the measured requests do not repeat.
                var warmUp = new LoadPlan.Extent.Requests(plan.warmUpRequests());
                run(new Phase(connections, requests, warmUp, -plan.warmUpRequests()));
            }
            watch.warm();
            Measurements measured = run(new Phase(connections, requests, plan.extent(), 0));
            Figures figures = measured.figures(connections.opened());
            return new LoadReport(target, plan, model, rate.perWord(), figures, watch.end());
        }
    }

    private Measurements run(Phase phase) throws InterruptedException {
        switch (plan.arrivals()) {
            case Arrivals.ClosedLoop(int clients) -> phase.closedLoop(clients);
            case Arrivals.Poisson arrivals -> phase.openLoop(arrivals, new SplittableRandom(plan.seed()));
        }
        return phase.measurements;
    }

    private static String firstModel(Connections connections) throws TargetUnusable {
        var body = new ByteArrayOutputStream();
        try {
            connections.get("/models", new HttpConnection.Receiver() {
                @Override
                public void head(int status) {}

                @Override
                public void body(byte[] bytes, int from, int to, long readNanos) {
                    body.write(bytes, from, to - from);
                }
            });
            JsonNode name =
                    JSON.readTree(body.toByteArray()).path("data").path(0).path("id");
            if (name.isTextual()) {
                return name.textValue();
            }
            throw new TargetUnusable("the server lists no model: " + body.toString(StandardCharsets.UTF_8));
        } catch (ExchangeFailed e) {
            throw new TargetUnusable(
                    "the server does not list its models: " + e.failure().label());
        } catch (IOException e) {
            throw new TargetUnusable("the server's list of models is not JSON");
        }
    }

    private TokenRate tokenRate(Connections connections, String model) throws TargetUnusable {
        if (plan.workload().tokensPerWord().isPresent()) {
            return new TokenRate(plan.workload().tokensPerWord().getAsDouble(), TokenRate.ENGLISH.overhead());
        }
        long tokens = probe(connections, model, PROBE_WORDS);
        long more = probe(connections, model, LONGER_PROBE_WORDS);
        return more > tokens
                ? TokenRate.through(PROBE_WORDS, tokens, LONGER_PROBE_WORDS, more)
                : TokenRate.ENGLISH; // no usage, or one that does not count
    }

    private long probe(Connections connections, String model, int words) throws TargetUnusable {
        HttpConnection connection = connections.take();
        try {
            return switch (connections.complete(connection, ChatRequests.probe(model, words, plan.seed()), false)) {
                case Outcome.Completed answer ->
                    answer.usage().map(Usage::promptTokens).orElse(0L);
                case Outcome.Failed(Failure failure, long _) ->
                    throw new TargetUnusable("a request of one token failed: " + failure.label());
            };
        } finally {
            connections.giveBack(connection);
        }
    }

    /** Warm-up or measurement: a stretch of requests whose outcomes are collected together. */
    private final class Phase {
        private final Connections connections;
        private final ChatRequests requests;
        private final Tickets tickets;
        private final Measurements measurements;

        Phase(Connections connections, ChatRequests requests, LoadPlan.Extent extent, long firstRequest) {
            long now = System.nanoTime();
            this.connections = connections;
            this.requests = requests;
            this.tickets = new Tickets(extent, firstRequest, now);
            this.measurements = new Measurements(now);
        }

        void closedLoop(int clients) throws InterruptedException {
            var threads = Executors.newFixedThreadPool(
                    clients, Thread.ofPlatform().name("client-", 0).factory());
            try (threads) {
                List<Future<?>> ends = new ArrayList<>();
                for (int i = 0; i < clients; i++) {
                    ends.add(threads.submit(this::client, null));
                }
                await(ends);
            }
        }

        private void client() {
            HttpConnection connection = connections.take();
            for (OptionalLong ticket = tickets.next(); ticket.isPresent(); ticket = tickets.next()) {
                byte[] body = requests.body(ticket.getAsLong());
                long start = System.nanoTime();
                Outcome outcome = send(connection, body, start);
                if (outcome instanceof Outcome.Failed(Failure failure, long _) && failure == Failure.Broken.CONNECT) {
                    // Nobody is listening: trying on without a break would only take processor time from who restarts.
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS));
                }
            }
            measurements.exhausted(System.nanoTime());
            connections.giveBack(connection);
        }

        void openLoop(Arrivals.Poisson arrivals, RandomGenerator random) throws InterruptedException {
            var room = new Semaphore(Arrivals.Poisson.MAX_IN_FLIGHT);
            List<Future<?>> ends = new ArrayList<>();
            try (ExecutorService threads = Executors.newCachedThreadPool(
                    Thread.ofPlatform().name("client-", 0).factory())) {
                long due = System.nanoTime();
                for (OptionalLong ticket = tickets.next(); ticket.isPresent(); ticket = tickets.next()) {
                    byte[] body = requests.body(ticket.getAsLong());
                    due += arrivals.gapNanos(random);
                    sleepUntil(due);
                    if (room.tryAcquire()) {
                        long arrival = due;
                        ends.add(threads.submit(() -> arrived(body, arrival, room), null));
                    } else {
                        measurements.record(due, new Outcome.Failed(Failure.Broken.NOT_SENT, System.nanoTime()));
                    }
                }
                await(ends);
            }
        }

        private void arrived(byte[] body, long arrival, Semaphore room) {
            HttpConnection connection = connections.take();
            send(connection, body, arrival);
            connections.giveBack(connection);
            room.release();
        }

        private Outcome send(HttpConnection connection, byte[] body, long startNanos) {
            Outcome outcome = connections.complete(connection, body, plan.workload().stream());
            measurements.record(startNanos, outcome);
            watch.requestEnded();
            return outcome;
        }

        private static void sleepUntil(long nanos) throws InterruptedException {
            for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
                TimeUnit.NANOSECONDS.sleep(left);
            }
        }

        private static void await(List<Future<?>> ends) throws InterruptedException {
            for (Future<?> end : ends) {
                try {
                    end.get();
                } catch (ExecutionException e) {
                    throw new AssertionError("a client thread failed", e.getCause());
                }
            }
        }
    }
}
