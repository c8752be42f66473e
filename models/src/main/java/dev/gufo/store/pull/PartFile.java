package dev.gufo.store.pull;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What is there of a file: {@code .NAME.part}, and beside it in {@code .NAME.state} which of its chunks are whole and
 * which version of the file they are of.
 *
 * <p>A chunk is said to be whole only after its bytes were forced to the disk, so that the state is right whenever the
 * process or the machine ends. Any thread may write; {@link #open} and {@link #finish} belong to one.
 */
final class PartFile implements AutoCloseable {
    private static final String FORMAT = "gufo part 1";

    private final Path target;
    private final Path part;
    private final Path state;
    private final int chunkBytes;
    private final AtomicLong written = new AtomicLong();
    private @Nullable FileChannel channel;
    private BitSet whole = new BitSet();
    private long total = -1;
    private String version = "";

    /** @param target where the file shall be once it is whole */
    PartFile(Path target, int chunkBytes) {
        this.target = target;
        this.part = beside(target, ".part");
        this.state = beside(target, ".state");
        this.chunkBytes = chunkBytes;
    }

    /** A hidden file that goes with {@code target}. */
    static Path beside(Path target, String suffix) {
        return target.resolveSibling("." + target.getFileName() + suffix);
    }

    /** The file while it is not whole. */
    Path path() {
        return part;
    }

    /**
     * Opens the part, and keeps what is there of it if it is of the same version.
     *
     * @param newTotal the file's size; -1 if it is not known
     * @param newVersion what tells this version from others, without line breaks; {@code ""} if nothing does
     */
    void open(long newTotal, String newVersion) throws IOException {
        requireOpen();
        total = newTotal;
        version = newVersion;
        whole = newTotal < 0 || newVersion.isEmpty() ? new BitSet() : remembered();
        if (whole.isEmpty()) {
            restart();
        }
        written.set(bytesOf(whole));
    }

    /** Forgets what is there; no thread may be writing. */
    synchronized void restart() throws IOException {
        requireOpen();
        whole = new BitSet();
        written.set(0);
        Files.deleteIfExists(state);
        channel().truncate(0);
    }

    /** Again, if a thread was interrupted while it wrote: that closes the channel for all. */
    private void requireOpen() throws IOException {
        if (channel == null || !channel.isOpen()) {
            channel = FileChannel.open(
                    part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        }
    }

    private FileChannel channel() {
        return requireNonNull(channel, "the part has not been opened");
    }

    int chunks() {
        return Math.toIntExact(Math.ceilDiv(total, (long) chunkBytes));
    }

    synchronized boolean isWhole(int chunk) {
        return whole.get(chunk);
    }

    long start(int chunk) {
        return (long) chunk * chunkBytes;
    }

    /** Behind its last byte. */
    long end(int chunk) {
        return Math.min(total, start(chunk) + chunkBytes);
    }

    /** How much is there, chunks under way included. */
    long written() {
        return written.get();
    }

    void write(ByteBuffer bytes, long at) throws IOException {
        long to = at;
        while (bytes.hasRemaining()) {
            int count = channel().write(bytes, to);
            to += count;
            written.addAndGet(count);
        }
    }

    /** A chunk is whole. */
    void done(int chunk) throws IOException {
        channel().force(false);
        synchronized (this) {
            whole.set(chunk);
            Path next = beside(target, ".state.next");
            Files.write(
                    next,
                    List.of(
                            FORMAT,
                            Long.toString(total),
                            version,
                            Integer.toString(chunkBytes),
                            HexFormat.of().formatHex(whole.toByteArray())));
            Files.move(next, state, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /** SHA-256 of what is there, in lower-case hexadecimal. */
    String sha256() throws IOException {
        return sha256(part);
    }

    /** SHA-256 of a file, in lower-case hexadecimal. */
    static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 20];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** Gives the file its name. */
    void finish() throws IOException {
        channel().force(true);
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        Files.deleteIfExists(state);
    }

    /** Removes what is there. */
    void discard() throws IOException {
        close();
        Files.deleteIfExists(state);
        Files.deleteIfExists(part);
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }

    /** The whole chunks that the state tells of; none if it is of another version or makes no sense. */
    private BitSet remembered() throws IOException {
        if (!Files.isRegularFile(state) || channel().size() > total) {
            return new BitSet();
        }
        List<String> lines = Files.readAllLines(state);
        List<String> expected = List.of(FORMAT, Long.toString(total), version, Integer.toString(chunkBytes));
        if (lines.size() != expected.size() + 1
                || !lines.subList(0, expected.size()).equals(expected)) {
            return new BitSet();
        }
        try {
            BitSet chunks = BitSet.valueOf(HexFormat.of().parseHex(lines.getLast()));
            boolean fits = chunks.length() <= chunks()
                    && (chunks.isEmpty() || channel().size() >= end(chunks.length() - 1));
            return fits ? chunks : new BitSet();
        } catch (IllegalArgumentException e) {
            return new BitSet();
        }
    }

    private long bytesOf(BitSet chunks) {
        return chunks.stream().mapToLong(chunk -> end(chunk) - start(chunk)).sum();
    }
}
