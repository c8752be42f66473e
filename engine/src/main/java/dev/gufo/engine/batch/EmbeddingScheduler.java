package dev.gufo.engine.batch;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.llama.EmbeddingContext;
import dev.gufo.engine.llama.TokenBatch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which inputs of which requests enter the next computation of vectors. A batch is filled by tokens, with whole inputs
 * in the order of {@link EmbeddingQueue}. An input that is longer than a batch is computed alone, at once if the model
 * must see all of it, otherwise in pieces over several steps.
 *
 * <p>Everything here belongs to the engine thread.
 */
final class EmbeddingScheduler {
    private final EmbeddingContext context;
    private final TokenBatch batch;
    private final int stepTokens;
    private final EmbeddingQueue jobs = new EmbeddingQueue();
    private List<EmbeddingQueue.Input> entries = List.of(); // the batch: an input's sequence id is its place here
    private int done; // tokens of an input in pieces that were computed in earlier steps

    /** @param stepTokens tokens that a batch is filled up to */
    EmbeddingScheduler(EmbeddingContext context, int stepTokens) {
        this.context = context;
        this.batch = context.newBatch();
        this.stepTokens = Math.min(stepTokens, batch.room());
    }

    boolean isIdle() {
        return jobs.isEmpty() && entries.isEmpty();
    }

    /** Requests with an input that is being computed in pieces; all others end within a step. */
    int running() {
        return entries.isEmpty() ? 0 : 1;
    }

    void enqueue(EmbeddingJob job) {
        jobs.add(job);
    }

    /** Drops a request's inputs that are in no batch yet; without effect if it ended before. */
    void cancel(EmbeddingJob job) {
        jobs.remove(job);
        job.cancel();
    }

    /** One turn: fill a batch, compute it, hand out. To be called while not idle. */
    void step() {
        if (done > 0 && entries.getFirst().job().isOver()) {
            end();
            return;
        }
        if (entries.isEmpty()) {
            entries = plan();
        }
        batch.clear();
        int count = write();
        context.compute(batch);
        done += count;
        if (entries.size() == 1 && done < entries.getFirst().tokens().length) {
            context.keep(count);
            return;
        }
        handOut();
    }

    private List<EmbeddingQueue.Input> plan() {
        List<EmbeddingQueue.Input> plan = new ArrayList<>();
        int room = stepTokens;
        while (room > 0 && plan.size() < context.sequences()) {
            Optional<EmbeddingQueue.Input> input = jobs.take(room, plan.isEmpty());
            if (input.isEmpty()) {
                break;
            }
            plan.add(input.get());
            room -= input.get().tokens().length;
        }
        return plan;
    }

    /** Writes the entries, or the next piece of the only one; returns the tokens written. */
    private int write() {
        int written = 0;
        for (int sequence = 0; sequence < entries.size(); sequence++) {
            int[] tokens = entries.get(sequence).tokens();
            int end = Math.min(tokens.length, done + batch.room());
            for (int position = done; position < end; position++) {
                batch.add(tokens[position], position, sequence, true);
                written++;
            }
        }
        return written;
    }

    private void handOut() {
        Set<EmbeddingJob> touched = new HashSet<>();
        int first = 0;
        for (int sequence = 0; sequence < entries.size(); sequence++) {
            EmbeddingQueue.Input entry = entries.get(sequence);
            int inBatch = entries.size() == 1 ? batch.size() : entry.tokens().length;
            entry.job().accept(entry.index(), context.vector(sequence, first, inBatch, entry.tokens().length));
            first += inBatch;
            touched.add(entry.job());
        }
        end();
        touched.forEach(EmbeddingJob::flush);
    }

    private void end() {
        context.forgetAll();
        entries = List.of();
        done = 0;
    }

    /** Ends everything that is under way. */
    void failAll(EngineException cause) {
        entries.forEach(entry -> entry.job().fail(cause));
        entries = List.of();
        jobs.drain().forEach(job -> job.fail(cause));
    }

    void close() {
        batch.close();
    }
}
