package dev.gufo.store;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after models that were named by their paths, wherever they lie: every few seconds, on a virtual thread of its
 * own, which alone changes what {@link #models} tells.
 */
public final class FileWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FileWatch.class);

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);

    private final Map<Path, ModelDirectory> folders = new HashMap<>();
    private final Runnable listener;
    private final Duration period;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile List<StoredModel> models;

    /**
     * Looks from now on.
     *
     * @param listener called when a model is another one than before; on the watching thread
     */
    public FileWatch(List<StoredModel> models, Runnable listener) {
        this(models, listener, LOOK_AGAIN);
    }

    /** @param period between two looks */
    FileWatch(List<StoredModel> models, Runnable listener, Duration period) {
        this.models = List.copyOf(models);
        this.listener = listener;
        this.period = period;
        this.thread = Thread.ofVirtual().name("named-models").start(this::watch);
    }

    /** The models as they were when last looked at; one whose files have gone stays what it was. */
    public List<StoredModel> models() {
        return models;
    }

    private void watch() {
        try {
            look(); // what is the same from now on is the same object
            while (!closing.await(period.toNanos(), TimeUnit.NANOSECONDS)) {
                if (look()) {
                    listener.run();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean look() {
        List<StoredModel> now = new ArrayList<>();
        boolean changed = false;
        for (StoredModel model : models) {
            StoredModel current = current(model);
            changed |= !current.isSame(model);
            now.add(current.isSame(model) ? model : current);
        }
        if (changed) {
            models = List.copyOf(now);
        }
        return changed;
    }

    private StoredModel current(StoredModel model) {
        Path folder = model.path().toAbsolutePath().getParent();
        try {
            return folders.computeIfAbsent(folder, ModelDirectory::new)
                    .current(model)
                    .orElse(model);
        } catch (IOException e) {
            log.warn("the folder of {} can't be read, so the model is taken to be unchanged", model.path(), e);
            return model;
        }
    }

    /** Ends the watch and returns when the listener is called no more. */
    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
