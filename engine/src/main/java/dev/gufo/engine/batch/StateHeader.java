package dev.gufo.engine.batch;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * What the head of a file tells of the state in it. All of it is in main memory for each file, so it has hashes in
 * place of tokens.
 *
 * @param model what the state depends on beside its tokens and scope, of 32 bytes
 * @param root what the hashes begin with, of 32 bytes: model and scope
 * @param length tokens of the state
 * @param promptLength tokens of the prompt that it was computed for
 * @param wholeBytes of the state
 * @param checkpoints of states that can't be cut; their positions and bytes, ascending
 * @param strides hashes at multiples of {@link TokenHashes#STRIDE}
 * @param lasting the hash where a conversation that goes on is expected to part from it at the earliest
 * @param end the hash of all tokens
 * @param bodyCrc checksum of everything behind the head
 */
record StateHeader(
        byte[] model,
        byte[] root,
        int length,
        int promptLength,
        long wholeBytes,
        Checkpoint[] checkpoints,
        long[] strides,
        long lasting,
        long end,
        int bodyCrc) {
    /** Changes with the format, and with whatever else makes older files useless. */
    private static final long MAGIC = 0x4755464F_4B560001L; // "GUFOKV", version 1

    private static final int HASH_BYTES = 32;
    private static final int MOST_BYTES = 64 << 20;

    /** Before it is known how long the head is. */
    static final int START_BYTES = Long.BYTES + Integer.BYTES;

    /** @param hash of the tokens before it */
    record Checkpoint(int position, long bytes, long hash) {
        private static final int BYTES = Integer.BYTES + 2 * Long.BYTES;
    }

    /** What it takes in the file. */
    int bytes() {
        return (int) bytes(length, checkpoints.length);
    }

    private static long bytes(int length, int checkpointCount) {
        return START_BYTES
                + 2L * HASH_BYTES
                + 4 * Integer.BYTES
                + 3 * Long.BYTES
                + (long) checkpointCount * Checkpoint.BYTES
                + (long) length / TokenHashes.STRIDE * Long.BYTES
                + Integer.BYTES;
    }

    /** What the states take of main memory. */
    long stateBytes() {
        return wholeBytes
                + Arrays.stream(checkpoints).mapToLong(Checkpoint::bytes).sum();
    }

    /** What the file has. */
    long fileBytes() {
        return bytes() + (long) length * Integer.BYTES + stateBytes();
    }

    StateHeader withBodyCrc(int crc) {
        return new StateHeader(model, root, length, promptLength, wholeBytes, checkpoints, strides, lasting, end, crc);
    }

    ByteBuffer write() {
        ByteBuffer out = ByteBuffer.allocate(bytes());
        out.putLong(MAGIC).putInt(bytes()).put(model).put(root).putInt(length).putInt(promptLength);
        out.putInt(checkpoints.length).putInt(bodyCrc);
        out.putLong(wholeBytes).putLong(lasting).putLong(end);
        for (Checkpoint one : checkpoints) {
            out.putInt(one.position()).putLong(one.bytes()).putLong(one.hash());
        }
        for (long hash : strides) {
            out.putLong(hash);
        }
        return out.putInt(crc(out.array(), out.position())).flip();
    }

    private static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    /**
     * How long a head is.
     *
     * @param start the first {@value #START_BYTES} bytes of the file
     */
    static int bytes(ByteBuffer start) throws DamagedState {
        if (start.getLong() != MAGIC) {
            throw new DamagedState("it is no state of this version");
        }
        int bytes = start.getInt();
        if (bytes < START_BYTES || bytes > MOST_BYTES) {
            throw new DamagedState("its head has an impossible length");
        }
        return bytes;
    }

    /** @param head all of it */
    static StateHeader read(byte[] head) throws DamagedState {
        int covered = head.length - Integer.BYTES;
        ByteBuffer in = ByteBuffer.wrap(head);
        if (head.length < bytes(0, 0) || in.getInt(covered) != crc(head, covered)) {
            throw new DamagedState("the checksum of its head is wrong");
        }
        byte[] model = new byte[HASH_BYTES];
        byte[] root = new byte[HASH_BYTES];
        in.position(START_BYTES).get(model).get(root);
        int length = in.getInt();
        int promptLength = in.getInt();
        int checkpointCount = in.getInt();
        if (length < 0 || checkpointCount < 0 || head.length != bytes(length, checkpointCount)) {
            throw new DamagedState("its head has an impossible length");
        }
        Checkpoint[] checkpoints = new Checkpoint[checkpointCount];
        long[] strides = new long[length / TokenHashes.STRIDE];
        int bodyCrc = in.getInt();
        long wholeBytes = in.getLong();
        long lasting = in.getLong();
        long end = in.getLong();
        Arrays.setAll(checkpoints, i -> new Checkpoint(in.getInt(), in.getLong(), in.getLong()));
        Arrays.setAll(strides, i -> in.getLong());
        return new StateHeader(
                model, root, length, promptLength, wholeBytes, checkpoints, strides, lasting, end, bodyCrc);
    }

    /** Tokens that this and a text have in common, down to a multiple of the stride. */
    private int common(long[] others) {
        int mismatch = Arrays.mismatch(strides, others);
        return (mismatch < 0 ? strides.length : mismatch) * TokenHashes.STRIDE;
    }

    /**
     * How much of a prompt is computed here.
     *
     * @param most tokens of it that count
     * @param canRewind whether a state can be cut anywhere
     */
    int match(TokenHashes prompt, int most, boolean canRewind) {
        if (length <= most && prompt.at(length) == end) {
            return length;
        }
        if (canRewind) {
            int lastingLength = KvSlot.lastingPrompt(promptLength);
            boolean lasts = lastingLength <= most && prompt.at(lastingLength) == lasting;
            return Math.max(lasts ? lastingLength : 0, Math.min(common(prompt.strides()), most));
        }
        for (int i = checkpoints.length - 1; i >= 0; i--) {
            Checkpoint one = checkpoints[i];
            if (one.position() <= most && prompt.at(one.position()) == one.hash()) {
                return one.position();
            }
        }
        return 0;
    }

    /** Whether the conversation goes on in a text. */
    boolean goesOn(TokenHashes text) {
        int position = KvSlot.lastingPrompt(promptLength);
        return position > 0 && position <= text.length() && text.at(position) == lasting;
    }
}
