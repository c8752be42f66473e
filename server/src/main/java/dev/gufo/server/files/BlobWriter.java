package dev.gufo.server.files;

import dev.gufo.server.database.OwnerOnly;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * Contents on their way to disk, under a name of their own until they are complete: no reader ever sees a part. Belongs
 * to one thread.
 */
public final class BlobWriter extends OutputStream {
    private final String id;
    private final Path part;
    private final Path whole;
    private final FileChannel channel;
    private final MessageDigest digest = sha256();
    private final LongConsumer room;
    private long bytes;
    private boolean complete;

    /** @param room told how many bytes are about to be written; throws if there is no room for them */
    BlobWriter(String id, Path folder, LongConsumer room) throws IOException {
        this.id = id;
        this.part = folder.resolve(id + BlobFolder.PART);
        this.whole = folder.resolve(id);
        this.room = room;
        this.channel = FileChannel.open(
                part, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OwnerOnly.file());
    }

    static MessageDigest sha256() {
        return digest("SHA-256");
    }

    /** @param algorithm that every Java platform has */
    static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has " + algorithm, e);
        }
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
        write(ByteBuffer.wrap(source, offset, length));
    }

    /** Writes what is left of a buffer. */
    void write(ByteBuffer source) throws IOException {
        room.accept(source.remaining());
        bytes += source.remaining();
        digest.update(source.duplicate());
        while (source.hasRemaining()) {
            channel.write(source);
        }
    }

    /** Bytes by now. */
    public long bytes() {
        return bytes;
    }

    /** Gives the contents their name, once the disk has them. */
    public Blob finish() throws IOException {
        channel.force(true);
        channel.close();
        Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE);
        complete = true;
        return new Blob(id, bytes, HexFormat.of().formatHex(digest.digest()));
    }

    /** Removes what is not complete. */
    @Override
    public void close() throws IOException {
        if (!complete) {
            channel.close();
            Files.deleteIfExists(part);
        }
    }
}
