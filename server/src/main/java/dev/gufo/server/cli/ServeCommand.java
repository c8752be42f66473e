package dev.gufo.server.cli;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.EngineKind;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.natives.Machine;
import dev.gufo.engine.worker.Patience;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.Storage;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.Limits;
import dev.gufo.server.boot.ChosenModels;
import dev.gufo.server.boot.EngineStarts;
import dev.gufo.server.boot.FileLoader;
import dev.gufo.server.boot.ModelFolder;
import dev.gufo.server.boot.ModelRegistry;
import dev.gufo.server.boot.ModelTable;
import dev.gufo.server.boot.RunFolder;
import dev.gufo.server.boot.RunningModels;
import dev.gufo.server.boot.Serving;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.server.boot.StopSignal;
import dev.gufo.server.boot.UsageException;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.doctor.DoctorRoutes;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.policy.PolicyFile;
import dev.gufo.server.pulls.Pulls;
import dev.gufo.store.ModelDigests;
import dev.gufo.store.ModelRole;
import dev.gufo.store.StoredModel;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code gufo serve}: turns what the operator typed into settings, each checked where it is defined, and serves. */
@Command(
        name = "serve",
        sortOptions = false,
        abbreviateSynopsis = true,
        description = "Serve models over HTTP.",
        footer =
                "%nEvery option may stand in the environment, for instance GUFO_CTX_SIZE=4096 or GUFO_API_KEY=one,two, and in the file"
                        + " named by --config. The command line beats the environment, and that beats the file.")
final class ServeCommand implements Callable<Integer> {
    @Mixin
    private ServeOptions options;

    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;

    ServeCommand(Map<String, String> environment, PrintStream out, PrintStream err) {
        this.environment = environment;
        this.out = out;
        this.err = err;
    }

    /** @param options those of a command that needs the same models */
    ServeCommand(ServeOptions options, Map<String, String> environment, PrintStream out, PrintStream err) {
        this(environment, out, err);
        this.options = options;
    }

    ServeOptions options() {
        return options;
    }

    @Override
    public Integer call() throws InterruptedException {
        withLogs(this::serve);
        return GufoCommand.DONE;
    }

    /** What is done with a folder for temporary files, which is gone afterwards. */
    @FunctionalInterface
    interface Work {
        void in(Path temporary) throws InterruptedException;
    }

    /** Does something once logs are written as the options say. */
    void withLogs(Work work) throws InterruptedException {
        options.log.apply(); // before the first logger is made
        try (RunFolder temporary = RunFolder.open(Path.of(System.getProperty("java.io.tmpdir")))) {
            work.in(temporary.path());
        }
    }

    private void serve(Path temporary) throws InterruptedException {
        Limits limits = options.accounts.defaultLimits();
        ServerSettings settings = settings();
        options.listen.warnOfShortKeys(err);
        withModels(
                temporary,
                () -> options.accounts.open(options.data.open(), limits),
                out,
                (running, models, storage) -> {
                    if (options.accounts.logContent) {
                        err.println("gufo: --log-content writes prompts and answers to the log, whatever is in them");
                    }
                    requireGuard(settings, models);
                    new Serving(settings, running, models, storage, StopSignal.install(), out, err).run();
                });
    }

    /** How the server would listen and answer. */
    ServerSettings settings() {
        var pulls = new Pulls.Settings(options.model.folder(), PullCommand.settings(environment));
        var settings = ServerSettings.builder().pulls(Optional.of(pulls)).doctor(doctor());
        return options.server(settings, this::storedKeys);
    }

    /** Whether a key of the database keeps strangers out. */
    private boolean storedKeys() {
        try (Database database = options.data.open()) {
            return new KeyStore(database, InstantSource.system(), new SecureRandom()).any();
        } catch (DatabaseException e) {
            throw StartFailed.of(e);
        }
    }

    /** What {@code gufo doctor} would find with the same options. The second engine's library is none that it knows. */
    private Optional<DoctorRoutes.Examination> doctor() {
        Path natives = options.engine.folder().toAbsolutePath().normalize();
        return options.engine.kind() == EngineKind.LLAMACPP
                ? Optional.of(() -> DiagnosisJson.of(Diagnosis.of(natives, Machine.here(), options.compute.wish())))
                : Optional.empty();
    }

    /** What is done with the models. */
    @FunctionalInterface
    interface Use {
        void of(RunningModels running, ServedModels models, Storage storage) throws InterruptedException;
    }

    /**
     * Has the models that the options name loaded and used, and ends them.
     *
     * @param opening opens what is kept; closed here
     * @param progress where loading is told
     */
    void withModels(Path temporary, Supplier<Storage> opening, PrintStream progress, Use use)
            throws InterruptedException {
        EngineOptions engine = options.engine;
        Patience patience = engine.patience();
        ModelTable table = options.table();
        Path modelsDir = options.model.folder();
        List<StoredModel> pins = pins(modelsDir, table);
        Set<String> pinned = pins.stream().map(StoredModel::id).collect(Collectors.toSet());
        List<StoredModel> first = ChosenModels.find(modelsDir, options.model.models, pins);
        boolean onDemand = options.load.onDemand && engine.canUnload();
        var registry = ModelRegistry.of(
                table, Optional.ofNullable(options.model.chatTemplate), options.model.embeddings, onDemand);
        Libraries natives = Libraries.of(engine, options.compute, err);
        Function<StoredModel, EngineSettings> settingsOf = options.ofModels(table, natives.folder());
        requireValid(first, settingsOf);
        Path dataDir = options.data.prepare();
        try (var folder = ModelFolder.watch(modelsDir, first);
                var running = RunningModels.open(
                        first,
                        natives.memory(),
                        options.load.pool(id -> pinned.contains(id) || !engine.canUnload()),
                        new FileLoader(
                                first,
                                folder::all,
                                settingsOf,
                                new EngineStarts(engine.kind(), engine.workers, patience, dataDir, temporary),
                                natives.others(),
                                natives.inMainMemory()),
                        progress);
                // After the workers were started, so that it is opened while they load.
                var storage = opening.get()) {
            List<StoredModel> others = onDemand ? folder.models() : List.of();
            ChosenModels.requireServed(first, others, "--embeddings", options.model.embeddings);
            ChosenModels.requireServed(first, others, "--draft-model", options.run.draftModels.keySet());
            registry.requireModels(first, folder.models());
            requireValid(folder.models(), settingsOf);
            var digests = ModelDigests.open(dataDir.resolve("gufo-digests"), folder::all);
            folder.onChange(running.replacements(folder.all()));
            use.of(running, models(registry, running, folder, digests), storage);
        } catch (DatabaseException e) {
            throw StartFailed.of(e);
        }
    }

    /** Whatever is wrong with how a model would be run is told now, and not when it is loaded. */
    private static void requireValid(List<StoredModel> models, Function<StoredModel, EngineSettings> settingsOf) {
        for (StoredModel model : models) {
            var _ = settingsOf.apply(model);
        }
    }

    /** A guard model that is not there is found out now, and not with the first request. */
    private static void requireGuard(ServerSettings settings, ServedModels models) {
        settings.policy().file().flatMap(PolicyFile::guard).ifPresent(guard -> {
            try {
                models.byId(guard, ModelRole.CHAT, _ -> true).requireRole(ModelRole.CHAT);
            } catch (ApiException e) {
                throw new UsageException(
                        "--policy: the guard model '%s' is not one that this server can ask".formatted(guard));
            }
        });
    }

    private List<StoredModel> pins(Path modelsDir, ModelTable table) {
        var pinned = new LinkedHashSet<>(options.load.pinned);
        table.models().forEach((id, model) -> {
            if (model.pinned()) {
                pinned.add(id);
            }
        });
        return pinned.isEmpty() ? List.of() : ChosenModels.find(modelsDir, List.copyOf(pinned));
    }

    private static ServedModels models(
            ModelRegistry registry, RunningModels running, ModelFolder folder, ModelDigests digests) {
        try {
            return registry.serve(running, folder::models, digests);
        } catch (IllegalArgumentException e) {
            throw new UsageException(requireNonNull(e.getMessage()));
        }
    }

    /**
     * The folder that was named, else the one beside the program, as its launcher tells, else the one in the working
     * directory.
     */
    static Path folder(@Nullable Path named, String name) {
        return named != null ? named : Path.of(System.getProperty("gufo." + name, name));
    }
}
