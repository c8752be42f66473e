package dev.gufo.engine.batch;

import dev.gufo.engine.EmbeddingEvent;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Owner;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * An embedding request on its way through the scheduler: its inputs enter batches in their order. Belongs to the engine
 * thread.
 */
final class EmbeddingJob {
    private final EmbeddingRequest request;
    private final Consumer<EmbeddingEvent> events;
    private final Runnable placeFreed;
    private final List<Integer> computed = new ArrayList<>();
    private final List<float[]> vectors = new ArrayList<>();
    private int next;
    private int missing;
    private boolean over;

    /** @param placeFreed run once, when it ends in whatever way, before its last event goes out */
    EmbeddingJob(EmbeddingRequest request, Consumer<EmbeddingEvent> events, Runnable placeFreed) {
        this.request = request;
        this.events = events;
        this.placeFreed = placeFreed;
        this.missing = request.inputs().size();
    }

    /** Whose it is. */
    Owner owner() {
        return request.owner();
    }

    /** Whether an input has not entered a batch yet. */
    boolean hasNext() {
        return next < request.inputs().size();
    }

    /** The tokens of the next input. */
    int[] peek() {
        return request.inputs().get(next);
    }

    /** Takes the next input; its index. */
    int take() {
        return next++;
    }

    /** Whether it ended, done or not. */
    boolean isOver() {
        return over;
    }

    /** Notes an input's vector; goes out with the next {@link #flush}. */
    void accept(int index, float[] vector) {
        computed.add(index);
        vectors.add(vector);
    }

    /** Hands out what was noted. */
    void flush() {
        if (over || computed.isEmpty()) {
            return;
        }
        missing -= computed.size();
        if (missing == 0) {
            end();
        }
        events.accept(new EmbeddingEvent.Computed(
                computed.stream().mapToInt(Integer::intValue).toArray(), vectors.toArray(float[][]::new), over));
        computed.clear();
        vectors.clear();
    }

    /** Ends it with an error. */
    void fail(EngineException cause) {
        if (!over) {
            end();
            events.accept(new EmbeddingEvent.Failed(cause));
        }
    }

    /** Ends it without an event: its listener is gone. */
    void cancel() {
        if (!over) {
            end();
        }
    }

    private void end() {
        over = true;
        placeFreed.run();
    }
}
