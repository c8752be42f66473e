package dev.gufo.engine.jllama;

import dev.gufo.engine.EmbeddingEvent;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.EngineException;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An embedding request: each {@link #run} computes one input and queues the next one behind those of others, so that a
 * request of one text does not wait for one of thousands. It runs on the thread for vectors; {@link #cancel} and
 * {@link #fail} may come from any.
 */
final class JllamaEmbedding implements Runnable {
    private final EmbeddingRequest request;
    private final Function<String, float[]> model;
    private final JllamaVocabulary vocabulary;
    private final HandOver handOver;
    private final Consumer<EmbeddingEvent> events;
    private final Consumer<JllamaEmbedding> again;
    private final Consumer<JllamaEmbedding> over;

    private volatile boolean cancelled;
    private volatile @Nullable EngineException failure;
    private int next; // of the thread that runs it

    /**
     * @param model the vector of a text, which it puts the vocabulary's frame around
     * @param again queues it once more
     * @param over run once, when it ends in whatever way, before its last event goes out
     */
    JllamaEmbedding(
            EmbeddingRequest request,
            Function<String, float[]> model,
            JllamaVocabulary vocabulary,
            HandOver handOver,
            Consumer<EmbeddingEvent> events,
            Consumer<JllamaEmbedding> again,
            Consumer<JllamaEmbedding> over) {
        this.request = request;
        this.model = model;
        this.vocabulary = vocabulary;
        this.handOver = handOver;
        this.events = events;
        this.again = again;
        this.over = over;
    }

    /** Ends it without a word, with the input that is being computed. */
    void cancel() {
        cancelled = true;
    }

    /** Ends it with an error, with the input that is being computed. */
    void fail(EngineException cause) {
        failure = cause;
        cancelled = true;
    }

    @Override
    public void run() {
        if (cancelled) {
            end();
            return;
        }
        int index = next++;
        float[] vector;
        try {
            vector = vector(request.inputs().get(index));
        } catch (EngineException e) {
            fail(e);
            end();
            return;
        }
        boolean last = next == request.inputs().size();
        if (cancelled) { // meanwhile; nothing says so later if this was the last input
            end();
            return;
        }
        handOver.run(() -> {
            if (last) {
                over.accept(this);
            }
            events.accept(new EmbeddingEvent.Computed(new int[] {index}, new float[][] {vector}, last));
        });
        if (!last) { // even if it is to end: that is said when it runs
            again.accept(this);
        }
    }

    private void end() {
        EngineException cause = failure;
        handOver.run(() -> {
            over.accept(this);
            if (cause != null) {
                events.accept(new EmbeddingEvent.Failed(cause));
            }
        });
    }

    private float[] vector(int[] input) {
        Optional<String> text = vocabulary.textOf(input);
        if (text.isEmpty()) {
            throw JllamaFields.unsupported("input"); // tokens that no text has
        }
        try {
            return ofLengthOne(model.apply(text.get()));
        } catch (RuntimeException e) { // its own exceptions have no public class
            throw new EngineException.Broken("%s: %s".formatted(JllamaLibrary.VERSION, e.getMessage()), e);
        }
    }

    private static float[] ofLengthOne(float[] vector) {
        double squares = 0;
        for (float value : vector) {
            squares += (double) value * value;
        }
        if (!Double.isFinite(squares)) {
            throw new EngineException.Broken("a number of a vector is not finite");
        }
        double length = squares == 0 ? 1 : Math.sqrt(squares);
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) (vector[i] / length);
        }
        return vector;
    }
}
