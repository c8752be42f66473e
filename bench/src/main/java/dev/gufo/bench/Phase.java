package dev.gufo.bench;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** Warm-up or measurement: a stretch of requests whose outcomes are collected together. On the loop's thread. */
final class Phase {
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONG = TimeUnit.HOURS.toNanos(1);

    private final EventLoop loop;
    private final Target target;
    private final ChatRequests requests;
    private final Tickets tickets;
    private final MemoryWatch watch;
    private final boolean stream;
    private final Measurements measurements = new Measurements(System.nanoTime());

    Phase(EventLoop loop, Target target, ChatRequests requests, Tickets tickets, MemoryWatch watch, boolean stream) {
        this.loop = loop;
        this.target = target;
        this.requests = requests;
        this.tickets = tickets;
        this.watch = watch;
        this.stream = stream;
    }

    /** Keeps {@code clients} requests in flight until there are no more, and waits for the last. */
    Measurements closedLoop(int clients) {
        Deque<Long> pauses = new ArrayDeque<>(); // when they are over, in order
        for (int i = 0; i < clients; i++) {
            sendNext();
        }
        while (loop.inFlight() > 0 || !pauses.isEmpty()) {
            long now = System.nanoTime();
            for (RoundTrip exchange : loop.turn(pauses.isEmpty() ? now + LONG : pauses.getFirst())) {
                record(exchange);
                if (exchange.failure().equals(Optional.of(Failure.Broken.CONNECT))) {
                    // The port is closed: trying on without a break would only take processor time from the restart.
                    pauses.addLast(exchange.endNanos() + PAUSE);
                } else {
                    sendNext();
                }
            }
            while (!pauses.isEmpty() && System.nanoTime() - pauses.getFirst() >= 0) {
                pauses.removeFirst();
                sendNext();
            }
        }
        return measurements;
    }

    private void sendNext() {
        OptionalLong ticket = tickets.next();
        if (ticket.isEmpty()) {
            measurements.exhausted(System.nanoTime());
            return;
        }
        byte[] request = request(ticket.getAsLong());
        loop.send(new RoundTrip(request, new CompletionReader(stream), System.nanoTime()));
    }

    /** Sends requests when they are due, whatever became of the others, and waits for the last. */
    Measurements openLoop(Arrivals.Poisson arrivals, RandomGenerator random) {
        long due = System.nanoTime();
        for (OptionalLong ticket = tickets.next(); ticket.isPresent(); ticket = tickets.next()) {
            byte[] request = request(ticket.getAsLong());
            due += arrivals.gapNanos(random);
            while (System.nanoTime() - due < 0) {
                loop.turn(due).forEach(this::record);
            }
            if (loop.inFlight() < Arrivals.Poisson.MAX_IN_FLIGHT) {
                loop.send(new RoundTrip(request, new CompletionReader(stream), due));
            } else {
                measurements.record(due, new RequestOutcome.Failed(Failure.Broken.NOT_SENT, System.nanoTime()));
                loop.turn(due).forEach(this::record); // the time is up: receives what is there
            }
        }
        while (loop.inFlight() > 0) {
            loop.turn(System.nanoTime() + LONG).forEach(this::record);
        }
        return measurements;
    }

    private byte[] request(long index) {
        return target.post("/chat/completions", requests.body(index));
    }

    private void record(RoundTrip exchange) {
        var reader = (CompletionReader) exchange.receiver();
        measurements.record(exchange.startNanos(), reader.outcome(exchange));
        watch.requestEnded();
    }
}
