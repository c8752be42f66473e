package dev.gufo.gguf;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.Collection;

/** Whether weights are numbers: one that is not would make every answer that it has a part in end in nothing. */
final class FiniteWeights {
    private static final int CHUNK_BYTES = 34 << 14; // whole blocks of every type below

    private static final int F16_EXPONENT = 0x7C00;
    private static final int BF16_EXPONENT = 0x7F80;

    private FiniteWeights() {}

    /**
     * Reads {@code tensors} of {@code file}.
     *
     * @param tensors of F32, F16, BF16 and Q8_0 only
     * @throws GgufException if one of its weights is infinite or no number
     */
    static void require(GgufFile file, Collection<GgufTensor> tensors) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
            for (GgufTensor tensor : tensors) {
                long from = file.dataOffset() + tensor.offset();
                long end = from + tensor.bytes();
                while (from < end) {
                    chunk.clear().limit((int) Math.min(CHUNK_BYTES, end - from));
                    read(channel, chunk, from);
                    from += chunk.limit();
                    if (!isFinite(chunk, tensor.type())) {
                        throw GgufModel.invalid(
                                file, "tensor '%s' has weights that are not finite".formatted(tensor.name()));
                    }
                }
            }
        }
    }

    private static void read(FileChannel channel, ByteBuffer chunk, long from) throws IOException {
        while (chunk.hasRemaining()) {
            if (channel.read(chunk, from + chunk.position()) < 0) {
                throw new EOFException("someone cut the file since it was opened");
            }
        }
    }

    private static boolean isFinite(ByteBuffer chunk, GgmlType type) {
        boolean finite = true;
        switch (type) {
            case F32 -> {
                for (int i = 0; i < chunk.limit(); i += Float.BYTES) {
                    finite &= Float.isFinite(chunk.getFloat(i));
                }
            }
            case F16 -> finite = isFinite(chunk, Short.BYTES, F16_EXPONENT);
            case BF16 -> finite = isFinite(chunk, Short.BYTES, BF16_EXPONENT);
            case Q8_0 ->
                finite = isFinite(chunk, GgmlType.Q8_0.blockBytes(), F16_EXPONENT); // a block begins with its scale
            default -> throw new AssertionError("no adapter has weights of " + type);
        }
        return finite;
    }

    private static boolean isFinite(ByteBuffer chunk, int step, int exponent) {
        boolean finite = true;
        for (int i = 0; i < chunk.limit(); i += step) {
            finite &= (chunk.getShort(i) & exponent) != exponent;
        }
        return finite;
    }
}
