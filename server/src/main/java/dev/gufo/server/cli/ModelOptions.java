package dev.gufo.server.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which models {@code gufo serve} serves: options, filled by picocli. */
final class ModelOptions {
    @Option(
            names = "--models-dir",
            paramLabel = "DIR",
            description = "Folder of *.gguf files (default: models beside the program).")
    Path modelsDir;

    @Option(
            names = "--model",
            paramLabel = "NAME|PATH",
            split = Layers.SEPARATOR,
            hideParamSyntax = true,
            description =
                    "A model of the models folder by name, or a GGUF file. Repeatable; the first answers requests that name none"
                            + " (default: the first of the models folder).")
    List<String> models = new ArrayList<>();

    @Option(
            names = "--chat-template",
            paramLabel = "FILE",
            description = "A Jinja template instead of the model's own.")
    Path chatTemplate;

    @Option(
            names = "--embeddings",
            paramLabel = "NAME",
            split = Layers.SEPARATOR,
            hideParamSyntax = true,
            description = "A chat model that makes embeddings too, in a context of its own; repeatable.")
    List<String> embeddings = new ArrayList<>();

    /** Where models are looked for. */
    Path folder() {
        return ServeCommand.folder(modelsDir, "models");
    }
}
