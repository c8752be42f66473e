package dev.gufo.server.cli;

import dev.gufo.engine.EngineSettings;
import dev.gufo.server.boot.Converters;
import dev.gufo.server.boot.ModelTable;
import picocli.CommandLine.Option;

/**
 * How large a model's context is and where its layers go: options that {@code gufo serve} and {@code gufo plan} share,
 * filled by picocli.
 */
final class SizeOptions {
    private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

    @Option(
            names = "--ctx-size",
            paramLabel = "TOKENS|auto",
            defaultValue = "auto",
            converter = Converters.NumberOrAuto.class,
            description =
                    "Context of one sequence; auto, or 0, takes what the model was trained with, as far as memory goes"
                            + DEFAULT)
    int contextTokens;

    @Option(
            names = "--parallel",
            paramLabel = "N|auto",
            defaultValue = "" + EngineSettings.DEFAULT_SEQUENCES,
            converter = Converters.Sequences.class,
            description = "Sequences decoded together, 1 to 256; auto takes what memory holds, at most 32" + DEFAULT)
    int parallel;

    @Option(
            names = "--gpu-layers",
            paramLabel = "N|auto",
            defaultValue = "auto",
            converter = Converters.GpuLayers.class,
            description = "Layers to put on the GPU: a number, 0 for none, auto for as many as memory holds" + DEFAULT)
    int gpuLayers;

    @Option(
            names = "--step-tokens",
            paramLabel = "TOKENS",
            defaultValue = "" + EngineSettings.DEFAULT_STEP_TOKENS,
            description = "Tokens in one decode step, prompts and answers together" + DEFAULT)
    int stepTokens;

    @Option(
            names = "--cache-ram",
            paramLabel = "SIZE|auto",
            defaultValue = "auto",
            converter = Converters.SizeOrAuto.class,
            description =
                    "Main memory, per model, for computed prompts that no sequence has room for; 0 for none, auto for"
                            + " an eighth of what is left, at most 8GiB" + DEFAULT)
    long cacheBytes;

    /** @param own what the settings file says of the model */
    void into(EngineSettings.Builder settings, ModelTable.OfModel own) {
        settings.contextTokens(own.contextTokens().orElse(contextTokens))
                .sequences(own.sequences().orElse(parallel))
                .gpuLayers(own.gpuLayers().orElse(gpuLayers))
                .stepTokens(stepTokens)
                .cacheBytes(cacheBytes);
    }
}
