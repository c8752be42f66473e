package dev.gufo.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SHA-256 of models' files: of the only file, or of all shards one after the other. A model is hashed once, on a thread
 * for that, one model at a time. What was found is kept in a file, under all that the file system tells of the model,
 * so that a replaced one is hashed again. Any thread.
 */
public final class ModelDigests {
    private static final Logger LOG = LoggerFactory.getLogger(ModelDigests.class);
    private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) (.+)");
    private static final int BUFFER_BYTES = 1 << 20;

    private final Optional<Path> file;
    private final Supplier<List<StoredModel>> current;
    /** By {@link StoredModel#identity}; empty where a model could not be read. */
    private final Map<String, CompletableFuture<Optional<String>>> digests = new ConcurrentHashMap<>();

    private final Semaphore turn = new Semaphore(1, true);

    private ModelDigests(Optional<Path> file, Supplier<List<StoredModel>> current) {
        this.file = file;
        this.current = current;
    }

    /** Keeps nothing beyond its own end. */
    public static ModelDigests inMemory(Supplier<List<StoredModel>> current) {
        return new ModelDigests(Optional.empty(), current);
    }

    /**
     * With what is kept in a file, which need not be there yet. One that can't be read or written costs time only.
     *
     * @param current the models as they are now: one that was replaced is hashed as it is
     */
    public static ModelDigests open(Path file, Supplier<List<StoredModel>> current) {
        var digests = new ModelDigests(Optional.of(file), current);
        try {
            if (Files.exists(file)) {
                for (String line : Files.readAllLines(file)) {
                    Matcher parts = LINE.matcher(line);
                    if (parts.matches()) {
                        digests.digests.put(
                                parts.group(2), CompletableFuture.completedFuture(Optional.of(parts.group(1))));
                    }
                }
            }
        } catch (IOException e) {
            LOG.warn("the models' digests in {} can't be read, so models are hashed again", file, e);
        }
        return digests;
    }

    /** The digest in lower-case hexadecimal, if it is known. Neither blocks nor reads the model. */
    public Optional<String> known(StoredModel model) {
        CompletableFuture<Optional<String>> digest = digests.get(now(model).identity());
        return digest == null ? Optional.empty() : digest.getNow(Optional.empty());
    }

    /** Has a model hashed, if that has not been done. Does not wait for it. */
    public void begin(StoredModel model) {
        StoredModel meant = now(model);
        if (meant.isWhole()) {
            CompletableFuture<Optional<String>> _ = digests.computeIfAbsent(meant.identity(), _ -> start(meant));
        }
    }

    /**
     * The digest, waited for.
     *
     * @param most how long
     * @return empty if it takes longer, or the model can't be read
     */
    public Optional<String> await(StoredModel model, Duration most) throws InterruptedException {
        begin(model);
        CompletableFuture<Optional<String>> digest = digests.get(now(model).identity());
        try {
            return digest == null ? Optional.empty() : digest.get(most.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw new AssertionError("hashing ends with a value", e);
        }
    }

    private StoredModel now(StoredModel model) {
        return current.get().stream()
                .filter(other -> absolute(other.path()).equals(absolute(model.path())))
                .findFirst()
                .orElse(model);
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath().normalize();
    }

    /** A thread of the platform: hashing would keep a carrier of virtual threads from all others. */
    private CompletableFuture<Optional<String>> start(StoredModel model) {
        var digest = new CompletableFuture<Optional<String>>();
        Thread.ofPlatform().daemon().name("model-digest").start(() -> hash(model, digest));
        return digest;
    }

    private void hash(StoredModel model, CompletableFuture<Optional<String>> digest) {
        turn.acquireUninterruptibly();
        Optional<String> found = Optional.empty();
        try {
            long begin = System.nanoTime();
            found = read(model);
            LOG.debug("{} was hashed in {} ms", model, (System.nanoTime() - begin) / 1_000_000);
            found.ifPresent(hash -> keep(model, hash));
        } finally {
            turn.release();
            if (found.isEmpty()) {
                digests.remove(model.identity(), digest); // asked for again, it is tried again
            }
            digest.complete(found);
        }
    }

    /** Empty if the files can't be read, or are others than they were. */
    private static Optional<String> read(StoredModel model) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[BUFFER_BYTES];
            long bytes = 0;
            Instant modified = Instant.MIN;
            for (Path path : model.files()) {
                try (InputStream in = Files.newInputStream(path)) {
                    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                        digest.update(buffer, 0, count);
                        bytes += count;
                    }
                }
                Instant changed = Files.getLastModifiedTime(path).toInstant();
                modified = changed.isAfter(modified) ? changed : modified;
            }
            boolean same = bytes == model.bytes() && modified.equals(model.modified());
            return same ? Optional.of(HexFormat.of().formatHex(digest.digest())) : Optional.empty();
        } catch (IOException e) {
            LOG.warn("{} can't be hashed", model, e);
            return Optional.empty();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private void keep(StoredModel model, String digest) {
        if (file.isEmpty()) {
            return;
        }
        try {
            Files.writeString(
                    file.get(),
                    "%s %s%n".formatted(digest, model.identity()),
                    StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            LOG.warn("the digest of {} can't be kept in {}", model.id(), file.get(), e);
        }
    }
}
