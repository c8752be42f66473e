package dev.gufo.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufRoundTripTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
    void whatIsWrittenIsRead(long seed) throws IOException {
        RandomFile random = new RandomFile(seed);
        Path path = folder.resolve("random.gguf");
        random.writer().write(path);

        GgufFile file = GgufFile.read(path);

        assertThat(file.version()).isEqualTo(3);
        assertThat(file.metadata().keySet()).containsExactlyElementsOf(random.keys());
        random.scalars().forEach((key, value) -> assertThat(file.metadata()).containsEntry(key, value));
        assertThat(file.strings("strings")).contains(random.strings());
        assertThat(file.integers("integers").orElseThrow()).containsExactly(random.integers());
        assertThat(file.floats("floats").orElseThrow()).containsExactly(random.floats());
        assertThat(file.bools("bools").orElseThrow()).containsExactly(random.bools());
        assertThat(file.tensors()).extracting(GgufTensor::name).containsExactlyElementsOf(random.tensorNames());
        byte[] all = Files.readAllBytes(path);
        for (GgufTensor tensor : file.tensors()) {
            assertThat(file.dataOffset() + tensor.offset()).isEqualTo(aligned(file, tensor));
            assertThat(bytesOf(all, file, tensor)).isEqualTo(random.data(tensor.name()));
        }
    }

    private static long aligned(GgufFile file, GgufTensor tensor) {
        long position = file.dataOffset() + tensor.offset();
        return position / file.alignment() * file.alignment();
    }

    private static byte[] bytesOf(byte[] all, GgufFile file, GgufTensor tensor) {
        int from = Math.toIntExact(file.dataOffset() + tensor.offset());
        return Arrays.copyOfRange(all, from, from + Math.toIntExact(tensor.bytes()));
    }

    @Test
    void oneElementOfAnArrayIsReadAsInTheWholeArray() throws IOException {
        List<String> words = new ArrayList<>();
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            words.add("é".repeat(random.nextInt(12)) + i);
        }
        Path path = folder.resolve("words.gguf");
        new GgufWriter().strings("words", words).write(path);
        GgufFile file = GgufFile.read(path);

        assertThat(file.strings("words")).contains(words);
        assertThat(file.stringAt("words", 19_999)).contains(words.getLast());
        assertThat(file.stringAt("words", 20_000)).isEmpty();
        assertThat(file.stringAt("words", -1)).isEmpty();
        assertThat(file.arrayLength("words")).hasValue(20_000);
    }

    @Test
    void stringsLongerThanAnyBufferAreReadWhole() throws IOException {
        String text = "long €".repeat(50_000);
        Path path = folder.resolve("long.gguf");
        new GgufWriter()
                .string("text", text)
                .strings("texts", List.of("before", text, "after"))
                .string("last", "end")
                .write(path);
        GgufFile file = GgufFile.read(path);

        assertThat(file.string("text")).contains(text);
        assertThat(file.strings("texts")).contains(List.of("before", text, "after"));
        assertThat(file.string("last")).contains("end");
    }

    @Test
    void aGetterIsEmptyForAnAbsentKeyAndForAValueOfAnotherType() throws IOException {
        Path path = folder.resolve("types.gguf");
        new GgufWriter()
                .string("text", "1")
                .uint32("number", 1)
                .put("huge", new GgufValue.Int(GgufValueType.UINT64, -1))
                .write(path);
        GgufFile file = GgufFile.read(path);

        assertThat(file.integer("text")).isEmpty();
        assertThat(file.string("number")).isEmpty();
        assertThat(file.bool("number")).isEmpty();
        assertThat(file.strings("number")).isEmpty();
        assertThat(file.integers("text")).isEmpty();
        assertThat(file.string("absent")).isEmpty();
        assertThat(file.floating("number")).hasValue(1);
        assertThat(file.integer("huge")).isEmpty();
        assertThat(file.floating("huge")).hasValue(0x1p64);
    }

    @Test
    void aTensorOfTheWrongSizeIsNotWrittenAndLeavesNothingBehind() throws IOException {
        Path path = folder.resolve("wrong.gguf");
        GgufWriter writer = new GgufWriter().tensor("w", List.of(32L), GgmlType.Q8_0, out -> out.write(new byte[33]));

        assertThatThrownBy(() -> writer.write(path))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("tensor 'w': 33 bytes written, its shape takes 34");
        try (var files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void blockSizesAreThoseOfTheCLibrary() {
        assertThat(GgmlType.Q4_K.bytes(4_096)).isEqualTo(2_304);
        assertThat(GgmlType.Q6_K.bytes(256)).isEqualTo(210);
        assertThat(GgmlType.of(31)).isEmpty();
        assertThat(GgmlType.of(-1)).isEmpty();
        assertThat(GgmlType.of(43)).isEmpty();
        assertThat(GgmlType.of(8)).contains(GgmlType.Q8_0);
    }
}
