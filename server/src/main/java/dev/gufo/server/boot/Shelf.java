package dev.gufo.server.boot;

import static java.util.Objects.requireNonNull;

import dev.gufo.store.FileWatch;
import dev.gufo.store.ModelDirectory;
import dev.gufo.store.ModelWatch;
import dev.gufo.store.StoredModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models folder while a server runs, and models elsewhere that were named by their paths: what comes and goes is
 * told.
 *
 * @param watch empty if there is no such folder
 * @param elsewhere models that do not lie in the folder
 * @param listener told on the threads that watch
 */
public record Shelf(Optional<ModelWatch> watch, FileWatch elsewhere, AtomicReference<Runnable> listener)
        implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Shelf.class);

    /**
     * Watches {@code folder}; without one there are no models in it.
     *
     * @param first the models that were named, wherever they lie
     */
    public static Shelf watch(Path folder, List<StoredModel> first) {
        var listener = new AtomicReference<Runnable>(() -> {});
        Optional<ModelWatch> watch = Files.isDirectory(folder)
                ? Optional.of(
                        watchFolder(folder, () -> requireNonNull(listener.get()).run()))
                : Optional.empty();
        List<Path> inFolder = watch.map(ModelWatch::models).orElse(List.of()).stream()
                .map(StoredModel::path)
                .map(Shelf::absolute)
                .toList();
        List<StoredModel> others = first.stream()
                .filter(model -> !inFolder.contains(absolute(model.path())))
                .toList();
        return new Shelf(
                watch,
                new FileWatch(others, () -> requireNonNull(listener.get()).run()),
                listener);
    }

    private static ModelWatch watchFolder(Path folder, Runnable listener) {
        try {
            return new ModelDirectory(folder).watch(models -> {
                LOG.info("{} models are in {} now", models.size(), folder);
                listener.run();
            });
        } catch (IOException e) {
            throw new StartFailed("the models folder %s can't be watched: %s".formatted(folder, Reasons.of(e)));
        }
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath().normalize();
    }

    /** The models in the folder. */
    public List<StoredModel> models() {
        return watch.map(ModelWatch::models).orElse(List.of());
    }

    /** Those elsewhere, and those in the folder whose names these leave free. */
    public List<StoredModel> all() {
        List<StoredModel> all = new ArrayList<>(elsewhere.models());
        List<String> taken = all.stream().map(StoredModel::id).toList();
        models().stream().filter(model -> !taken.contains(model.id())).forEach(all::add);
        return all;
    }

    /** Tells {@code told} all models at every change from now on. */
    public void onChange(Consumer<List<StoredModel>> told) {
        listener.set(() -> told.accept(all()));
    }

    @Override
    public void close() {
        watch.ifPresent(ModelWatch::close);
        elsewhere.close();
    }
}
