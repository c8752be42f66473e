package dev.gufo.server.cli;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.EngineSettings;
import dev.gufo.server.ServerSettings;
import dev.gufo.server.boot.ModelTable;
import dev.gufo.server.boot.UsageException;
import dev.gufo.store.StoredModel;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Every option of {@code gufo serve}, in groups, filled by picocli. A group knows what its options mean: it puts them
 * into the settings that they belong to. Each may also be set in the environment ({@code --ctx-size} is
 * {@code GUFO_CTX_SIZE}, lists with commas) and in the settings file ({@code ctx-size}); see {@link Layers}.
 *
 * <p>Lists are split at {@link Layers#SEPARATOR}, which no one types: on the command line an option is repeated
 * instead. Switches take an optional value, so that the command line can take back what environment or file turned on.
 */
final class ServeOptions {
    @Mixin
    ListenOptions listen = new ListenOptions();

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Settings file: YAML with these options' names as keys.")
    Path config;

    @Mixin
    ModelOptions model = new ModelOptions();

    @Mixin
    LoadOptions load = new LoadOptions();

    @Mixin
    SizeOptions size = new SizeOptions();

    @Mixin
    ComputeOptions compute = new ComputeOptions();

    @Mixin
    RunOptions run = new RunOptions();

    @Mixin
    EngineOptions engine = new EngineOptions();

    @Mixin
    DataPlace data = new DataPlace();

    @Mixin
    AccountOptions accounts = new AccountOptions();

    @Mixin
    KeepOptions keep = new KeepOptions();

    @Mixin
    BatchOptions batches = new BatchOptions();

    @Mixin
    PolicyOptions policy = new PolicyOptions();

    @Mixin
    AnswerOptions answers = new AnswerOptions();

    @Mixin
    ConnectionOptions connections = new ConnectionOptions();

    @Mixin
    LogOptions log = new LogOptions();

    /**
     * How the server listens and answers.
     *
     * @param settings what options say nothing of
     * @param storedKeys whether the database has keys; asked only where others than this machine could come in
     * @throws UsageException if a value is out of its range
     */
    ServerSettings server(ServerSettings.Builder settings, BooleanSupplier storedKeys) {
        try {
            listen.into(settings, storedKeys);
            load.into(settings);
            accounts.into(settings);
            keep.into(settings, data.folder());
            batches.into(settings);
            policy.into(settings);
            answers.into(settings);
            connections.into(settings);
            return settings.build();
        } catch (IllegalArgumentException e) {
            throw new UsageException(requireNonNull(e.getMessage()));
        }
    }

    /**
     * How each model is run: as the options say for all, and the settings file for one.
     *
     * @param table the settings file's models
     * @param natives folder of the llama.cpp libraries
     * @return throws {@link UsageException} for a model that can't be run like that
     */
    Function<StoredModel, EngineSettings> ofModels(ModelTable table, Path natives) {
        return stored -> {
            ModelTable.OfModel own = table.of(stored.id());
            try {
                EngineSettings.Builder settings = EngineSettings.of(stored.path(), natives)
                        .compute(compute.settings())
                        .adapters(own.adapters(stored.id()));
                size.into(settings, own);
                run.into(settings, stored.id(), own, model.embeddings.contains(stored.id()));
                return settings.build();
            } catch (IllegalArgumentException e) {
                throw new UsageException("--" + e.getMessage());
            }
        };
    }

    /** What the settings file says of single models. */
    ModelTable table() {
        return config == null ? ModelTable.EMPTY : ModelTable.read(config);
    }
}
