package dev.gufo.server.cli;

import dev.gufo.engine.AdapterSource;
import dev.gufo.engine.DiskCache;
import dev.gufo.engine.EmbeddingSettings;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Speculation;
import dev.gufo.server.boot.ModelTable;
import dev.gufo.server.boot.UsageException;
import dev.gufo.store.StoredModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * How each model is run: as the options say for all, and the settings file for one.
 *
 * @param natives folder of the llama.cpp libraries
 */
record SettingsOf(ServeOptions options, ModelTable table, Path natives)
        implements Function<StoredModel, EngineSettings> {
    /** @throws UsageException if an option is out of its range */
    @Override
    public EngineSettings apply(StoredModel model) {
        ModelTable.OfModel own = table.of(model.id());
        Optional<Path> draft = own.draftModel()
                .or(() -> Optional.ofNullable(options.draftModels.get(model.id())))
                .map(Path::toAbsolutePath);
        try {
            return EngineSettings.of(model.path(), natives)
                    .contextTokens(own.contextTokens().orElse(options.size.contextTokens))
                    .sequences(own.sequences().orElse(options.size.parallel))
                    .gpuLayers(own.gpuLayers().orElse(options.size.gpuLayers))
                    .threads(options.threads)
                    .stepTokens(options.size.stepTokens)
                    .cacheBytes(options.size.cacheBytes)
                    .diskCache(diskCache())
                    .targetGap(options.targetGap)
                    .speculation(speculation(draft))
                    .draftModel(draft)
                    .queueLength(options.queueLength)
                    .embeddings(new EmbeddingSettings(
                            options.embeddings.contains(model.id()), Optional.ofNullable(options.pooling)))
                    .compute(options.compute.settings())
                    .adapters(adapters(model.id(), own))
                    .build();
        } catch (IllegalArgumentException e) {
            throw new UsageException("--" + e.getMessage());
        }
    }

    /** A model without a draft model does without guesses, where others have one. */
    private Speculation speculation(Optional<Path> draft) {
        return options.speculation == Speculation.DRAFT && draft.isEmpty() ? Speculation.OFF : options.speculation;
    }

    private Optional<DiskCache> diskCache() {
        if ((options.cacheDir == null) != (options.cacheDiskBytes == 0)) {
            throw new UsageException("--cache-dir and --cache-disk need each other");
        }
        return Optional.ofNullable(options.cacheDir)
                .map(folder -> new DiskCache(folder.toAbsolutePath(), options.cacheDiskBytes));
    }

    private static List<AdapterSource> adapters(String id, ModelTable.OfModel own) {
        try {
            return own.lora().entrySet().stream()
                    .map(entry -> new AdapterSource(entry.getKey(), entry.getValue()))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new UsageException("models.%s.lora: %s".formatted(id, e.getMessage()));
        }
    }

    /** @throws UsageException if one of them can't be run like that */
    void requireValid(List<StoredModel> models) {
        models.forEach(this::apply);
    }
}
