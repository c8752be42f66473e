package dev.gufo.gguf;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/**
 * Tells model files apart without reading them whole: their size, the header with all metadata and the table of
 * tensors, and of each tensor the {@value #TENSOR_BYTES} bytes in its middle. Training, merging and quantizing anew
 * change nearly every byte of the tensors that they touch, so the sample changes with them; bytes that are changed
 * elsewhere, on purpose or by damage, are not noticed.
 */
public final class ContentSample {
    private static final int TENSOR_BYTES = 4_096;
    private static final int BUFFER_BYTES = 1 << 20;

    private ContentSample() {}

    /**
     * Adds a file's sample to a digest.
     *
     * @throws IOException if the file can't be read, or is shorter than its header says
     */
    public static void update(MessageDigest digest, GgufFile file) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        digest.update(ByteBuffer.allocate(Long.BYTES).putLong(file.bytes()).flip());
        try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
            for (long at = 0; at < file.dataOffset(); at += BUFFER_BYTES) {
                update(digest, channel, at, Math.min(BUFFER_BYTES, file.dataOffset() - at), buffer);
            }
            for (GgufTensor tensor : file.tensors()) {
                long length = Math.min(TENSOR_BYTES, tensor.bytes());
                long middle = tensor.offset() + (tensor.bytes() - length) / 2;
                update(digest, channel, file.dataOffset() + middle, length, buffer);
            }
        }
    }

    private static void update(MessageDigest digest, FileChannel channel, long from, long length, ByteBuffer buffer)
            throws IOException {
        buffer.clear().limit((int) length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, from + buffer.position()) < 0) {
                throw new EOFException("the file has become shorter");
            }
        }
        digest.update(buffer.flip());
    }
}
