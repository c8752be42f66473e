package dev.gufo.server.cli;

import dev.gufo.engine.DiskCache;
import dev.gufo.engine.EmbeddingSettings;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.Speculation;
import dev.gufo.server.boot.Converters;
import dev.gufo.server.boot.ModelTable;
import dev.gufo.server.boot.UsageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How each model is run: options of {@code gufo serve}, filled by picocli. */
final class RunOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Most CPU threads of a model, 0 takes one for each core that Gufo may use" + DEFAULT)
    int threads;

    @Option(
            names = "--cache-dir",
            paramLabel = "DIR",
            description = "Folder for computed prompts that main memory has no room for; they outlast unloads and"
                    + " restarts (default: none).")
    Path cacheDir;

    @Option(
            names = "--cache-disk",
            paramLabel = "SIZE",
            defaultValue = "0",
            converter = Converters.ByteSize.class,
            description = "How much all files in --cache-dir may take together; 0 for no such folder" + DEFAULT)
    long cacheDiskBytes;

    @Option(
            names = "--target-gap",
            paramLabel = "TIME",
            defaultValue = "200ms",
            converter = Converters.Time.class,
            description = "How far new prompts of others may stretch the gap between two tokens of a stream" + DEFAULT)
    Duration targetGap;

    @Option(
            names = "--speculate",
            paramLabel = "off|auto|ngram|draft|mtp",
            defaultValue = "auto",
            converter = Converters.SpeculationName.class,
            description =
                    "Whether tokens are guessed, where that pays: from what the text has had before (ngram), by a model's"
                            + " --draft-model (draft), by its own layers that predict ahead (mtp), or by all that there is"
                            + " (auto)" + DEFAULT)
    Speculation speculation;

    @Option(
            names = "--draft-model",
            paramLabel = "NAME=FILE",
            description =
                    "A small model, a GGUF file with the same vocabulary, that guesses tokens for the model NAME; may be given for several.")
    Map<String, Path> draftModels = Map.of();

    @Option(
            names = "--queue-length",
            paramLabel = "N",
            defaultValue = "" + EngineSettings.DEFAULT_QUEUE_LENGTH,
            description = "Requests that may wait per model; more are refused" + DEFAULT)
    int queueLength;

    @Option(
            names = "--pooling",
            paramLabel = "mean|cls|last",
            converter = Converters.PoolingName.class,
            description = "How embeddings are pooled (default: as the model's file says, else mean).")
    Pooling pooling;

    /**
     * Sets how a model is run.
     *
     * @param id the model's
     * @param own what the settings file says of it
     * @param embeds whether it is a chat model that makes vectors too
     * @throws UsageException if options contradict each other
     */
    void into(EngineSettings.Builder settings, String id, ModelTable.OfModel own, boolean embeds) {
        Optional<Path> draft = own.draftModel()
                .or(() -> Optional.ofNullable(draftModels.get(id)))
                .map(Path::toAbsolutePath);
        settings.threads(threads)
                .diskCache(diskCache())
                .targetGap(targetGap)
                .speculation(speculation(draft))
                .draftModel(draft)
                .queueLength(queueLength)
                .embeddings(new EmbeddingSettings(embeds, Optional.ofNullable(pooling)));
    }

    /** A model without a draft model does without guesses, where others have one. */
    private Speculation speculation(Optional<Path> draft) {
        return speculation == Speculation.DRAFT && draft.isEmpty() ? Speculation.OFF : speculation;
    }

    private Optional<DiskCache> diskCache() {
        if ((cacheDir == null) != (cacheDiskBytes == 0)) {
            throw new UsageException("--cache-dir and --cache-disk need each other");
        }
        return Optional.ofNullable(cacheDir).map(folder -> new DiskCache(folder.toAbsolutePath(), cacheDiskBytes));
    }
}
