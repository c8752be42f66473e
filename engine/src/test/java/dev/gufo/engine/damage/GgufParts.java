package dev.gufo.engine.damage;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A sound file taken apart, to be put together again with something wrong; and where each field of its header lies. */
final class GgufParts {
    static final int UINT32 = 4;
    static final int STRING = 8;
    static final int ARRAY = 9;
    private static final int[] WIDTHS = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    private static final int ALIGNMENT = 32;

    /** A number in the header: {@code bytes} wide, at {@code at}. */
    record Field(int at, int bytes) {}

    /** A key with its value as it lies in the file, behind the type; of an array with its element type and length. */
    record MetadataEntry(String name, int type, byte[] value) {
        MetadataEntry with(byte[] other) {
            return new MetadataEntry(name, type, other);
        }

        ByteBuffer buffer() {
            return order(ByteBuffer.wrap(value));
        }
    }

    record Tensor(String name, List<Long> dims, int type, byte[] data) {}

    final List<MetadataEntry> keys = new ArrayList<>();
    final List<Tensor> tensors = new ArrayList<>();

    /** Every number that says how to go on: counts, lengths, types, dimensions, offsets, and numbers in metadata. */
    final List<Field> fields = new ArrayList<>();

    /** Where the data section starts. */
    final int headerBytes;

    private final ByteBuffer in;

    private record Entry(String name, List<Long> dims, int type, long offset) {}

    GgufParts(byte[] file) {
        in = order(ByteBuffer.wrap(file));
        int magic = number(4);
        int version = number(4);
        int tensorCount = number(8);
        int keyCount = number(8);
        if (magic != 0x46554747 || version != 3) {
            throw new IllegalArgumentException("no GGUF file of version 3");
        }
        for (int i = 0; i < keyCount; i++) {
            keys.add(key());
        }
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < tensorCount; i++) {
            entries.add(entry());
        }
        headerBytes = Math.ceilDiv(in.position(), ALIGNMENT) * ALIGNMENT;
        for (int i = 0; i < tensorCount; i++) {
            Entry entry = entries.get(i);
            int from = headerBytes + (int) entry.offset();
            int to =
                    i + 1 < tensorCount ? headerBytes + (int) entries.get(i + 1).offset() : file.length;
            byte[] data = new byte[to - from];
            in.get(from, data);
            tensors.add(new Tensor(entry.name(), entry.dims(), entry.type(), data));
        }
    }

    /** Bytes of one value of a type; 0 for strings and arrays. */
    static int width(int type) {
        return WIDTHS[type];
    }

    /** The whole file, with counts and offsets that are right for what is in it. */
    byte[] bytes() {
        var out = new ByteArrayOutputStream();
        int64(int64(int32(int32(out, 0x46554747), 3), tensors.size()), keys.size());
        for (MetadataEntry key : keys) {
            int32(text(out, key.name()), key.type()).writeBytes(key.value());
        }
        long offset = 0;
        for (Tensor tensor : tensors) {
            int32(text(out, tensor.name()), tensor.dims().size());
            tensor.dims().forEach(dim -> int64(out, dim));
            int64(int32(out, tensor.type()), offset);
            offset += Math.ceilDiv((long) tensor.data().length, ALIGNMENT) * ALIGNMENT;
        }
        pad(out);
        for (Tensor tensor : tensors) {
            out.writeBytes(tensor.data());
            pad(out);
        }
        return out.toByteArray();
    }

    /** The elements of an array, each with the length in front if they are strings. */
    static List<byte[]> elements(MetadataEntry array) {
        ByteBuffer value = array.buffer();
        int type = value.getInt();
        int count = (int) value.getLong();
        List<byte[]> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int bytes = type == STRING ? 8 + (int) value.getLong(value.position()) : width(type);
            byte[] element = new byte[bytes];
            value.get(element);
            elements.add(element);
        }
        return elements;
    }

    /** The same array of other elements. */
    static MetadataEntry withElements(MetadataEntry array, List<byte[]> elements) {
        var out = new ByteArrayOutputStream();
        int64(int32(out, array.buffer().getInt()), elements.size());
        elements.forEach(out::writeBytes);
        return array.with(out.toByteArray());
    }

    /** A string as an element of an array. */
    static byte[] element(String text) {
        return text(new ByteArrayOutputStream(), text).toByteArray();
    }

    private MetadataEntry key() {
        String name = text();
        int type = number(4);
        int from = in.position();
        skip(type);
        byte[] value = new byte[in.position() - from];
        in.get(from, value);
        return new MetadataEntry(name, type, value);
    }

    private void skip(int type) {
        switch (type) {
            case STRING -> text();
            case ARRAY -> {
                int elements = number(4);
                int count = number(8);
                for (int i = 0; i < count; i++) {
                    if (elements == STRING) {
                        text();
                    } else {
                        in.position(in.position() + width(elements));
                    }
                }
            }
            default -> number(width(type));
        }
    }

    private Entry entry() {
        String name = text();
        int count = number(4);
        List<Long> dims = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            dims.add((long) number(8));
        }
        int type = number(4);
        return new Entry(name, dims, type, number(8));
    }

    private int number(int bytes) {
        int at = in.position();
        fields.add(new Field(at, bytes));
        in.position(at + bytes);
        return bytes < Integer.BYTES ? in.get(at) : in.getInt(at);
    }

    private String text() {
        byte[] utf8 = new byte[number(8)];
        in.get(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    static ByteBuffer order(ByteBuffer buffer) {
        return buffer.order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void pad(ByteArrayOutputStream out) {
        while (out.size() % ALIGNMENT != 0) {
            out.write(0);
        }
    }

    private static ByteArrayOutputStream text(ByteArrayOutputStream out, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        int64(out, utf8.length).writeBytes(utf8);
        return out;
    }

    private static ByteArrayOutputStream int32(ByteArrayOutputStream out, int value) {
        out.writeBytes(order(ByteBuffer.allocate(Integer.BYTES)).putInt(value).array());
        return out;
    }

    private static ByteArrayOutputStream int64(ByteArrayOutputStream out, long value) {
        out.writeBytes(order(ByteBuffer.allocate(Long.BYTES)).putLong(value).array());
        return out;
    }
}
