package dev.gufo.server.chat;

import dev.gufo.engine.Engine;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The generations of one request, read as one. A single one is read directly; of several, each has a virtual thread that moves its
 * events into one queue. Read and closed by the request's thread.
 */
final class Generations implements AutoCloseable {
    private static final Duration LONG = Duration.ofHours(1);

    private final List<Generation> all = new ArrayList<>();
    private final List<Thread> movers = new ArrayList<>();
    private final BlockingQueue<Event> queue = new LinkedBlockingQueue<>();

    /** @param choice index of the generation */
    record Event(int choice, GenerationEvent event) {}

    private Generations() {}

    /**
     * Queues all requests.
     *
     * @throws dev.gufo.engine.EngineException if one of them is not taken; then none runs
     */
    static Generations start(Engine engine, List<GenerationRequest> requests) {
        var generations = new Generations();
        try {
            requests.forEach(request -> generations.all.add(engine.generate(request)));
        } catch (RuntimeException e) {
            generations.close();
            throw e;
        }
        if (requests.size() > 1) {
            generations.moveEvents();
        }
        return generations;
    }

    private void moveEvents() {
        for (int i = 0; i < all.size(); i++) {
            int choice = i;
            movers.add(Thread.ofVirtual().start(() -> move(choice)));
        }
    }

    private void move(int choice) {
        try {
            GenerationEvent event = null;
            while (!(event instanceof GenerationEvent.Finished || event instanceof GenerationEvent.Failed)) {
                event = all.get(choice).next(LONG).orElse(null);
                if (event != null) {
                    queue.add(new Event(choice, event));
                }
            }
        } catch (InterruptedException closed) {
            // Nobody reads the queue any more.
        }
    }

    /** The next event of any generation, waiting for it if need be; empty if none came in time. */
    Optional<Event> next(Duration timeout) throws InterruptedException {
        if (movers.isEmpty()) {
            return all.getFirst().next(timeout).map(event -> new Event(0, event));
        }
        return Optional.ofNullable(queue.poll(timeout.toNanos(), TimeUnit.NANOSECONDS));
    }

    /** Cancels one of them. */
    void cancel(int choice) {
        all.get(choice).cancel();
    }

    /** Cancels what still runs. */
    @Override
    public void close() {
        all.forEach(Generation::close);
        movers.forEach(Thread::interrupt);
    }
}
