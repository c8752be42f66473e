package dev.gufo.server.cli;

import dev.gufo.store.ModelDirectory;
import dev.gufo.store.ModelWatch;
import dev.gufo.store.StoredModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models folder while a server runs: what comes and goes there is told at once.
 *
 * @param watch empty if there is no such folder
 * @param listener told on the watching thread
 */
record Shelf(Optional<ModelWatch> watch, AtomicReference<Consumer<List<StoredModel>>> listener)
        implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Shelf.class);

    /** Watches {@code folder}; without one there are no models on it. */
    static Shelf watch(Path folder) {
        var listener = new AtomicReference<Consumer<List<StoredModel>>>(_ -> {});
        if (!Files.isDirectory(folder)) {
            return new Shelf(Optional.empty(), listener);
        }
        try {
            return new Shelf(
                    Optional.of(new ModelDirectory(folder).watch(models -> {
                        LOG.info("{} models are in {} now", models.size(), folder);
                        listener.get().accept(models);
                    })),
                    listener);
        } catch (IOException e) {
            throw new StartFailed("the models folder %s can't be watched: %s".formatted(folder, Reasons.of(e)));
        }
    }

    List<StoredModel> models() {
        return watch.map(ModelWatch::models).orElse(List.of());
    }

    /** Tells {@code listener} of every change from now on. */
    void onChange(Consumer<List<StoredModel>> told) {
        listener.set(told);
    }

    @Override
    public void close() {
        watch.ifPresent(ModelWatch::close);
    }
}
