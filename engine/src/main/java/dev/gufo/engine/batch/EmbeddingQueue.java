package dev.gufo.engine.batch;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.Owner;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Embedding requests with inputs left. Owners share the batches by tokens and weights (stride scheduling, as in
 * {@link FairQueue}), and the requests of one owner take turns, an input each. So a request of one text does not wait
 * for one of thousands, nor for a thousand requests of somebody else.
 *
 * <p>A batch has inputs of {@linkplain Owner#preemptible preemptible} owners only while no other waits: these come
 * first, and their batches are not made longer by others.
 *
 * <p>Invariant: an input that was passed over because it was larger than the room is the first of the next batch.
 *
 * <p>Belongs to the engine thread.
 */
final class EmbeddingQueue {
    private static final long STRIDE = 1L << 20;

    private final Map<String, Line> lines = new LinkedHashMap<>();
    private @Nullable EmbeddingJob overdue;
    private boolean urgent; // whether the batch that is being filled is for those who are not preemptible
    private long lastPass;

    private static final class Line {
        private final Deque<EmbeddingJob> jobs = new ArrayDeque<>();
        private final String owner;
        private final boolean preemptible;
        private long pass;
        private long stride;

        Line(Owner owner, long pass) {
            this.owner = owner.id();
            this.preemptible = owner.preemptible();
            this.pass = pass;
        }
    }

    /** An input that was taken out. */
    record Input(EmbeddingJob job, int index, int[] tokens) {}

    boolean isEmpty() {
        return lines.isEmpty();
    }

    void add(EmbeddingJob job) {
        Owner owner = job.owner();
        Line line = lines.computeIfAbsent(owner.id(), _ -> new Line(owner, lastPass));
        line.stride = STRIDE / owner.weight();
        line.jobs.addLast(job);
    }

    /** Takes a request out; without effect if it is not here. */
    void remove(EmbeddingJob job) {
        Line line = lines.get(job.owner().id());
        if (line != null && line.jobs.remove(job)) {
            forget(job, line);
        }
    }

    /**
     * Takes the input whose turn it is.
     *
     * @param room tokens that it may have
     * @param alone whether it may have any number, as it is the first of a batch
     * @return empty if none fits
     */
    Optional<Input> take(int room, boolean alone) {
        if (alone && overdue != null) {
            EmbeddingJob late = overdue;
            urgent = !late.owner().preemptible();
            return Optional.of(take(requireNonNull(lines.get(late.owner().id())), late));
        }
        if (alone) {
            urgent = lines.values().stream().anyMatch(line -> !line.preemptible);
        }
        List<Line> turns = new ArrayList<>(lines.values());
        turns.removeIf(line -> urgent && line.preemptible);
        turns.sort(Comparator.comparingLong(line -> line.pass));
        for (Line line : turns) {
            for (EmbeddingJob job : line.jobs) {
                if (alone || job.peek().length <= room) {
                    return Optional.of(take(line, job));
                }
                overdue = overdue == null ? job : overdue;
            }
        }
        return Optional.empty();
    }

    private Input take(Line line, EmbeddingJob job) {
        int[] tokens = job.peek();
        var input = new Input(job, job.take(), tokens);
        lastPass = Math.max(lastPass, line.pass);
        line.pass += tokens.length * line.stride;
        line.jobs.remove(job);
        if (job.hasNext()) {
            line.jobs.addLast(job);
        }
        forget(job, line);
        return input;
    }

    private void forget(EmbeddingJob gone, Line line) {
        overdue = overdue == gone ? null : overdue;
        if (line.jobs.isEmpty()) {
            lines.remove(line.owner);
        }
    }

    /** Takes all out, in no particular order. */
    List<EmbeddingJob> drain() {
        List<EmbeddingJob> all = new ArrayList<>();
        lines.values().forEach(line -> all.addAll(line.jobs));
        lines.clear();
        overdue = null;
        return all;
    }
}
