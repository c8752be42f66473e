package dev.gufo.engine.batch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What the beginnings of a text hash to: those whose length is a multiple of {@value #STRIDE} tokens, and any other one
 * on demand. A hash covers everything before it, down to a root that stands for the model and the scope. So equal
 * hashes mean equal beginnings of one scope, and nothing of another scope is found.
 *
 * <p>Belongs to the thread that made it.
 */
final class TokenHashes {
    static final int STRIDE = 64;

    private final MessageDigest sha256 = sha256();
    private final byte[] root;
    private final int[] tokens;
    private final int length;
    private final byte[][] strides;

    /** @param root {@link #root} */
    TokenHashes(byte[] root, int[] tokens, int length) {
        this.root = root;
        this.tokens = tokens;
        this.length = length;
        this.strides = new byte[length / STRIDE][];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = behind(i == 0 ? root : strides[i - 1], i * STRIDE, (i + 1) * STRIDE);
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private byte[] behind(byte[] before, int from, int to) {
        ByteBuffer bytes = ByteBuffer.allocate((to - from) * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(tokens, from, to - from);
        sha256.update(before);
        sha256.update(bytes);
        return sha256.digest();
    }

    /** Of the first so many tokens, at most {@link #length}. */
    byte[] full(int position) {
        int stride = position / STRIDE;
        byte[] before = stride == 0 ? root : strides[stride - 1];
        return position % STRIDE == 0 ? before : behind(before, stride * STRIDE, position);
    }

    /** The same in 8 bytes: enough to find what is then compared token by token. */
    long at(int position) {
        return ByteBuffer.wrap(full(position)).getLong();
    }

    /** In the same short form, of each multiple of the stride. */
    long[] strides() {
        long[] all = new long[strides.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = ByteBuffer.wrap(strides[i]).getLong();
        }
        return all;
    }

    int length() {
        return length;
    }
}
