package dev.gufo.server.cli;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.EngineKind;
import dev.gufo.engine.natives.Machine;
import dev.gufo.engine.natives.NativesChoice;
import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.pool.Footprint;
import dev.gufo.engine.pool.ModelPool;
import dev.gufo.engine.worker.Patience;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.Storage;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.Limits;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.accounting.MetricsAccess;
import dev.gufo.server.boot.ChosenModels;
import dev.gufo.server.boot.DataFolder;
import dev.gufo.server.boot.Devices;
import dev.gufo.server.boot.EngineStarts;
import dev.gufo.server.boot.FileLoader;
import dev.gufo.server.boot.MemoryOfOthers;
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
import dev.gufo.server.files.FileStore;
import dev.gufo.server.http.BodyRoom;
import dev.gufo.server.http.ConnectionLimits;
import dev.gufo.server.limits.CountersUnavailable;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.policy.ContentChecks;
import dev.gufo.server.policy.PolicyFile;
import dev.gufo.server.pulls.Pulls;
import dev.gufo.server.responses.ResponseStore;
import dev.gufo.server.usage.Ledger;
import dev.gufo.store.ModelDigests;
import dev.gufo.store.ModelRole;
import dev.gufo.store.StoredModel;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
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
    private static final Duration LEAST_WORKER_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration MOST_WORKER_TIMEOUT = Duration.ofHours(1);

    @Mixin
    private ServeOptions options;

    /**
     * What models are computed with.
     *
     * @param memory that is free for them
     * @param others what they have taken of it since
     */
    private record Libraries(Path folder, Footprint memory, MemoryOfOthers others, Set<String> inMainMemory) {
        static Libraries in(Path folder, Footprint memory, Supplier<Optional<Footprint>> now, List<DeviceMemory> gpus) {
            Set<String> inMainMemory = gpus.stream()
                    .filter(DeviceMemory::inMainMemory)
                    .map(DeviceMemory::name)
                    .collect(Collectors.toSet());
            return new Libraries(folder, memory, new MemoryOfOthers(memory, now), inMainMemory);
        }
    }

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
        System.setProperty("gufo.log-level", options.logLevel); // read when the first logger is made, so before that
        System.setProperty("gufo.log-format", logFormat());
        try (RunFolder temporary = RunFolder.open(Path.of(System.getProperty("java.io.tmpdir")))) {
            work.in(temporary.path());
        }
    }

    private void serve(Path temporary) throws InterruptedException {
        Limits limits = defaultLimits();
        ServerSettings settings = settings();
        warnOfShortKeys();
        withModels(
                temporary,
                () -> storage(options.data.open(), limits, options.limitsUrl),
                out,
                (running, models, storage) -> {
                    if (options.logContent) {
                        err.println("gufo: --log-content writes prompts and answers to the log, whatever is in them");
                    }
                    requireGuard(settings, models);
                    new Serving(settings, running, models, storage, StopSignal.install(), out, err).run();
                });
    }

    /** How the server would listen and answer. */
    ServerSettings settings() {
        return serverSettings(accounts(), responses(), files());
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
        EngineKind kind = engineKind();
        Patience patience = patience();
        ModelTable table = options.config == null ? ModelTable.EMPTY : ModelTable.read(options.config);
        Path modelsDir = folder(options.modelsDir, "models");
        List<StoredModel> pins = pins(modelsDir, table);
        Set<String> pinned = pins.stream().map(StoredModel::id).collect(Collectors.toSet());
        List<StoredModel> first = ChosenModels.find(modelsDir, options.models, pins);
        boolean onDemand = options.load.onDemand && canUnload(kind);
        var registry = ModelRegistry.of(table, Optional.ofNullable(options.chatTemplate), options.embeddings, onDemand);
        Libraries natives = libraries(kind);
        var settingsOf = new SettingsOf(options, table, natives.folder());
        settingsOf.requireValid(first);
        try (var folder = ModelFolder.watch(modelsDir, first);
                var running = RunningModels.open(
                        first,
                        natives.memory(),
                        poolSettings(id -> pinned.contains(id) || !canUnload(kind)),
                        new FileLoader(
                                first,
                                folder::all,
                                settingsOf,
                                new EngineStarts(kind, options.workers, patience, dataDir(), temporary),
                                natives.others(),
                                natives.inMainMemory()),
                        progress);
                // After the workers were started, so that it is opened while they load.
                var storage = opening.get()) {
            List<StoredModel> others = onDemand ? folder.models() : List.of();
            ChosenModels.requireServed(first, others, "--embeddings", options.embeddings);
            ChosenModels.requireServed(first, others, "--draft-model", options.draftModels.keySet());
            registry.requireModels(first, folder.models());
            settingsOf.requireValid(folder.models());
            var digests = ModelDigests.open(dataDir().resolve("gufo-digests"), folder::all);
            folder.onChange(running.replacements(folder.all()));
            use.of(running, models(registry, running, folder, digests), storage);
        } catch (DatabaseException e) {
            throw StartFailed.of(e);
        }
    }

    private Patience patience() {
        Duration timeout = options.workerTimeout;
        boolean valid = timeout.isZero()
                || (timeout.compareTo(LEAST_WORKER_TIMEOUT) >= 0 && timeout.compareTo(MOST_WORKER_TIMEOUT) <= 0);
        if (!valid) {
            throw new UsageException("--worker-timeout must be 0 or 1s to 1h, is " + timeout.toMillis() + "ms");
        }
        return Patience.of(timeout);
    }

    private EngineKind engineKind() {
        return EngineKind.of(options.engine)
                .orElseThrow(() -> new UsageException("--engine must be llamacpp or jllama, is " + options.engine));
    }

    /** The second engine has a library of its own, and takes a build of it from the folder that is named. */
    private Libraries libraries(EngineKind kind) throws InterruptedException {
        Path folder = folder(options.natives, "natives");
        return switch (kind) {
            case LLAMACPP -> {
                NativesChoice choice = Natives.choose(folder, options.compute, err);
                List<DeviceMemory> gpus = Devices.gpus(choice);
                yield Libraries.in(choice.folder(), Devices.free(gpus), () -> Devices.freeNow(choice), gpus);
            }
            case JLLAMA -> Libraries.in(folder, Devices.host(), () -> Optional.of(Devices.host()), List.of());
        };
    }

    private Limits defaultLimits() {
        try {
            return Limits.NONE.with(KeyOptions.limits(options.limits));
        } catch (IllegalArgumentException e) {
            throw new UsageException("--limit: " + e.getMessage());
        }
    }

    /** Whether a key of the database keeps strangers out, which is worth a look only where they could come in. */
    private boolean storedKeys() {
        if (ServerSettings.isLoopback(options.host) || !options.apiKeys.isEmpty() || options.insecure) {
            return false;
        }
        try (Database database = options.data.open()) {
            return new KeyStore(database, InstantSource.system(), new SecureRandom()).any();
        } catch (DatabaseException e) {
            throw StartFailed.of(e);
        }
    }

    static Storage storage(Database database, Limits defaults, String limitsUrl) {
        try {
            return Storage.open(database, defaults, limitsUrl);
        } catch (CountersUnavailable e) {
            throw new StartFailed("no server answers at --limits-url: " + e.getMessage());
        } catch (IllegalArgumentException _) { // whose message quotes the URL, with the password that is in it
            throw new UsageException(
                    "--limits-url must be redis://[:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// with TLS;"
                            + " in a password @, / and : are written %40, %2F and %3A");
        }
    }

    private ServerSettings serverSettings(
            Accounting.Settings accounting, ResponseStore.Settings responses, FileStore.Settings files) {
        boolean guarded = storedKeys();
        try {
            return ServerSettings.builder()
                    .host(options.host)
                    .port(options.port)
                    .apiKeys(options.apiKeys)
                    .insecure(options.insecure || guarded)
                    .maxBodyBytes(maxBodyBytes())
                    .overflowStatus(options.overflowStatus)
                    .strictContext(options.strictContext)
                    .drainTimeout(options.drainTimeout)
                    .heartbeat(options.heartbeat)
                    .corsOrigins(options.corsOrigins)
                    .allowedHosts(options.allowedHosts)
                    .loadWait(options.load.loadWait)
                    .connections(connectionLimits())
                    .volatileLines(options.volatileLines)
                    .answerCacheBytes(answerCacheBytes())
                    .web(options.web)
                    .pulls(Optional.of(
                            new Pulls.Settings(folder(options.modelsDir, "models"), PullCommand.settings(environment))))
                    .doctor(doctor())
                    .admin(options.admin)
                    .accounting(accounting)
                    .responses(responses)
                    .files(files)
                    .batchShare(options.batchShare)
                    .batchHours(Optional.ofNullable(options.batchHours))
                    .policy(policy())
                    .build();
        } catch (IllegalArgumentException e) {
            throw new UsageException(requireNonNull(e.getMessage()));
        }
    }

    /** What {@code gufo doctor} would find with the same options. The second engine's library is none that it knows. */
    private Optional<DoctorRoutes.Examination> doctor() {
        Path natives = folder(options.natives, "natives").toAbsolutePath().normalize();
        return engineKind() == EngineKind.LLAMACPP
                ? Optional.of(() -> DiagnosisJson.of(Diagnosis.of(natives, Machine.here(), options.compute.wish())))
                : Optional.empty();
    }

    /** As it was asked for, or by default as much as the heap has room for. */
    private long maxBodyBytes() {
        long most = new BodyRoom(Runtime.getRuntime().maxMemory()).largestBody();
        if (options.maxBodyBytes <= most) {
            return options.maxBodyBytes;
        }
        if (options.maxBodyBytes == ServerSettings.DEFAULT.maxBodyBytes()) {
            return most;
        }
        long heap = BodyRoom.heapFor(options.maxBodyBytes) >> 20;
        throw new UsageException(
                "--max-body: bodies of %d bytes need a heap of %d MiB, and this one has room for bodies of %d; set GUFO_JAVA_OPTS=-Xmx%dm"
                        .formatted(options.maxBodyBytes, heap, most, heap + heap / 16));
    }

    /** Beside bodies, which have a share of the heap of their own. */
    private long answerCacheBytes() {
        long most = Runtime.getRuntime().maxMemory() / 4;
        if (options.answerCacheBytes > most) {
            throw new UsageException(
                    "--answer-cache may be a quarter of the heap at most, which is %d bytes here, is %d; set GUFO_JAVA_OPTS=-Xmx for a larger heap"
                            .formatted(most, options.answerCacheBytes));
        }
        return options.answerCacheBytes;
    }

    private ConnectionLimits connectionLimits() {
        var limits = new ConnectionLimits(
                options.headerTimeout, options.bodyTimeout, options.idleTimeout, options.maxConnections);
        return options.maxConnectionsPerAddress == null ? limits : limits.with(options.maxConnectionsPerAddress);
    }

    /** What a server on loopback may do, a proxy in front of it makes dangerous. */
    private void warnOfShortKeys() {
        if (options.apiKeys.stream().anyMatch(key -> key.length() < ServerSettings.LEAST_KEY_LENGTH)) {
            err.printf(
                    "gufo: an --api-key has less than %d characters: it can be guessed if others reach this server, through a proxy too%n",
                    ServerSettings.LEAST_KEY_LENGTH);
        }
    }

    private String logFormat() {
        return switch (options.logFormat) {
            case "text", "json" -> options.logFormat;
            default -> throw new UsageException("--log-format must be text or json, is " + options.logFormat);
        };
    }

    private Accounting.Settings accounts() {
        MetricsAccess metrics = switch (options.metrics) {
            case "key" -> MetricsAccess.KEY;
            case "open" -> MetricsAccess.OPEN;
            case "off" -> MetricsAccess.OFF;
            default -> throw new UsageException("--metrics must be key, open or off, is " + options.metrics);
        };
        try {
            Ledger.Settings ledger = Ledger.Settings.DEFAULT.retaining(options.usageRetention);
            return new Accounting.Settings(ledger, metrics, options.logContent);
        } catch (IllegalArgumentException e) {
            throw new UsageException(requireNonNull(e.getMessage()));
        }
    }

    private ContentChecks.Settings policy() {
        boolean refuses = switch (options.policyOnFailure) {
            case "refuse" -> true;
            case "allow" -> false;
            default ->
                throw new UsageException("--policy-on-failure must be refuse or allow, is " + options.policyOnFailure);
        };
        Path file = options.policy;
        return new ContentChecks.Settings(
                file == null ? Optional.empty() : Optional.of(PolicyFile.read(file)), refuses);
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

    private ResponseStore.Settings responses() {
        try {
            return new ResponseStore.Settings(
                    options.responsesStore, options.responsesRetention, options.responsesSize);
        } catch (IllegalArgumentException e) {
            throw new UsageException(requireNonNull(e.getMessage()));
        }
    }

    private FileStore.Settings files() {
        try {
            return new FileStore.Settings(
                    Optional.of(folder(options.data.dataDir, "data").resolve("files")),
                    options.filesBytes,
                    options.filesBytesPerKey,
                    options.filesRetention);
        } catch (IllegalArgumentException e) {
            throw new UsageException(requireNonNull(e.getMessage()));
        }
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

    /** The second engine gives no memory back but with its process. */
    private boolean canUnload(EngineKind kind) {
        return kind != EngineKind.JLLAMA || options.workers;
    }

    private ModelPool.Settings poolSettings(Predicate<String> pinned) {
        ModelPool.Settings defaults = ModelPool.Settings.DEFAULT;
        return new ModelPool.Settings(
                options.load.keepAlive, defaults.patience(), defaults.retryAfterFailure(), pinned);
    }

    private static ServedModels models(
            ModelRegistry registry, RunningModels running, ModelFolder folder, ModelDigests digests) {
        try {
            return registry.serve(running, folder::models, digests);
        } catch (IllegalArgumentException e) {
            throw new UsageException(requireNonNull(e.getMessage()));
        }
    }

    private Path dataDir() {
        Path folder = folder(options.data.dataDir, "data");
        try {
            return DataFolder.prepare(folder);
        } catch (IOException e) {
            throw StartFailed.dataFolder(folder, e);
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
