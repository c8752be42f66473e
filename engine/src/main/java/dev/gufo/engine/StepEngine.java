package dev.gufo.engine;

import dev.gufo.template.Rendering;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * An engine in this process, seen from the side that hands its events on: what a worker process wraps. Events come on
 * the engine's own thread, and after each step's events one call says that the step is over, so that they can travel
 * together.
 */
public interface StepEngine extends Engine {
    /**
     * The token ids of one text, on the calling thread.
     *
     * @param most once there are more ids than these the rest of the text may be left out
     * @throws EngineException if the engine is closed
     */
    int[] tokenize(Rendering text, Framing framing, int most);

    @Override
    default List<int[]> tokenize(List<Rendering> texts, Framing framing, Owner owner, int most) {
        List<int[]> all = new ArrayList<>(texts.size());
        for (Rendering text : texts) {
            all.add(tokenize(text, framing, most));
            if (all.getLast().length > most) {
                break;
            }
        }
        return all;
    }

    /**
     * Queues a request and returns at once; safe for any thread.
     *
     * @param events called on the engine's thread, in order, {@link GenerationEvent.Started} first; must not block
     * @return cancels the generation within one step when run: idempotent, never blocks, from any thread; no event
     *     comes after {@link GenerationEvent.Finished} or {@link GenerationEvent.Failed}, and few or none after a
     *     cancellation
     * @throws EngineException.Refused if it can't be taken
     */
    Runnable submit(GenerationRequest request, Consumer<GenerationEvent> events);

    /**
     * Queues texts to make vectors of, and returns at once; safe for any thread.
     *
     * @param events called on the engine's thread; must not block
     * @return cancels the request when run, as for a generation
     * @throws EngineException.Refused if it can't be taken
     */
    Runnable submit(EmbeddingRequest request, Consumer<EmbeddingEvent> events);

    /**
     * Sets what runs on the engine's thread after the events of a step, or of a few very short ones, were handed out.
     * Called once, before the first request.
     */
    void onStepEnd(Runnable action);

    /**
     * Has the next steps computed with so many CPU threads at most, so that models that are busy at once share the
     * cores; any thread. An engine whose threads are fixed once it is loaded goes on with those.
     *
     * @param most 1 or more
     */
    void useThreads(int most);

    /**
     * A sign of life: a number that the engine's own thread changes at least every second, while it has nothing to do,
     * and while it computes as often as what computes lets it. Never blocks; any thread.
     */
    long pulse();
}
