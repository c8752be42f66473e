package dev.gufo.engine.worker;

import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.EngineException;
import java.time.Duration;
import java.util.Optional;

/**
 * Vectors that outlive their worker: when it is lost, the next one makes them all again. Read by one thread, which also
 * submits the request again; {@link #cancel} may come from any.
 */
final class RepeatedEmbeddings implements Embeddings {
    private final EmbeddingRequest request;
    private final Attempts<Embeddings> attempts;
    private volatile Optional<Embeddings> last = Optional.empty(); // the reader's thread writes it
    private volatile int computedBefore; // likewise

    private RepeatedEmbeddings(Supervisor supervisor, EmbeddingRequest request) {
        this.request = request;
        this.attempts = new Attempts<>(supervisor, this::submit, Embeddings::cancel);
    }

    /**
     * Queues a request. While a worker is on its way to replace a lost one, the request waits for it.
     *
     * @throws EngineException if the worker does not take it, or there will be none
     */
    static RepeatedEmbeddings start(Supervisor supervisor, EmbeddingRequest request) {
        var embeddings = new RepeatedEmbeddings(supervisor, request);
        embeddings.attempts.begin();
        return embeddings;
    }

    private Embeddings submit(WorkerClient worker) {
        Embeddings attempt = worker.embed(last.isEmpty() ? request : request.again());
        last = Optional.of(attempt);
        return attempt;
    }

    @Override
    public Optional<float[][]> await(Duration timeout) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        while (true) {
            Optional<Embeddings> running = attempts.running(left(end));
            if (running.isEmpty()) {
                return Optional.empty();
            }
            try {
                return running.get().await(left(end));
            } catch (EngineException.Restarted e) {
                computedBefore = computedTokens();
                attempts.lost(e, true);
            }
        }
    }

    private static Duration left(long end) {
        return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    }

    /** The most that an attempt has come to: what is computed again does not count twice. */
    @Override
    public int computedTokens() {
        return Math.max(computedBefore, last.map(Embeddings::computedTokens).orElse(0));
    }

    @Override
    public void cancel() {
        attempts.cancel();
    }
}
