package dev.gufo.gguf;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a file's header and checks every field of it. What passes, llama.cpp 0.5.0 reads without running out of the
 * file; the memory this takes is bounded by the limits below, whatever the file says.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF, versions 2 and 3</a>
 */
final class HeaderReader {
    static final int MAGIC = 0x46554747; // "GGUF", little endian
    static final int DEFAULT_ALIGNMENT = 32;
    static final int MAX_KEY_BYTES = 65_535;
    static final int MAX_TENSOR_NAME_BYTES = 63; // GGML_MAX_NAME - 1
    static final int MAX_DIMS = 4; // GGML_MAX_DIMS
    static final int MAX_STRINGS = 1 << 21; // in an array; the largest vocabularies have under 2^19 merges
    static final int MAX_STRING_BYTES = 1 << 20; // in an array
    static final int MAX_NUMBERS = 1 << 24; // in an array
    static final long MAX_ARRAY_BYTES = 1L << 27;

    private static final int MAX_METADATA = 1 << 16;
    private static final int MAX_TENSORS = 1 << 16;
    static final int MAX_ALIGNMENT = 1 << 20;
    private static final long MAX_TEXT_BYTES =
            1L << 26; // keys and strings outside of arrays, together: what stays in memory
    private static final int MIN_METADATA_BYTES = 8 + 1 + 4 + 1;
    private static final int MIN_TENSOR_BYTES = 8 + 1 + 4 + 8 + 4 + 8;

    private final Path path;
    private final long fileBytes;
    private final HeaderSource in;
    private long textBytes;

    private HeaderReader(Path path, FileChannel channel) throws IOException {
        this.path = path;
        this.fileBytes = channel.size();
        this.in = new HeaderSource(channel, GgufFile.nameOf(path), 0, fileBytes);
    }

    static GgufFile read(Path path, FileChannel channel) throws IOException {
        return new HeaderReader(path, channel).read();
    }

    private GgufFile read() throws IOException {
        int version = version();
        int tensorCount = count("tensors", MAX_TENSORS, MIN_TENSOR_BYTES);
        int metadataCount = count("metadata keys", MAX_METADATA, MIN_METADATA_BYTES);
        Map<String, GgufValue> metadata = LinkedHashMap.newLinkedHashMap(metadataCount);
        for (int i = 0; i < metadataCount; i++) {
            String key = key();
            if (metadata.putIfAbsent(key, value(key)) != null) {
                throw in.invalid("key '%s' occurs twice".formatted(key));
            }
        }
        int alignment = alignment(metadata);
        Map<String, GgufTensor> tensors = LinkedHashMap.newLinkedHashMap(tensorCount);
        long nextOffset = 0;
        for (int i = 0; i < tensorCount; i++) {
            GgufTensor tensor = tensor(nextOffset);
            nextOffset = align(tensor.offset() + tensor.bytes(), alignment);
            if (tensors.putIfAbsent(tensor.name(), tensor) != null) {
                throw in.invalid("tensor '%s' occurs twice".formatted(tensor.name()));
            }
        }
        long dataOffset = tensorCount == 0 ? in.position() : align(in.position(), alignment);
        for (GgufTensor tensor : tensors.values()) {
            if (tensor.bytes() > fileBytes - dataOffset - tensor.offset()) {
                throw in.invalid(
                        "tensor '%s' ends at byte %d but the file has %d bytes; the file is truncated or damaged"
                                .formatted(tensor.name(), dataOffset + tensor.offset() + tensor.bytes(), fileBytes));
            }
        }
        return new GgufFile(path, version, alignment, dataOffset, fileBytes, metadata, tensors);
    }

    private int version() throws IOException {
        if (fileBytes < 4 || in.int32() != MAGIC) {
            throw in.invalid("not a GGUF file: it does not start with 'GGUF'");
        }
        int version = in.int32();
        if (version == 2 || version == 3) {
            return version;
        }
        if ((version & 0xFFFF) == 0) {
            throw in.invalid("big-endian GGUF files are not supported");
        }
        throw in.invalid("GGUF version %s is not supported, only 2 and 3".formatted(Integer.toUnsignedString(version)));
    }

    private int count(String what, int limit, int leastBytesEach) throws IOException {
        long count = in.int64();
        if (count < 0 || count > limit) {
            throw in.invalid(
                    "%s %s are more than the limit of %d".formatted(Long.toUnsignedString(count), what, limit));
        }
        if (count > in.remaining() / leastBytesEach) {
            throw in.invalid("%d %s do not fit the %d bytes that follow; the file is truncated or damaged"
                    .formatted(count, what, in.remaining()));
        }
        return (int) count;
    }

    /** A length that the next bytes of the file hold, at most {@code limit}. */
    private int length(long limit, String what) throws IOException {
        long length = in.int64();
        if (length < 0 || length > limit) {
            throw in.invalid("%s has a length of %s, the limit is %d"
                    .formatted(HeaderSource.named(what), Long.toUnsignedString(length), limit));
        }
        return (int) length;
    }

    private String key() throws IOException {
        int length = length(MAX_KEY_BYTES, HeaderSource.A_KEY);
        if (length == 0) {
            throw in.invalid("a metadata key is empty");
        }
        return keptText(length, HeaderSource.A_KEY);
    }

    private String keptText(int length, String what) throws IOException {
        textBytes += length;
        if (textBytes > MAX_TEXT_BYTES) {
            throw in.invalid("%s: keys and strings together exceed %d bytes"
                    .formatted(HeaderSource.named(what), MAX_TEXT_BYTES));
        }
        return in.text(length, what);
    }

    private GgufValueType type(String key) throws IOException {
        int id = in.int32();
        return GgufValueType.of(id)
                .orElseThrow(() -> in.invalid(
                        "key '%s' has the unknown value type %s".formatted(key, Integer.toUnsignedString(id))));
    }

    private GgufValue value(String key) throws IOException {
        GgufValueType type = type(key);
        return switch (type) {
            case UINT8 -> new GgufValue.Int(type, in.int8() & 0xFF);
            case INT8 -> new GgufValue.Int(type, in.int8());
            case UINT16 -> new GgufValue.Int(type, in.int16() & 0xFFFF);
            case INT16 -> new GgufValue.Int(type, in.int16());
            case UINT32 -> new GgufValue.Int(type, in.int32() & 0xFFFF_FFFFL);
            case INT32 -> new GgufValue.Int(type, in.int32());
            case UINT64, INT64 -> new GgufValue.Int(type, in.int64());
            case FLOAT32 -> new GgufValue.Real(type, Float.intBitsToFloat(in.int32()));
            case FLOAT64 -> new GgufValue.Real(type, Double.longBitsToDouble(in.int64()));
            case BOOL -> bool(key);
            case STRING -> new GgufValue.Text(keptText(length(MAX_TEXT_BYTES, key), key));
            case ARRAY -> array(key);
        };
    }

    private GgufValue bool(String key) throws IOException {
        byte value = in.int8();
        if (value != 0 && value != 1) {
            throw in.invalid("key '%s' is neither true (1) nor false (0) but %d".formatted(key, value));
        }
        return new GgufValue.Bool(value == 1);
    }

    private GgufValue array(String key) throws IOException {
        GgufValueType elements = type(key);
        if (elements == GgufValueType.ARRAY) {
            throw in.invalid("key '%s' holds arrays of arrays, which llama.cpp does not read".formatted(key));
        }
        int length = length(elements == GgufValueType.STRING ? MAX_STRINGS : MAX_NUMBERS, key);
        long start = in.position();
        if (elements == GgufValueType.STRING) {
            skipStrings(length, key, start);
        } else {
            in.skip((long) length * elements.bytes());
        }
        return new GgufValue.Array(elements, length, start, in.position() - start);
    }

    private void skipStrings(int count, String key, long start) throws IOException {
        for (int i = 0; i < count; i++) {
            in.skipText(length(MAX_STRING_BYTES, key), key);
            if (in.position() - start > MAX_ARRAY_BYTES) {
                throw in.invalid("key '%s' has more than %d bytes of strings".formatted(key, MAX_ARRAY_BYTES));
            }
        }
    }

    private int alignment(Map<String, GgufValue> metadata) throws GgufException {
        GgufValue value = metadata.get("general.alignment");
        if (value == null) {
            return DEFAULT_ALIGNMENT;
        }
        if (!(value instanceof GgufValue.Int(GgufValueType type, long alignment)) || type != GgufValueType.UINT32) {
            throw in.invalid("general.alignment must be of type UINT32, is %s".formatted(value.type()));
        }
        if (alignment < 8 || alignment > MAX_ALIGNMENT || Long.bitCount(alignment) != 1) {
            throw in.invalid(
                    "general.alignment must be a power of two from 8 to %d, is %d".formatted(MAX_ALIGNMENT, alignment));
        }
        return (int) alignment;
    }

    /** Tensors lie in the order of the table, without gaps but padding: llama.cpp demands it, and so none overlap. */
    private GgufTensor tensor(long expectedOffset) throws IOException {
        int length = length(MAX_TENSOR_NAME_BYTES, HeaderSource.A_TENSOR);
        String name = in.text(length, HeaderSource.A_TENSOR);
        List<Long> dims = dims(name);
        int typeId = in.int32();
        GgmlType type = GgmlType.of(typeId)
                .orElseThrow(() -> in.invalid(
                        "tensor '%s' has the unknown type %s".formatted(name, Integer.toUnsignedString(typeId))));
        if (dims.getFirst() % type.blockElements() != 0) {
            throw in.invalid("tensor '%s' has rows of %d elements, %s needs a multiple of %d"
                    .formatted(name, dims.getFirst(), type, type.blockElements()));
        }
        long bytes = bytes(name, dims, type);
        long offset = in.int64();
        if (offset != expectedOffset) {
            throw in.invalid("tensor '%s' lies at offset %s, expected %d"
                    .formatted(name, Long.toUnsignedString(offset), expectedOffset));
        }
        return new GgufTensor(name, dims, type, offset, bytes);
    }

    private List<Long> dims(String name) throws IOException {
        int count = in.int32();
        if (count < 1 || count > MAX_DIMS) {
            throw in.invalid("tensor '%s' has %s dimensions, not 1 to %d"
                    .formatted(name, Integer.toUnsignedString(count), MAX_DIMS));
        }
        List<Long> dims = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long dim = in.int64();
            if (dim < 1) {
                throw in.invalid("tensor '%s' has dimension %d of size %d, must be at least 1".formatted(name, i, dim));
            }
            dims.add(dim);
        }
        return dims;
    }

    /** At most the file's size, so that sums of tensors cannot overflow. */
    private long bytes(String name, List<Long> dims, GgmlType type) throws GgufException {
        long elements = 1;
        boolean tooLarge = false;
        for (long dim : dims) {
            tooLarge |= Math.multiplyHigh(elements, dim) != 0 || elements * dim < 0;
            elements *= dim;
        }
        // The smallest type takes more than a sixteenth of a byte per element.
        if (tooLarge || elements > fileBytes * 16 || type.bytes(elements) > fileBytes) {
            throw in.invalid(
                    "tensor '%s' of %s %s is larger than the file of %d bytes; the file is truncated or damaged"
                            .formatted(name, type, dims, fileBytes));
        }
        return type.bytes(elements);
    }

    private static long align(long offset, int alignment) {
        return Math.ceilDiv(offset, (long) alignment) * alignment;
    }
}
