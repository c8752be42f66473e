package dev.gufo.server.cli;

import dev.gufo.engine.EmbeddingSettings;
import dev.gufo.engine.EngineKind;
import dev.gufo.engine.EngineSettings;
import dev.gufo.server.ConnectionLimits;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.access.KeyStore;
import dev.gufo.server.access.Limits;
import dev.gufo.server.accounting.Accounting;
import dev.gufo.server.accounting.MetricsAccess;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.DatabaseException;
import dev.gufo.server.usage.Ledger;
import dev.gufo.store.StoredModel;
import dev.gufo.template.ChatTemplate;
import dev.gufo.template.Dialect;
import dev.gufo.template.TemplateException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
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

    private final PrintStream out;
    private final PrintStream err;

    ServeCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    ServeOptions options() {
        return options;
    }

    @Override
    public Integer call() throws InterruptedException {
        System.setProperty("gufo.log-level", options.logLevel); // read when the first logger is made, so before that
        System.setProperty("gufo.log-format", logFormat());
        EngineKind kind = engineKind();
        Accounting.Settings accounts = accounts();
        Limits limits = defaultLimits();
        ServerSettings settings = serverSettings();
        List<StoredModel> models = ChosenModels.find(folder(options.modelsDir, "models"), options.models);
        ChosenModels.requireServed(models, options.embeddings);
        Path natives = natives(kind);
        List<EngineSettings> engines =
                models.stream().map(model -> engineSettings(model, natives)).toList();
        Optional<String> template = Optional.ofNullable(options.chatTemplate).map(ServeCommand::readTemplate);
        try (var shelf = Shelf.watch(folder(options.modelsDir, "models"));
                var engineRoom = EngineRoom.open(kind, models, engines, options.workers, dataDir(), out);
                // After the workers were started, so that it is opened while they load.
                var books =
                        Books.open(KeyDatabase.open(options.databaseUrl, options.dataDir), limits, options.limitsUrl)) {
            if (options.logContent) {
                err.println("gufo: --log-content writes prompts and answers to the log, whatever is in them");
            }
            new Serving(
                            settings,
                            accounts,
                            engineRoom,
                            shelf::models,
                            books,
                            options.admin,
                            StopSignal.install(),
                            out,
                            err)
                    .run(template);
        } catch (DatabaseException e) {
            throw new StartFailed(e.getMessage());
        }
        return GufoCommand.DONE;
    }

    private EngineKind engineKind() {
        return EngineKind.of(options.engine)
                .orElseThrow(() -> new UsageException("--engine must be llamacpp or jllama, is " + options.engine));
    }

    /** The second engine has a library of its own, and takes a build of it from the folder that is named. */
    private Path natives(EngineKind kind) {
        Path folder = folder(options.natives, "natives");
        return switch (kind) {
            case LLAMACPP -> Natives.choose(folder, options.compute, err).folder();
            case JLLAMA -> folder;
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
        try (Database database = KeyDatabase.open(options.databaseUrl, options.dataDir)) {
            return new KeyStore(database, InstantSource.system(), new SecureRandom()).any();
        } catch (DatabaseException e) {
            throw new StartFailed(e.getMessage());
        }
    }

    private ServerSettings serverSettings() {
        boolean guarded = storedKeys();
        try {
            return new ServerSettings(
                    options.host,
                    options.port,
                    options.apiKeys,
                    options.insecure || guarded,
                    options.maxBodyBytes,
                    options.overflowStatus,
                    options.strictContext,
                    options.drainTimeout,
                    options.heartbeat,
                    options.corsOrigins,
                    new ConnectionLimits(
                            options.headerTimeout, options.bodyTimeout, options.idleTimeout, options.maxConnections));
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
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
        return new Accounting.Settings(
                Ledger.Settings.DEFAULT.retaining(options.usageRetention), metrics, options.logContent);
    }

    private EngineSettings engineSettings(StoredModel model, Path natives) {
        try {
            return new EngineSettings(
                    model.path(),
                    natives,
                    options.contextTokens,
                    options.parallel,
                    options.gpuLayers,
                    options.threads,
                    options.stepTokens,
                    options.queueLength,
                    new EmbeddingSettings(
                            options.embeddings.contains(model.id()), Optional.ofNullable(options.pooling)),
                    options.compute.settings());
        } catch (IllegalArgumentException e) {
            throw new UsageException("--" + e.getMessage());
        }
    }

    private Path dataDir() {
        Path folder = folder(options.dataDir, "data");
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw new StartFailed("the data folder %s can't be made: %s; choose another one with --data-dir"
                    .formatted(folder, Reasons.of(e)));
        }
    }

    /** The folder that was named, else the one beside the program, as its launcher tells, else the one in the working directory. */
    static Path folder(Path named, String name) {
        return named != null ? named : Path.of(System.getProperty("gufo." + name, name));
    }

    private static String readTemplate(Path file) {
        try {
            String source = Files.readString(file);
            ChatTemplate.parse(source, Dialect.GENERATION_BLOCKS, dev.gufo.template.Limits.DEFAULT);
            return source;
        } catch (IOException e) {
            throw new StartFailed("%s can't be read: %s".formatted(file, Reasons.of(e)));
        } catch (TemplateException e) {
            throw new StartFailed("%s is no chat template: %s".formatted(file, e.getMessage()));
        }
    }
}
