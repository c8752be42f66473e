package dev.gufo.server.health;

import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineStatus;
import dev.gufo.server.database.Database;
import dev.gufo.server.health.Part.State;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** How the parts of a running server do. Asking costs little and waits for nothing; any thread. */
public final class Health implements AutoCloseable {
    private final ServedModels models;
    private final Canary canary;
    private final DatabaseWatch database;
    private final Supplier<Optional<String>> ledgerTrouble;

    private Health(
            ServedModels models, Canary canary, DatabaseWatch database, Supplier<Optional<String>> ledgerTrouble) {
        this.models = models;
        this.canary = canary;
        this.database = database;
        this.ledgerTrouble = ledgerTrouble;
    }

    /**
     * Begins to watch.
     *
     * @param canary which hears of all requests
     * @param database closed after this
     * @param ledgerTrouble why nothing can be accounted for; never blocks
     */
    public static Health start(
            ServedModels models, Canary canary, Database database, Supplier<Optional<String>> ledgerTrouble) {
        return new Health(models, canary, DatabaseWatch.start(database), ledgerTrouble);
    }

    /** Whether this model takes requests and computes them, as far as one knows. */
    boolean answers(ServedModel model) {
        return model.residence()
                .engine()
                .filter(engine -> answers(model, engine))
                .isPresent();
    }

    /** An alias is another name of a model that is asked under its own. */
    private boolean answers(ServedModel model, Engine engine) {
        String id = model.file().map(file -> file.id()).orElse(model.id());
        return engine.status() instanceof EngineStatus.Ready && !canary.isSilent(id, engine);
    }

    /** Asks models for a sign of life that owe one; the answer is seen later. */
    void probe() {
        canary.look(models);
    }

    /** All parts, in the order in which they are to be looked at. */
    public List<Part> parts() {
        return List.of(workers(), ledger(), database.database(), database.disk(), pool());
    }

    private Part workers() {
        long answering = 0;
        long silent = 0; // which compute nothing
        long restarting = 0;
        long restarts = 0;
        for (ServedModel model : models.all()) {
            Optional<Engine> engine =
                    model.isAlias() ? Optional.empty() : model.residence().engine();
            if (engine.isEmpty()) {
                continue;
            }
            restarts += engine.get().recoveries().restarts();
            switch (engine.get().status()) {
                case EngineStatus.Ready _ when answers(model, engine.get()) -> answering++;
                case EngineStatus.Ready _ -> silent++;
                case EngineStatus.Loading _, EngineStatus.Failed _, EngineStatus.Closed _ -> {} // not in memory
                default -> restarting++;
            }
        }
        long loaded = answering + silent + restarting;
        State state = answering == loaded ? State.OK : silent == loaded ? State.FAILING : State.DEGRADED;
        String reason = state == State.OK
                ? ""
                : "of %d loaded models %d do not answer and %d are restarted".formatted(loaded, silent, restarting);
        return new Part(
                "workers", state, reason, Map.of("loaded", loaded, "answering", answering, "restarts", restarts));
    }

    private Part ledger() {
        return ledgerTrouble.get().map(reason -> Part.failing("ledger", reason)).orElseGet(() -> Part.ok("ledger"));
    }

    private Part pool() {
        return models.all().stream()
                .map(model -> model.residence().pool())
                .distinct()
                .flatMap(pool -> pool.trouble().stream())
                .findFirst()
                .map(reason -> Part.failing("pool", reason))
                .orElseGet(() -> Part.ok("pool"));
    }

    @Override
    public void close() {
        database.close();
    }
}
