package dev.gufo.server.exchange;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Refusal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The generations of one request, read as one. A single one is read directly; of several, each has a virtual thread
 * that moves its events into one queue. Read and closed by the request's thread.
 *
 * <p>Of many, only some are in the engine at a time, enough to keep it busy, and the next one goes there when one has
 * ended: a request neither takes all places of the queue nor needs more of them than there are.
 */
public final class Generations implements AutoCloseable {
    private static final Duration LONG = Duration.ofHours(1);
    /** While the engine has no place, and none of these is there whose end would make one. */
    private static final Duration ASK_AGAIN = Duration.ofMillis(50);

    private final Engine engine;
    private final List<GenerationRequest> requests;
    private final int together;
    private final List<Generation> started = new ArrayList<>();
    private final List<Thread> movers = new ArrayList<>();
    private final BlockingQueue<Event> queue = new LinkedBlockingQueue<>();
    private final Set<Integer> over = new HashSet<>();

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
            generations.startNext();
            generations.startMore();
        } catch (RuntimeException e) {
            generations.close();
            throw e;
        }
        return generations;
    }

    /** Starts as many as may run together, or as the engine has places for. */
    private void startMore() {
        try {
            while (started.size() < requests.size() && started.size() - over.size() < together) {
                startNext();
            }
        } catch (EngineException.Refused e) {
            if (!isPassing(e.refusal())) {
                throw e;
            }
        }
    }

    /** No place for now; those that are restarted have one again, and the ones that were started go on then. */
    private boolean isPassing(Refusal refusal) {
        return refusal instanceof Refusal.QueueFull || engine.status() instanceof EngineStatus.Restarting;
    }

    private void startNext() {
        int choice = started.size();
        Generation generation = engine.generate(requests.get(choice));
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
                event.ifPresent(queue::add);
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
        Event event = null;
        boolean wait = true;
        while (event == null && wait) {
            long left = end - System.nanoTime();
            boolean noneRuns = started.size() == over.size() && over.size() < requests.size();
            event = queue.poll(noneRuns ? Math.min(left, ASK_AGAIN.toNanos()) : left, TimeUnit.NANOSECONDS);
            wait = noneRuns && left > 0;
            if (event == null && noneRuns) {
                startMore();
            }
        }
        return Optional.ofNullable(event);
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
            startMore();
        }
    }

    /** Cancels what still runs. */
    @Override
    public void close() {
        started.forEach(Generation::close);
        movers.forEach(Thread::interrupt);
    }
}
