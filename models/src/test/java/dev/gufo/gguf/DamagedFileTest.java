package dev.gufo.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DamagedFileTest {
    private static final int UINT32 = 4;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;

    @TempDir
    Path folder;

    @Test
    void somethingElseThanAGgufFileIsCalledSo() throws IOException {
        refused(new HeaderBytes().raw((byte) 'P', (byte) 'K').data(30), "it does not start with 'GGUF'");
        refused(new HeaderBytes(), "it does not start with 'GGUF'");
        refused(new HeaderBytes().int32(HeaderReader.MAGIC), "truncated");
    }

    @Test
    void versionsButTwoAndThreeAreRefused() throws IOException {
        refused(new HeaderBytes().int32(HeaderReader.MAGIC).int32(1).data(16), "version 1 is not supported");
        refused(new HeaderBytes().int32(HeaderReader.MAGIC).int32(4).data(16), "version 4 is not supported");
        refused(new HeaderBytes().int32(HeaderReader.MAGIC).int32(-1).data(16), "version 4294967295");
        refused(new HeaderBytes().int32(HeaderReader.MAGIC).int32(3 << 24).data(16), "big-endian");
        HeaderBytes two =
                new HeaderBytes().int32(HeaderReader.MAGIC).int32(2).int64(0).int64(0);
        assertThat(GgufFile.read(two.in(folder)).version()).isEqualTo(2);
    }

    @Test
    void countsBeyondTheFileOrTheLimitAreRefused() throws IOException {
        refused(HeaderBytes.of(100, 0), "100 tensors do not fit the 8 bytes that follow");
        refused(HeaderBytes.of(0, 100).data(50), "100 metadata keys do not fit the 50 bytes that follow");
        refused(HeaderBytes.of(-1, 0), "18446744073709551615 tensors are more than the limit of 65536");
        refused(HeaderBytes.of(0, Long.MAX_VALUE), "more than the limit of 65536");
    }

    @Test
    void keysAreNeitherEmptyNorEndlessNorTwice() throws IOException {
        refused(HeaderBytes.of(0, 1).text("").int32(UINT32).int32(1), "a metadata key is empty");
        refused(HeaderBytes.of(0, 1).int64(65_536).data(70_000), "length of 65536, the limit is 65535");
        refused(HeaderBytes.of(0, 1).int64(-2).data(100), "length of 18446744073709551614");
        refused(HeaderBytes.of(0, 1).int64(60_000).data(100), "truncated");
        HeaderBytes twice = HeaderBytes.of(0, 2);
        twice.text("k").int32(UINT32).int32(1).text("k").int32(UINT32).int32(2);
        refused(twice, "key 'k' occurs twice");
    }

    @Test
    void valuesAreOfKnownTypesAndInRange() throws IOException {
        refused(HeaderBytes.of(0, 1).text("k").int32(13).data(8), "key 'k' has the unknown value type 13");
        refused(HeaderBytes.of(0, 1).text("k").int32(-1).data(8), "unknown value type 4294967295");
        refused(HeaderBytes.of(0, 1).text("k").int32(BOOL).int8(2), "key 'k' is neither true (1) nor false (0) but 2");
        refused(HeaderBytes.of(0, 1).text("k").int32(STRING).int64(1L << 40), "the limit is 67108864");
        refused(HeaderBytes.of(0, 1).text("k").int32(STRING).int64((1 << 26) - 1), "truncated");
        refused(HeaderBytes.of(0, 1).text("key").int32(UINT32), "truncated");
    }

    @Test
    void textThatIsNoUtf8IsRefused() throws IOException {
        byte[][] wrong = {
            {(byte) 0x80},
            {(byte) 0xC0, (byte) 0x80}, // overlong
            {(byte) 0xE0, (byte) 0x9F, (byte) 0xBF},
            {(byte) 0xED, (byte) 0xA0, (byte) 0x80}, // a surrogate
            {(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80}, // past the last character
            {(byte) 0xE2, (byte) 0x82}, // cut short
            {'a', (byte) 0xFF}
        };
        for (byte[] bytes : wrong) {
            HeaderBytes key = HeaderBytes.of(0, 1).int64(bytes.length).raw(bytes);
            refused(key.int32(UINT32).int32(0).data(9), "a metadata key is no valid UTF-8");
            HeaderBytes value = HeaderBytes.of(0, 1).text("k").int32(STRING).int64(bytes.length);
            refused(value.raw(bytes).data(9), "key 'k' is no valid UTF-8");
            HeaderBytes array =
                    HeaderBytes.of(0, 1).text("k").int32(ARRAY).int32(STRING).int64(1);
            refused(array.int64(bytes.length).raw(bytes).data(9), "key 'k' is no valid UTF-8");
        }
    }

    @Test
    void arraysStayWithinTheFileAndTheirLimits() throws IOException {
        refused(array(UINT32, 1L << 40), "key 'k' has a length of 1099511627776, the limit is 16777216");
        refused(array(STRING, 1 << 22), "key 'k' has a length of 4194304, the limit is 2097152");
        refused(array(UINT32, 1 << 24).data(100), "truncated");
        refused(array(STRING, 1 << 20).data(100), "truncated");
        refused(array(STRING, 1).int64(1L << 50).data(100), "the limit is 1048576");
        refused(array(13, 1).data(100), "unknown value type 13");
    }

    @Test
    void arraysOfArraysAreRefusedAtTheFirstLevel() throws IOException {
        HeaderBytes nested = array(ARRAY, 1);
        for (int i = 0; i < 100_000; i++) {
            nested.int32(ARRAY).int64(1);
        }
        refused(nested, "key 'k' holds arrays of arrays");
    }

    @Test
    void alignmentIsAPowerOfTwo() throws IOException {
        for (int wrong : new int[] {0, 1, 4, 24, 33, 1 << 21, -1}) {
            refused(HeaderBytes.of(0, 1).text("general.alignment").int32(UINT32).int32(wrong), "power of two from 8");
        }
        refused(HeaderBytes.of(0, 1).text("general.alignment").int32(5).int32(32), "must be of type UINT32, is INT32");
        refused(HeaderBytes.of(0, 1).text("general.alignment").int32(STRING).text("32"), "is STRING");
    }

    @Test
    void tensorsHaveNamesShapesAndTypesThatLlamaCppTakes() throws IOException {
        refused(HeaderBytes.of(1, 0).tensor("x".repeat(64), GgmlType.F32, 0, 1).data(64), "limit is 63");
        refused(HeaderBytes.of(1, 0).tensor("t", GgmlType.F32, 0).data(99), "tensor 't' has 0 dimensions, not 1 to 4");
        refused(HeaderBytes.of(1, 0).tensor("t", GgmlType.F32, 0, 1, 1, 1, 1, 1).data(99), "has 5 dimensions");
        refused(HeaderBytes.of(1, 0).tensor("t", GgmlType.F32, 0, 1, 0).data(99), "dimension 1 of size 0");
        refused(HeaderBytes.of(1, 0).tensor("t", GgmlType.F32, 0, -5).data(99), "dimension 0 of size -5");
        refused(HeaderBytes.of(1, 0).tensor("t", GgmlType.Q8_0, 0, 33).data(99), "Q8_0 needs a multiple of 32");
        HeaderBytes unknown =
                HeaderBytes.of(1, 0).text("t").int32(1).int64(32).int32(31).int64(0);
        refused(unknown.data(99), "tensor 't' has the unknown type 31");
        HeaderBytes twice = HeaderBytes.of(2, 0).tensor("t", GgmlType.F32, 0, 1).tensor("t", GgmlType.F32, 32, 1);
        refused(twice.data(99), "tensor 't' occurs twice");
    }

    @Test
    void shapesThatOverflowAreRefused() throws IOException {
        long[][] shapes = {
            {1L << 62, 4},
            {1L << 32, 1L << 32},
            {1L << 31, 1L << 31, 2, 1},
            {Long.MAX_VALUE},
            {1L << 21, 1L << 21, 1L << 21, 1L << 21},
            {3_037_000_500L, 3_037_000_500L}
        };
        for (long[] shape : shapes) {
            refused(HeaderBytes.of(1, 0).tensor("t", GgmlType.F32, 0, shape).data(99), "larger than the file");
        }
    }

    @Test
    void dataLiesWithinTheFileInOrderWithoutOverlap() throws IOException {
        refused(HeaderBytes.of(1, 0).tensor("t", GgmlType.F32, 32, 1).data(99), "lies at offset 32, expected 0");
        refused(HeaderBytes.of(1, 0).tensor("t", GgmlType.F32, -32, 1).data(99), "offset 18446744073709551584");
        HeaderBytes overlap =
                HeaderBytes.of(2, 0).tensor("a", GgmlType.F32, 0, 16).tensor("b", GgmlType.F32, 32, 1);
        refused(overlap.data(999), "tensor 'b' lies at offset 32, expected 64");
        refused(HeaderBytes.of(1, 0).tensor("t", GgmlType.F32, 0, 20).data(50), "the file is truncated or damaged");
        HeaderBytes exact = HeaderBytes.of(1, 0).tensor("t", GgmlType.F32, 0, 1); // 57 bytes, data from 64
        refused(exact.data(7 + 3), "tensor 't' ends at byte 68 but the file has 67 bytes");
        assertThat(GgufFile.read(exact.data(1).in(folder)).tensors()).hasSize(1);
    }

    private static HeaderBytes array(int elementType, long length) {
        return HeaderBytes.of(0, 1).text("k").int32(ARRAY).int32(elementType).int64(length);
    }

    private void refused(HeaderBytes header, String reason) throws IOException {
        Path path = header.in(folder);
        assertThatThrownBy(() -> GgufFile.read(path))
                .isInstanceOf(GgufException.class)
                .hasMessageStartingWith("model.gguf: ")
                .hasMessageContaining(reason);
    }
}
