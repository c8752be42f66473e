package dev.gufo.server.boot;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.SteadyClock;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.WakeUp;
import dev.gufo.engine.pool.Footprint;
import dev.gufo.engine.pool.Lease;
import dev.gufo.engine.pool.ModelPool;
import dev.gufo.engine.pool.Residency;
import dev.gufo.engine.pool.Ticket;
import dev.gufo.store.StoredModel;
import java.io.PrintStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The models of a server process, from their start to their end, and what the operator sees of their loading. Main
 * thread only, but for the pool.
 *
 * <p>Loading begins at once, while this process makes itself ready; what is in the files is checked then.
 */
public final class RunningModels implements AutoCloseable {
    private static final int REPORTED_STEP = 10; // percent

    private final List<StoredModel> first;
    private final ModelPool pool;
    private final PrintStream out;
    private final Map<String, Ticket> tickets = new LinkedHashMap<>(); // of those that are not loaded yet
    private final SequencedMap<String, ModelInfo> loaded = new LinkedHashMap<>();
    private final Map<String, Integer> reported = new HashMap<>();

    private RunningModels(List<StoredModel> first, ModelPool pool, PrintStream out) {
        this.first = first;
        this.pool = pool;
        this.out = out;
    }

    /**
     * Begins to load the first models.
     *
     * @param first at least one, the default one first
     * @param budget memory that models may take together
     * @throws StartFailed if one of them is no model; nothing is left running then
     */
    public static RunningModels open(
            List<StoredModel> first,
            Footprint budget,
            ModelPool.Settings settings,
            FileLoader loader,
            PrintStream out) {
        var running = new RunningModels(first, new ModelPool(settings, budget, loader, new SteadyClock()), out);
        loader.follow(running.pool);
        try {
            first.forEach(model -> running.tickets.put(model.id(), running.pool.request(model.id())));
            ChosenModels.check(first);
        } catch (StartFailed e) {
            running.close();
            throw e;
        }
        return running;
    }

    List<StoredModel> first() {
        return first;
    }

    ModelPool pool() {
        return pool;
    }

    /** What the default model is; only when all are {@link #loaded}. */
    ModelInfo defaultModel() {
        return requireNonNull(loaded.get(first.getFirst().id()));
    }

    /** As {@link ModelPool#onChange}: {@link #loaded} may have something new to tell. */
    Subscription onChange(Runnable listener) {
        return pool.onChange(listener);
    }

    /**
     * Tells the operator how far loading is.
     *
     * @return true if every first model has been loaded
     * @throws StartFailed if one can't be
     */
    boolean loaded() throws InterruptedException {
        for (String id : List.copyOf(tickets.keySet())) {
            Ticket ticket = requireNonNull(tickets.get(id));
            if (ticket.residency() instanceof Residency.Loading(int percent)) {
                report(id, percent);
            }
            try {
                Optional<Lease> lease = ticket.await(Duration.ZERO);
                if (lease.isPresent()) {
                    loaded.put(id, lease.get().engine().model());
                    lease.get().close();
                    tickets.remove(id);
                    report(id, 100);
                }
            } catch (EngineException.Broken e) {
                throw new StartFailed("%s can't be loaded: %s".formatted(id, e.getMessage()));
            }
        }
        return tickets.isEmpty();
    }

    /**
     * Waits until all first models have been loaded.
     *
     * @return false if someone asked to stop before that
     * @throws StartFailed if one can't be
     */
    public boolean awaitLoaded(StopSignal stop) throws InterruptedException {
        var news = new WakeUp();
        stop.onAsked(news::wake);
        try (Subscription _ = onChange(news::wake)) {
            while (!loaded()) {
                if (stop.isAsked()) {
                    return false;
                }
                news.await();
            }
        }
        return true;
    }

    /** What was loaded, a few lines for each model, and what had to leave again. */
    String summary() {
        return first.stream()
                .map(StoredModel::id)
                .map(id -> Announcement.summary(id, requireNonNull(loaded.get(id)))
                        + (pool.residency(id) instanceof Residency.Loaded
                                ? ""
                                : "%n  left memory again for the others; it is loaded when it is asked for"
                                        .formatted()))
                .collect(Collectors.joining(System.lineSeparator()));
    }

    /** Has models whose files were replaced or removed leave memory; the next request gets the new ones. */
    public Consumer<List<StoredModel>> replacements(List<StoredModel> before) {
        var known = new HashMap<String, StoredModel>();
        before.forEach(model -> known.put(model.id(), model));
        List<String> named = first.stream().map(StoredModel::id).toList();
        return now -> {
            List<String> there = now.stream().map(StoredModel::id).toList();
            now.forEach(model -> {
                StoredModel old = known.put(model.id(), model);
                if (old != null && old != model) { // by identity: what has not changed is the same object
                    pool.unload(model.id(), "its file was replaced");
                }
            });
            List<String> gone = known.keySet().stream()
                    .filter(id -> !there.contains(id)
                            && !named.contains(id)) // named ones may still be asked for, and come back
                    .toList();
            known.keySet().removeAll(gone);
            gone.forEach(id -> pool.unload(id, "its file was removed"));
        };
    }

    /** Lines rather than a moving bar: they are read in a service's journal as well. */
    private void report(String id, int percent) {
        int last = reported.getOrDefault(id, -REPORTED_STEP);
        if (percent >= last + REPORTED_STEP || (percent == 100 && last < 100)) {
            reported.put(id, percent);
            out.printf("Loading %s: %d %%%n", id, percent);
        }
    }

    /** Ends the engines and waits until their processes are gone. */
    @Override
    public void close() {
        tickets.values().forEach(Ticket::close);
        pool.close();
    }
}
