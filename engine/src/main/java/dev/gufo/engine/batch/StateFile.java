package dev.gufo.engine.batch;

import dev.gufo.engine.llama.SequenceState;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;

/**
 * One state in a file: a head with a checksum of its own ({@link StateHeader}), then tokens, the whole state and its
 * checkpoints, with one checksum over all of that.
 */
final class StateFile {
    private StateFile() {}

    /** What the file's head will say, but for the checksum of the rest. */
    static StateHeader describe(byte[] model, byte[] root, SavedState state, TokenHashes hashes) {
        StateHeader.Checkpoint[] checkpoints = state.checkpoints().entrySet().stream()
                .map(one ->
                        new StateHeader.Checkpoint(one.getKey(), one.getValue().bytes(), hashes.at(one.getKey())))
                .toArray(StateHeader.Checkpoint[]::new);
        int length = state.tokens().length;
        return new StateHeader(
                model,
                root,
                length,
                state.promptLength(),
                state.whole().bytes(),
                checkpoints,
                hashes.strides(),
                hashes.at(KvSlot.lastingPrompt(state.promptLength())),
                hashes.at(length),
                0);
    }

    /**
     * Fills a file, and returns once the disk has it.
     *
     * @param given asked after each piece; true to give up
     * @return what its head says
     */
    static StateHeader write(Path file, StateHeader head, SavedState state, BooleanSupplier given) throws IOException {
        CRC32C crc = new CRC32C();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.position(head.bytes());
            SequenceState.Transfer to = piece -> {
                if (given.getAsBoolean()) {
                    throw new IOException("the model is being closed");
                }
                crc.update(piece.duplicate());
                while (piece.hasRemaining()) {
                    channel.write(piece);
                }
            };
            to.move(bytes(state.tokens()));
            state.whole().writeTo(to);
            for (SequenceState checkpoint : state.checkpoints().values()) {
                checkpoint.writeTo(to);
            }
            StateHeader written = head.withBodyCrc((int) crc.getValue());
            ByteBuffer start = written.write();
            for (long at = 0; start.hasRemaining(); ) {
                at += channel.write(start, at);
            }
            channel.force(true);
            return written;
        }
    }

    private static ByteBuffer bytes(int[] tokens) {
        ByteBuffer bytes = ByteBuffer.allocate(tokens.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(tokens);
        return bytes;
    }

    /** @throws DamagedState if the file is none, or its length is wrong */
    static StateHeader readHead(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return readHead(channel);
        }
    }

    private static StateHeader readHead(FileChannel channel) throws IOException {
        ByteBuffer start = ByteBuffer.allocate(StateHeader.START_BYTES);
        fill(channel.position(0), start);
        int bytes = StateHeader.bytes(start.flip());
        if (bytes > channel.size()) {
            throw new DamagedState("it is too short");
        }
        ByteBuffer head = ByteBuffer.allocate(bytes);
        fill(channel.position(0), head);
        StateHeader read = StateHeader.read(head.array());
        if (read.fileBytes() != channel.size()) {
            throw new DamagedState("its length is wrong");
        }
        return read;
    }

    /**
     * Reads a state.
     *
     * @param expected what the head said before
     * @param given asked before each piece; true to give up
     * @throws DamagedState if that is not what the file holds
     */
    static SavedState read(Path file, StateHeader expected, BooleanSupplier given) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            StateHeader head = readHead(channel);
            if (!Arrays.equals(head.root(), expected.root())
                    || head.end() != expected.end()
                    || head.stateBytes() != expected.stateBytes()) {
                throw new DamagedState("it has been replaced");
            }
            CRC32C crc = new CRC32C();
            SequenceState.Transfer from = piece -> {
                if (given.getAsBoolean()) {
                    throw new IOException("the model is being closed");
                }
                ByteBuffer whole = piece.duplicate();
                fill(channel, piece);
                crc.update(whole);
            };
            ByteBuffer bytes =
                    ByteBuffer.allocate(head.length() * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            from.move(bytes.duplicate());
            int[] tokens = new int[head.length()];
            bytes.asIntBuffer().get(tokens);
            NavigableMap<Integer, SequenceState> checkpoints = new TreeMap<>();
            SequenceState whole = SequenceState.readFrom(SequenceState.Part.WHOLE, head.wholeBytes(), from);
            try {
                for (StateHeader.Checkpoint one : head.checkpoints()) {
                    checkpoints.put(
                            one.position(), SequenceState.readFrom(SequenceState.Part.UNCUTTABLE, one.bytes(), from));
                }
                if ((int) crc.getValue() != head.bodyCrc()
                        || new TokenHashes(head.root(), tokens, tokens.length).at(tokens.length) != head.end()) {
                    throw new DamagedState("its checksum is wrong");
                }
            } catch (IOException | RuntimeException | Error e) {
                whole.close();
                for (Map.Entry<Integer, SequenceState> one : checkpoints.entrySet()) {
                    one.getValue().close();
                }
                throw e;
            }
            return new SavedState(tokens, head.promptLength(), whole, checkpoints);
        }
    }

    private static void fill(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("the file ends too early");
            }
        }
    }
}
