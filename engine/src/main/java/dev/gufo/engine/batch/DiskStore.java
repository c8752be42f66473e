package dev.gufo.engine.batch;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.DiskCache;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The prefix cache on disk, of one model: what main memory holds is written here in the background, and comes back when
 * main memory has it no more. A file that is damaged, or of another model, is deleted and counts as none. No failure of
 * the disk is a failure of a request.
 *
 * <p>The engine thread calls it and never waits for the disk. One thread writes, one reads. The index of all files'
 * heads is changed by both and read by the engine thread; heads do not change. What a job holds it frees itself.
 */
final class DiskStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DiskStore.class);

    /** States that wait to be written; they are held in main memory all the same. */
    private static final int MOST_WAITING = 64;

    /** A disk that takes longer is not waited for: the prompt is computed. */
    private static final Duration MOST_READING = Duration.ofSeconds(30);

    private final byte[] model;
    private final Map<String, byte[]> adapters;
    private final CacheFolder folder;
    private final Map<String, StateHeader> index = new ConcurrentHashMap<>();
    private final ExecutorService writer = thread("cache-writer");
    private final ExecutorService reader = thread("cache-reader");
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean closed;

    /** A file that has a part of a prompt. */
    record Found(String name, StateHeader head, int tokens) {}

    /** A state on its way to the disk. The engine thread and the writer's share it. */
    final class Writing {
        private enum Stage {
            WAITING,
            RUNNING,
            ENDED
        }

        private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);
        private final CompletableFuture<Boolean> end = new CompletableFuture<>();
        private final SavedState state;
        private final long bytes;
        private final byte[] root;

        private Writing(SavedState state, byte[] root) {
            this.state = state;
            this.bytes = state.bytes();
            this.root = root;
        }

        /** Whether its memory is being read right now. */
        boolean isRunning() {
            return stage.get() == Stage.RUNNING;
        }

        boolean isOver() {
            return end.isDone();
        }

        /** Ends when it does; not to be completed by others. */
        CompletableFuture<Boolean> end() {
            return end;
        }

        boolean isWritten() {
            return end.getNow(false);
        }

        /** What waits for its end, to have its room. */
        Reading before(Found found, KvScope scope) {
            return new Reading(found.name(), scope, 0, end.thenApply(_ -> Optional.empty()), System.nanoTime(), true);
        }

        /** What it takes of main memory. */
        long bytes() {
            return bytes;
        }

        /** Drops it unless it has begun. */
        void cancel() {
            if (stage.compareAndSet(Stage.WAITING, Stage.ENDED)) {
                end(false);
            }
        }

        /** Whether it is on disk now; waits for that, but not longer. */
        boolean await(Duration most) {
            return end.copy()
                    .completeOnTimeout(false, most.toNanos(), TimeUnit.NANOSECONDS)
                    .join();
        }

        private void run() {
            if (stage.compareAndSet(Stage.WAITING, Stage.RUNNING)) {
                boolean written = false;
                try {
                    written = !closed && write(state, root);
                } finally {
                    stage.set(Stage.ENDED);
                    end(written); // whatever came: its memory counts until then
                }
            }
        }

        private void end(boolean written) {
            state.close();
            waiting.decrementAndGet();
            end.complete(written);
        }
    }

    /**
     * A state on its way from the disk.
     *
     * @param bytes that it will take of main memory
     * @param result empty if the file was none any more; whoever takes it closes it
     * @param begun in {@link System#nanoTime}
     * @param begins whether it has not begun: there is no room before what is being written has been
     */
    record Reading(
            String name,
            KvScope scope,
            long bytes,
            CompletableFuture<Optional<SavedState>> result,
            long begun,
            boolean begins) {
        /** Frees it, now or when it is there. */
        void drop() {
            var _ = result.thenAccept(state -> state.ifPresent(SavedState::close));
        }

        /** Whether it is there, or will not be waited for. */
        boolean isOver() {
            return result.isDone() || System.nanoTime() - begun > MOST_READING.toNanos();
        }
    }

    private DiskStore(byte[] model, Map<String, byte[]> adapters, CacheFolder folder) {
        this.model = model;
        this.adapters = adapters;
        this.folder = folder;
    }

    /**
     * Opens a model's store and reads the heads of its files.
     *
     * @param model what states depend on beside their tokens and scope, of 32 bytes
     * @param adapters what the contents of each hash to, by their ids
     * @return empty if it can't be used; the log says why
     */
    static Optional<DiskStore> open(DiskCache settings, byte[] model, Map<String, byte[]> adapters) {
        try {
            Optional<DiskStore> store =
                    CacheFolder.open(settings, model).map(folder -> new DiskStore(model, adapters, folder));
            if (store.isEmpty()) {
                LOG.warn("another process keeps prompts of this model in {}: this one does not", settings.folder());
            } else {
                store.get().readHeads();
            }
            return store;
        } catch (IOException | UnsupportedOperationException e) {
            LOG.warn("prompts can't be kept in {}: {}", settings.folder(), e.toString());
            return Optional.empty();
        }
    }

    private static ExecutorService thread(String name) {
        return Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name(name).daemon(true).factory());
    }

    private void readHeads() throws IOException {
        for (String name : folder.names()) {
            try {
                StateHeader head = StateFile.readHead(folder.file(name));
                if (!Arrays.equals(head.model(), model)) {
                    throw new DamagedState("it is of another model");
                }
                index.put(name, head);
            } catch (IOException e) {
                drop(name, e);
            }
        }
    }

    /** What this model's files take. */
    long bytes() {
        return index.values().stream().mapToLong(StateHeader::fileBytes).sum();
    }

    /** What the files of all models may take together. */
    long mostBytes() {
        return folder.mostBytes();
    }

    /** What the hashes of a scope's texts begin with. */
    private byte[] root(KvScope scope) {
        MessageDigest digest = TokenHashes.sha256();
        digest.update(model);
        byte[] name = scope.name().getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(name.length).flip());
        digest.update(name);
        for (AdapterScale adapter : scope.adapters()) {
            digest.update(adapters.getOrDefault(adapter.id(), new byte[0]));
            digest.update(Float.toString(adapter.scale()).getBytes(StandardCharsets.UTF_8));
        }
        return digest.digest();
    }

    /**
     * The file that has most of a prompt.
     *
     * @param canRewind whether states can be cut anywhere
     */
    Optional<Found> find(int[] prompt, KvScope scope, boolean canRewind) {
        if (index.isEmpty()) {
            return Optional.empty();
        }
        byte[] root = root(scope);
        TokenHashes hashes = new TokenHashes(root, prompt, prompt.length);
        return index.entrySet().stream()
                .filter(one -> Arrays.equals(one.getValue().root(), root))
                .map(one -> new Found(
                        one.getKey(), one.getValue(), one.getValue().match(hashes, prompt.length - 1, canRewind)))
                .filter(one -> one.tokens() > 0)
                .max(Comparator.comparingInt(Found::tokens));
    }

    /** Brings a state up. */
    Reading read(Found found, KvScope scope) {
        var result = new CompletableFuture<Optional<SavedState>>();
        reader.execute(() -> {
            Optional<SavedState> state = Optional.empty();
            try {
                state = read(found.name(), found.head());
            } finally {
                result.complete(state); // whatever came: someone waits, and room is kept for it
            }
        });
        return new Reading(found.name(), scope, found.head().stateBytes(), result, System.nanoTime(), false);
    }

    private Optional<SavedState> read(String name, StateHeader head) {
        try {
            SavedState state = StateFile.read(folder.file(name), head, () -> closed);
            noteUse(name);
            return Optional.of(state);
        } catch (IOException e) {
            if (!closed) {
                drop(name, e);
            }
            return Optional.empty();
        }
    }

    /** Another process may just have deleted the file; what was read is good all the same. */
    private void noteUse(String name) {
        try {
            folder.used(name, Instant.now());
        } catch (IOException e) {
            LOG.debug("the use of {} could not be noted: {}", folder.file(name), e.toString());
        }
    }

    private void drop(String name, IOException cause) {
        index.remove(name);
        if (cause instanceof DamagedState || cause instanceof EOFException) {
            LOG.warn("{} is deleted: {}", folder.file(name), cause.getMessage());
            remove(name);
        } else if (!(cause instanceof NoSuchFileException)) {
            LOG.warn("{} can't be read: {}", folder.file(name), cause.toString());
        }
    }

    private void remove(String name) {
        index.remove(name);
        try {
            folder.remove(name);
        } catch (IOException e) {
            LOG.warn("{} can't be deleted: {}", folder.file(name), e.toString());
        }
    }

    /**
     * Writes a state when its turn comes.
     *
     * @param state which is closed in any case
     * @return empty if too many wait
     */
    Optional<Writing> write(SavedState state, KvScope scope) {
        if (waiting.incrementAndGet() > MOST_WAITING) {
            waiting.decrementAndGet();
            state.close();
            return Optional.empty();
        }
        Writing job = new Writing(state, root(scope));
        writer.execute(job::run);
        return Optional.of(job);
    }

    private boolean write(SavedState state, byte[] root) {
        TokenHashes hashes = new TokenHashes(root, state.tokens(), state.tokens().length);
        String name = HexFormat.of().formatHex(hashes.full(state.tokens().length));
        if (index.containsKey(name)) {
            return true;
        }
        Optional<Path> file = Optional.empty();
        try {
            StateHeader head = StateFile.describe(model, root, state, hashes);
            file = folder.reserve(name, head.fileBytes(), index::remove);
            if (file.isEmpty()) {
                return false;
            }
            StateHeader written = StateFile.write(file.get(), head, state, () -> closed);
            folder.publish(file.get(), name);
            index.put(name, written);
            index.forEach((other, earlier) -> {
                if (!other.equals(name) && Arrays.equals(earlier.root(), root) && earlier.goesOn(hashes)) {
                    remove(other); // an earlier turn of the same conversation
                }
            });
            return true;
        } catch (IOException e) {
            file.ifPresent(DiskStore::discard);
            if (!closed) {
                LOG.warn("a prompt could not be kept on disk: {}", e.toString());
            }
            return false;
        }
    }

    private static void discard(Path unfinished) {
        try {
            Files.deleteIfExists(unfinished);
        } catch (IOException e) {
            LOG.warn("{} can't be deleted: {}", unfinished, e.toString());
        }
    }

    /** Stops; what is being written is given up, and what is being read as well. */
    @Override
    public void close() {
        closed = true;
        reader.shutdown();
        writer.execute(this::release); // behind what it still has, which ends at once
        writer.shutdown();
        try {
            if (!writer.awaitTermination(1, TimeUnit.SECONDS)) {
                LOG.warn("the disk of the prompt cache is slow: its last writing is left behind");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void release() {
        try {
            folder.close();
        } catch (IOException e) {
            LOG.warn("the prompt cache's folder could not be released: {}", e.toString());
        }
    }
}
