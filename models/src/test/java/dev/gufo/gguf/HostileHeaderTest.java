package dev.gufo.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class HostileHeaderTest {
    private static final int ROUNDS = 3_000;

    @TempDir
    Path folder;

    @Test
    void aHeaderWithFlippedBytesIsReadOrRefusedAndNothingElse() throws IOException {
        Path path = folder.resolve("tiny.gguf");
        RandomModel.write(ModelShape.TINY, 1, path);
        int headerBytes = Math.toIntExact(GgufFile.read(path).dataOffset());
        Random random = new Random(42);
        int refused = 0;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            for (int round = 0; round < ROUNDS; round++) {
                // Half of the flips go where most of the structure is: before the vocabulary and in the tensor table.
                int at = random.nextBoolean() ? random.nextInt(headerBytes) : structure(random, headerBytes);
                byte before = swap(channel, at, (byte) random.nextInt(256));
                refused += isRefused(path) ? 1 : 0;
                swap(channel, at, before);
            }
        }
        assertThat(refused).isBetween(ROUNDS / 10, ROUNDS - 1);
        assertThat(GgufModel.of(GgufFile.read(path)).name()).contains("random-tiny");
    }

    @Test
    void aFileCutAnywhereIsRefused() throws IOException {
        Path whole = folder.resolve("whole.gguf");
        RandomModel.write(ModelShape.TINY, 1, whole);
        byte[] bytes = Files.readAllBytes(whole);
        Random random = new Random(43);
        for (int round = 0; round < 60; round++) {
            int length = round % 2 == 0 ? random.nextInt(30_000) : random.nextInt(bytes.length);
            Path cut = Files.write(folder.resolve("cut.gguf"), Arrays.copyOf(bytes, length));
            assertThat(isRefused(cut)).as("cut to %d bytes", length).isTrue();
        }
    }

    private static int structure(Random random, int headerBytes) {
        return random.nextBoolean() ? random.nextInt(800) : headerBytes - 1 - random.nextInt(2_400);
    }

    /** Reads all that anyone reads; whatever else than a refusal is thrown fails the test. */
    private static boolean isRefused(Path path) throws IOException {
        try {
            GgufFile file = GgufFile.read(path);
            GgufModel.of(file).kvBytesPerToken(GgmlType.F16);
            file.strings("tokenizer.ggml.tokens");
            file.floats("tokenizer.ggml.scores");
            file.integers("tokenizer.ggml.token_type");
            return false;
        } catch (GgufException refusal) {
            assertThat(refusal).hasMessageContaining(".gguf: ");
            return true;
        }
    }

    private static byte swap(FileChannel channel, long at, byte value) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        channel.read(one, at);
        byte before = one.get(0);
        channel.write(ByteBuffer.wrap(new byte[] {value}), at);
        return before;
    }
}
