package dev.gufo.server.cli;

import dev.gufo.server.boot.Reasons;
import dev.gufo.server.boot.StartFailed;
import dev.gufo.store.ModelCard;
import dev.gufo.store.ModelDirectory;
import dev.gufo.store.StoredModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/** Where models lie: options that commands about models have in common with {@code gufo serve}, filled by picocli. */
final class ModelsFolder {
    @Option(
            names = "--models-dir",
            paramLabel = "DIR",
            description = "Folder of *.gguf files (default: models beside the program).")
    @Nullable
    Path modelsDir;

    @Option(names = "--config", paramLabel = "FILE", description = "The server's settings file, to find the folder in.")
    Path config;

    /** Takes the folder, and nothing else, from where {@code gufo serve} has it. */
    static IDefaultValueProvider placeFrom(Layers layers) {
        return argument ->
                argument instanceof OptionSpec option && option.longestName().equals("--models-dir")
                        ? layers.defaultValue(argument)
                        : null;
    }

    Path path() {
        return modelsDir != null ? modelsDir : Path.of(System.getProperty("gufo.models", "models"));
    }

    /** @throws StartFailed if the folder can't be read */
    List<StoredModel> list() {
        try {
            return Files.isDirectory(path()) ? new ModelDirectory(path()).list() : List.of();
        } catch (IOException e) {
            throw new StartFailed("the models folder %s can't be read: %s".formatted(path(), Reasons.of(e)));
        }
    }

    /**
     * The model with this id.
     *
     * @throws StartFailed if there is none
     */
    StoredModel named(String id) {
        List<StoredModel> models = list();
        return models.stream()
                .filter(model -> model.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new StartFailed("there is no model '%s' in %s, which holds %s"
                        .formatted(
                                id,
                                path(),
                                models.isEmpty()
                                        ? "none"
                                        : models.stream().map(StoredModel::id).collect(Collectors.joining(", ")))));
    }

    List<ModelCard> cards() {
        return list().stream().map(ModelCard::of).toList();
    }
}
