package dev.gufo.gguf;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Decodes the arrays that {@link HeaderReader} left in the file; reads nothing outside of the array's bytes. */
final class ArrayReader {
    private ArrayReader() {}

    static List<String> strings(Path path, String key, GgufValue.Array array) throws IOException {
        try (FileChannel channel = open(path)) {
            HeaderSource in = source(path, channel, array);
            String[] strings = new String[array.length()];
            for (int i = 0; i < strings.length; i++) {
                strings[i] = in.text(stringLength(in, key), key);
            }
            return Collections.unmodifiableList(Arrays.asList(strings));
        }
    }

    static String stringAt(Path path, String key, GgufValue.Array array, int index) throws IOException {
        try (FileChannel channel = open(path)) {
            HeaderSource in = source(path, channel, array);
            for (int i = 0; i < index; i++) {
                in.skip(stringLength(in, key));
            }
            return in.text(stringLength(in, key), key);
        }
    }

    static long[] integers(Path path, GgufValue.Array array) throws IOException {
        try (FileChannel channel = open(path)) {
            HeaderSource in = source(path, channel, array);
            long[] numbers = new long[array.length()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = integer(in, array.elements());
            }
            return numbers;
        }
    }

    static double[] floats(Path path, GgufValue.Array array) throws IOException {
        try (FileChannel channel = open(path)) {
            HeaderSource in = source(path, channel, array);
            double[] numbers = new double[array.length()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = array.elements() == GgufValueType.FLOAT32
                        ? Float.intBitsToFloat(in.int32())
                        : Double.longBitsToDouble(in.int64());
            }
            return numbers;
        }
    }

    static boolean[] bools(Path path, GgufValue.Array array) throws IOException {
        try (FileChannel channel = open(path)) {
            HeaderSource in = source(path, channel, array);
            boolean[] values = new boolean[array.length()];
            for (int i = 0; i < values.length; i++) {
                values[i] = in.int8() != 0;
            }
            return values;
        }
    }

    private static long integer(HeaderSource in, GgufValueType type) throws IOException {
        return switch (type) {
            case UINT8 -> in.int8() & 0xFF;
            case INT8 -> in.int8();
            case UINT16 -> in.int16() & 0xFFFF;
            case INT16 -> in.int16();
            case UINT32 -> in.int32() & 0xFFFF_FFFFL;
            case INT32 -> in.int32();
            case UINT64, INT64 -> in.int64();
            case FLOAT32, FLOAT64, BOOL, STRING, ARRAY ->
                throw new AssertionError("%s is no whole number".formatted(type));
        };
    }

    /** Checked again: the file may have been replaced since its header was read. */
    private static int stringLength(HeaderSource in, String key) throws IOException {
        long length = in.int64();
        if (length < 0 || length > HeaderReader.MAX_STRING_BYTES) {
            throw in.invalid("key '%s' has changed since the file was read".formatted(key));
        }
        return (int) length;
    }

    private static FileChannel open(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.READ);
    }

    private static HeaderSource source(Path path, FileChannel channel, GgufValue.Array array) {
        return new HeaderSource(channel, GgufFile.nameOf(path), array.position(), array.position() + array.bytes());
    }
}
