package dev.gufo.server.boot;

import dev.gufo.gguf.GgufModel;
import dev.gufo.store.ModelContents;
import dev.gufo.store.ModelDirectory;
import dev.gufo.store.ModelRole;
import dev.gufo.store.StoredModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which models the operator means. */
public final class ChosenModels {
    private ChosenModels() {}

    /**
     * The models to serve, the default one first.
     *
     * @param folder the models folder, which need not exist if paths are given
     * @param namesOrPaths empty for the folder's first model of each role, that for chat first
     * @throws StartFailed if there is no such model
     */
    public static List<StoredModel> find(Path folder, List<String> namesOrPaths) {
        var directory = new ModelDirectory(folder);
        try {
            if (namesOrPaths.isEmpty()) {
                return firstOfEachRole(directory);
            }
            var chosen = new ArrayList<StoredModel>();
            for (String nameOrPath : namesOrPaths) {
                chosen.add(
                        directory.find(nameOrPath).orElseThrow(() -> new StartFailed(missing(directory, nameOrPath))));
            }
            return chosen;
        } catch (IOException e) {
            throw new StartFailed("the models folder %s can't be read: %s".formatted(folder, Reasons.of(e)));
        }
    }

    /** The chosen models, and behind them those of {@code pinned} that are not among them. */
    public static List<StoredModel> find(Path folder, List<String> namesOrPaths, List<StoredModel> pinned) {
        var models = new ArrayList<>(find(folder, namesOrPaths));
        for (StoredModel model : pinned) {
            if (models.stream().noneMatch(other -> other.id().equals(model.id()))) {
                models.add(model);
            }
        }
        return models;
    }

    /**
     * Looks into the files, which takes longer than finding them.
     *
     * @throws StartFailed if one of them is no model
     */
    public static void check(List<StoredModel> models) {
        for (StoredModel model : models) {
            if (model.contents() instanceof ModelContents.Broken(String reason)) {
                throw new StartFailed("%s can't be served: %s".formatted(model.id(), reason));
            }
        }
    }

    /**
     * Checks that the models which an option names are served.
     *
     * @throws StartFailed if one of them is not
     */
    public static void requireServed(
            List<StoredModel> first, List<StoredModel> others, String option, Collection<String> names) {
        for (String name : names) {
            if (Stream.concat(first.stream(), others.stream())
                    .noneMatch(model -> model.id().equals(name))) {
                throw new StartFailed("%s %s: no model of this name is served".formatted(option, name));
            }
        }
    }

    private static List<StoredModel> firstOfEachRole(ModelDirectory directory) throws IOException {
        List<StoredModel> there = list(directory);
        if (there.isEmpty()) {
            throw new StartFailed("there is no model in %s: put a GGUF file there, or name one with --model"
                    .formatted(directory.root()));
        }
        Map<ModelRole, StoredModel> first = new EnumMap<>(ModelRole.class); // in the order of the roles
        for (StoredModel model : there) {
            if (model.contents() instanceof ModelContents.Loadable(GgufModel file)) {
                first.putIfAbsent(ModelRole.of(file), model);
            }
        }
        return first.isEmpty() ? List.of(there.getFirst()) : List.copyOf(first.values());
    }

    private static String missing(ModelDirectory directory, String nameOrPath) {
        String known;
        try {
            known = list(directory).stream().map(StoredModel::id).collect(Collectors.joining(", "));
        } catch (IOException e) {
            known = "";
        }
        return "there is no model '%s': it is no GGUF file, and %s holds %s"
                .formatted(nameOrPath, directory.root(), known.isEmpty() ? "no models" : known);
    }

    private static List<StoredModel> list(ModelDirectory directory) throws IOException {
        return Files.isDirectory(directory.root()) ? directory.list() : List.of();
    }
}
