package dev.gufo.store;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after a model directory: tells which models there are whenever that has changed. One virtual thread of its own
 * looks, when the system says that something happened, and every few seconds, as network file systems say nothing.
 */
public final class ModelWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ModelWatch.class);

    private final ModelDirectory directory;
    private final Consumer<List<StoredModel>> listener;
    private final Duration period;
    private final WatchService service;
    private final Map<Path, WatchKey> watched = new HashMap<>();
    private final Thread thread;
    private volatile List<StoredModel> models;

    /**
     * Looks at once, and from then on.
     *
     * @param listener told all models each time they are not those of the time before; on the watching thread
     * @param period how long to wait for the system at most
     * @throws IOException if the folder can't be read
     */
    public ModelWatch(ModelDirectory directory, Consumer<List<StoredModel>> listener, Duration period)
            throws IOException {
        this.directory = directory;
        this.listener = listener;
        this.period = period;
        this.service = directory.root().getFileSystem().newWatchService();
        watchFolders();
        this.models = directory.list();
        this.thread = Thread.ofVirtual().name("models").start(this::watch);
    }

    /** The models that were there when the folder was last looked at. */
    public List<StoredModel> models() {
        return models;
    }

    private void watch() {
        try {
            while (true) {
                WatchKey key = service.poll(period.toNanos(), TimeUnit.NANOSECONDS);
                if (key != null) {
                    key.pollEvents();
                    if (!key.reset()) {
                        watched.values().remove(key); // its folder has gone
                    }
                }
                look();
            }
        } catch (InterruptedException | ClosedWatchServiceException e) {
            log.debug("models in {} are watched no longer", directory.root());
        }
    }

    private void look() {
        try {
            watchFolders();
            List<StoredModel> now = directory.list();
            if (!now.equals(models)) { // by identity: what has not changed is the same object
                models = now;
                listener.accept(now);
            }
        } catch (IOException e) {
            log.warn("models in {} are taken to be what they were: it can't be read", directory.root(), e);
        } catch (RuntimeException | Error e) { // the next look may go well, and without this thread there is none
            log.error("looking at the models in {} failed", directory.root(), e);
        }
    }

    /**
     * What can't be watched, for want of watches or because it has gone, is looked at every few seconds all the same.
     */
    private void watchFolders() throws IOException {
        List<Path> folders = ModelFolders.under(directory.root());
        watched.keySet().retainAll(folders);
        for (Path folder : folders) {
            if (!watched.containsKey(folder)) {
                try {
                    watched.put(folder, folder.register(service, ENTRY_CREATE, ENTRY_DELETE, ENTRY_MODIFY));
                } catch (IOException e) {
                    log.debug("{} is not watched", folder, e);
                }
            }
        }
    }

    /** Ends the watch and returns when the listener is told no more. */
    @Override
    public void close() {
        try {
            service.close();
            thread.join();
        } catch (IOException e) {
            log.warn("models in {} are watched on", directory.root(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
