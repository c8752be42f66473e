package dev.gufo.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Puts a request's vectors together as they come. One thread brings events, another awaits the end. */
public final class VectorCollector implements Embeddings {
    private final List<int[]> inputs;
    private final AtomicInteger computedTokens = new AtomicInteger();
    private final float[][] vectors; // written by the thread that brings events, read after the future's completion
    private final CompletableFuture<float[][]> all = new CompletableFuture<>();
    private volatile Runnable cancellation = () -> {};

    /** @param request whose vectors there will be */
    public VectorCollector(EmbeddingRequest request) {
        inputs = request.inputs();
        vectors = new float[inputs.size()][];
    }

    /** Sets what {@link #cancel} does. */
    public void onCancel(Runnable action) {
        cancellation = action;
    }

    /** Takes an event. */
    public void accept(EmbeddingEvent event) {
        switch (event) {
            case EmbeddingEvent.Computed(int[] indexes, float[][] computed, boolean last) -> {
                for (int i = 0; i < indexes.length; i++) {
                    vectors[indexes[i]] = computed[i];
                    computedTokens.addAndGet(inputs.get(indexes[i]).length);
                }
                if (last) {
                    all.complete(vectors);
                }
            }
            case EmbeddingEvent.Failed(EngineException cause) -> all.completeExceptionally(cause);
        }
    }

    @Override
    public Optional<float[][]> await(Duration timeout) throws InterruptedException {
        try {
            return Optional.of(all.get(timeout.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof EngineException cause) {
                throw cause;
            }
            throw new AssertionError("only engines fail", e);
        }
    }

    @Override
    public int computedTokens() {
        return computedTokens.get();
    }

    @Override
    public void cancel() {
        cancellation.run();
    }
}
