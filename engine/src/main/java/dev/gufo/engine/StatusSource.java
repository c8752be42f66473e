package dev.gufo.engine;

/**
 * The status of an engine, and who is told of it. Any thread may read it, set it and subscribe.
 *
 * <p>The lock is held while listeners are told, so that all of them hear the same in the same order; they never block.
 * Reading takes no lock.
 */
public final class StatusSource {
    private final Listeners<StatusListener> listeners = new Listeners<>();
    private volatile EngineStatus status; // written under the lock

    /** @param first what it is until it is set */
    public StatusSource(EngineStatus first) {
        status = first;
    }

    /** What was set last. Never blocks. */
    public EngineStatus status() {
        return status;
    }

    /**
     * Sets it, and tells the listeners on this thread; not if all that changed is the numbers of
     * {@link EngineStatus.Ready}. Without effect once it is {@link EngineStatus.Closed}.
     */
    public synchronized void set(EngineStatus now) {
        EngineStatus before = status;
        if (before instanceof EngineStatus.Ready && now instanceof EngineStatus.Ready) {
            status = now; // with each step: not even compared
        } else if (!(before instanceof EngineStatus.Closed || now.equals(before))) {
            status = now;
            listeners.tell(listener -> listener.changed(now));
        }
    }

    /** Subscribes, as {@link Engine#onStatus} says. */
    public synchronized Subscription subscribe(StatusListener listener) {
        Subscription subscription = listeners.add(listener);
        listener.changed(status);
        return () -> end(subscription);
    }

    private synchronized void end(Subscription subscription) {
        subscription.close();
    }
}
