package dev.gufo.engine;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The events of a generation on their way from the engine thread to the one that reads them. */
public final class QueuedGeneration implements Generation {
    private final LinkedBlockingQueue<GenerationEvent> events = new LinkedBlockingQueue<>();
    private volatile Runnable cancellation = () -> {};

    /** Sets what {@link #cancel} does. */
    public void onCancel(Runnable action) {
        cancellation = action;
    }

    /** Takes the next event. */
    public void put(GenerationEvent event) {
        events.add(event);
    }

    @Override
    public Optional<GenerationEvent> next(Duration timeout) throws InterruptedException {
        return Optional.ofNullable(events.poll(timeout.toNanos(), TimeUnit.NANOSECONDS));
    }

    @Override
    public void cancel() {
        cancellation.run();
    }
}
