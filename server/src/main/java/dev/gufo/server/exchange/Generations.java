package dev.gufo.server.exchange;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The generations of one request, read as one. A single one is read directly; of several, each has a virtual thread
 * that moves its events into one queue. Read and closed by the request's thread.
 *
 * <p>Of many, only some are in the engine at a time, enough to keep it busy. One that has ended leaves its place to the
 * next one: a request neither takes all places of the queue nor needs more of them than there are.
 */
public final class Generations implements AutoCloseable {
    private static final Duration LONG = Duration.ofHours(1);

    private final Engine engine;
    private final List<GenerationRequest> requests;
    private final int together;
    private final List<Generation> started = new ArrayList<>();
    private final List<Thread> movers = new ArrayList<>();
    private final BlockingQueue<Optional<Event>> queue = new LinkedBlockingQueue<>(); // empty: the engine's status
    private final Set<Integer> over = new HashSet<>();
    private @Nullable Subscription status; // null while it does not matter

    /**
     * What one of them tells.
     *
     * @param choice index of the generation
     */
    public record Event(int choice, GenerationEvent event) {
        private boolean isEnd() {
            return event instanceof GenerationEvent.Finished || event instanceof GenerationEvent.Failed;
        }
    }

    private Generations(Engine engine, List<GenerationRequest> requests) {
        this.engine = engine;
        this.requests = requests;
        this.together = 2 * Math.max(1, engine.model().sequences());
    }

    /**
     * Queues the first of the requests.
     *
     * @throws dev.gufo.engine.EngineException if the engine does not take it
     */
    public static Generations start(Engine engine, List<GenerationRequest> requests) {
        var generations = new Generations(engine, requests);
        try {
            generations.start(requests.getFirst());
            generations.startMore();
        } catch (RuntimeException e) {
            generations.close();
            throw e;
        }
        return generations;
    }

    /** Starts as many as may run together, or as the engine has places for. */
    private void startMore() {
        boolean taken = true;
        while (taken && isMore() && started.size() - over.size() < together) {
            taken = startNext(false);
        }
    }

    private boolean isMore() {
        return started.size() < requests.size();
    }

    /**
     * Starts the next one.
     *
     * @param admitted whether it takes the place of one that has ended
     * @return false if the engine has no place for now
     */
    private boolean startNext(boolean admitted) {
        try {
            GenerationRequest next = requests.get(started.size());
            start(admitted ? next.with().admitted(true).build() : next);
            return true;
        } catch (EngineException.Refused e) {
            if (!isPassing(e.refusal())) {
                throw e;
            }
            return false;
        }
    }

    /** No place, or none until a worker is there again, where those that were started go on then. */
    private boolean isPassing(Refusal refusal) {
        return refusal instanceof Refusal.QueueFull || engine.status() instanceof EngineStatus.Restarting;
    }

    private void start(GenerationRequest request) {
        int choice = started.size();
        Generation generation = engine.generate(request);
        started.add(generation);
        if (requests.size() > 1) {
            movers.add(Thread.ofVirtual().start(() -> move(choice, generation)));
        }
    }

    private void move(int choice, Generation generation) {
        try {
            boolean over = false;
            while (!over) {
                Optional<Event> event = generation.next(LONG).map(next -> new Event(choice, next));
                if (event.isPresent()) {
                    queue.add(event);
                }
                over = event.isPresent() && event.get().isEnd();
            }
        } catch (InterruptedException closed) {
            // The queue has no reader any more.
        }
    }

    /**
     * The next event of any generation, waiting for it if need be; empty if none came in time.
     *
     * @throws dev.gufo.engine.EngineException if the engine does not take a request whose turn it is, for another
     *     reason than that it has no place yet
     */
    public Optional<Event> next(Duration timeout) throws InterruptedException {
        if (requests.size() == 1) {
            return started.getFirst().next(timeout).map(event -> new Event(0, event));
        }
        Optional<Event> event = poll(timeout);
        if (event.isPresent() && event.get().isEnd()) {
            end(event.get().choice());
        }
        return event;
    }

    private Optional<Event> poll(Duration timeout) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        Optional<Event> event;
        do {
            event = queue.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (event != null && event.isEmpty()) {
                replace();
            }
        } while (event != null && event.isEmpty());
        return event == null ? Optional.empty() : event;
    }

    /**
     * Cancels one that has been started.
     *
     * @throws dev.gufo.engine.EngineException as {@link #next}
     */
    public void cancel(int choice) {
        started.get(choice).cancel();
        end(choice);
    }

    private void end(int choice) {
        if (over.add(choice)) {
            replace();
        }
    }

    /** Starts the next one in the place of the last one that ran; if there is no worker for it, once there is one. */
    private void replace() {
        if (isMore() && started.size() == over.size() && !startNext(true)) {
            if (status == null) {
                status = engine.onStatus(_ -> queue.add(Optional.empty()));
            }
        } else {
            startMore();
        }
    }

    /** Cancels what still runs. */
    @Override
    public void close() {
        if (status != null) {
            status.close();
        }
        started.forEach(Generation::close);
        movers.forEach(Thread::interrupt);
    }
}
