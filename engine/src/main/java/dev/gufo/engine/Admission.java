package dev.gufo.engine;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Admission control: as many requests may run and wait as there are places, which their owners share. While all places
 * are taken, an owner with less than its share is still admitted, up to twice the number of places. So one owner's
 * thousand requests do not shut others out.
 *
 * <p>Safe for any thread: the counts are changed under this object's lock.
 */
public final class Admission {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final int sequences;
    private final int places;
    private final Map<String, Integer> byOwner = new HashMap<>();
    private int taken;

    /**
     * So many places, all free.
     *
     * @param sequences requests that run at once
     * @param queue requests that wait besides
     */
    public Admission(int sequences, int queue) {
        this.sequences = sequences;
        this.places = sequences + queue;
    }

    /**
     * Takes a place; for a request that was admitted before, by a worker that was lost or as another of its choices,
     * there is always one.
     *
     * @return gives it back when run, once
     * @throws EngineException.Refused with {@link Refusal.QueueFull}
     */
    public Runnable take(GenerationRequest request) {
        String owner = request.owner().id();
        return request.resumed().isPresent() || request.admitted() ? takeAnyway(owner) : take(owner);
    }

    /** The same for texts to make vectors of. */
    public Runnable take(EmbeddingRequest request) {
        String owner = request.owner().id();
        return request.resent() ? takeAnyway(owner) : take(owner);
    }

    /**
     * Takes a place for a new request.
     *
     * @return gives it back when run, once
     * @throws EngineException.Refused with {@link Refusal.QueueFull}
     */
    public synchronized Runnable take(String owner) {
        int own = byOwner.getOrDefault(owner, 0);
        int owners = byOwner.size() + (own == 0 ? 1 : 0);
        boolean belowShare = own < places / owners && taken < 2 * places;
        if (taken >= places && !belowShare) {
            throw new EngineException.Refused(new Refusal.QueueFull(Math.max(0, taken - sequences), RETRY_AFTER));
        }
        return takeAnyway(owner);
    }

    private synchronized Runnable takeAnyway(String owner) {
        taken++;
        byOwner.merge(owner, 1, Integer::sum);
        return () -> giveBack(owner);
    }

    private synchronized void giveBack(String owner) {
        taken--;
        byOwner.computeIfPresent(owner, (_, count) -> count == 1 ? null : count - 1);
    }

    /** Requests that wait or run. */
    public synchronized int taken() {
        return taken;
    }
}
