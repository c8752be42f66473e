package dev.gufo.engine.damage;

import dev.gufo.engine.damage.GgufParts.Field;
import dev.gufo.engine.damage.GgufParts.MetadataEntry;
import dev.gufo.engine.damage.GgufParts.Tensor;
import dev.gufo.gguf.GgmlType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Makes damaged files of a sound one. A seed stands for a file, whatever came before it.
 *
 * <p>Half of the damage is that of disks and networks: bits, cuts, numbers overwritten where they lie. The other half
 * is put together anew, so that lengths and offsets are right and only the meaning is not: the kind that gets past a
 * parser.
 */
final class Damage {
    private static final long[] EDGES = {
        0,
        1,
        2,
        3,
        7,
        8,
        31,
        33,
        63,
        64,
        65,
        127,
        128,
        255,
        256,
        511,
        513,
        1_000,
        65_535,
        65_536,
        1 << 20,
        (1 << 30) + 1,
        Integer.MAX_VALUE,
        1L << 31,
        0xFFFF_FFFFL,
        1L << 32,
        1L << 48,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -1,
        -2,
        -32
    };
    private static final List<String> WORDS = List.of(
            "",
            "bert",
            "gpt2",
            "t5",
            "rwkv",
            "no_vocab",
            "llama-bpe",
            "plamo2",
            "test",
            "yarn",
            "\u2581",
            "\n",
            " a b ");

    private final byte[] sound;
    private final GgufParts parts;

    Damage(byte[] sound) {
        this.sound = sound;
        this.parts = new GgufParts(sound);
    }

    /** The file that {@code seed} stands for. */
    byte[] file(long seed) {
        var random = new Random(seed * 0x9E37_79B9_7F4A_7C15L);
        return switch (random.nextInt(12)) {
            case 0 -> cut(random);
            case 1 -> bits(random, parts.headerBytes);
            case 2 -> bits(random, sound.length);
            case 3, 4 -> numbers(random);
            case 5 -> stretch(random);
            case 6, 7, 8 -> key(random);
            case 9 -> array(random);
            case 10 -> tensor(random);
            default -> several(random);
        };
    }

    private byte[] cut(Random random) {
        int length = switch (random.nextInt(3)) {
            case 0 -> random.nextInt(parts.headerBytes);
            case 1 -> random.nextInt(sound.length);
            default -> sound.length - 1 - random.nextInt(64);
        };
        return Arrays.copyOf(sound, length);
    }

    private byte[] bits(Random random, int range) {
        byte[] file = sound.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
            file[random.nextInt(range)] ^= (byte) (1 << random.nextInt(8));
        }
        return file;
    }

    private byte[] numbers(Random random) {
        ByteBuffer file = GgufParts.order(ByteBuffer.wrap(sound.clone()));
        for (int i = random.nextInt(2); i >= 0; i--) {
            // Most fields are lengths of the vocabulary's strings: as often one of those in front or behind.
            int range = random.nextBoolean() ? parts.fields.size() : Math.min(60, parts.fields.size());
            int index = random.nextBoolean() ? random.nextInt(range) : parts.fields.size() - 1 - random.nextInt(range);
            Field field = parts.fields.get(index);
            put(file, field, number(random, get(file, field)));
        }
        return file.array();
    }

    private byte[] stretch(Random random) {
        byte[] file = sound.clone();
        int from = random.nextInt(parts.headerBytes);
        int to = Math.min(file.length, from + 1 + random.nextInt(4_096));
        if (random.nextBoolean()) {
            Arrays.fill(file, from, to, (byte) random.nextInt(256));
        } else {
            byte[] noise = new byte[to - from];
            random.nextBytes(noise);
            System.arraycopy(noise, 0, file, from, noise.length);
        }
        return file;
    }

    private byte[] several(Random random) {
        var copy = new GgufParts(sound);
        for (int i = 0; i < 3; i++) {
            switch (random.nextInt(4)) {
                case 0, 1 -> key(copy, random);
                case 2 -> array(copy, random);
                default -> tensor(copy, random);
            }
        }
        return copy.bytes();
    }

    private byte[] key(Random random) {
        var copy = new GgufParts(sound);
        key(copy, random);
        return copy.bytes();
    }

    private byte[] array(Random random) {
        var copy = new GgufParts(sound);
        array(copy, random);
        return copy.bytes();
    }

    private byte[] tensor(Random random) {
        var copy = new GgufParts(sound);
        tensor(copy, random);
        return copy.bytes();
    }

    private static void key(GgufParts parts, Random random) {
        int at = random.nextInt(parts.keys.size());
        MetadataEntry key = parts.keys.get(at);
        switch (random.nextInt(6)) {
            case 0 -> parts.keys.remove(at);
            case 1 -> parts.keys.set(at, new MetadataEntry(key.name() + "x", key.type(), key.value()));
            case 2 ->
                parts.keys.add(new MetadataEntry(key.name().replace("count", "count_kv"), key.type(), key.value()));
            default -> parts.keys.set(at, otherValue(key, random));
        }
    }

    private static MetadataEntry otherValue(MetadataEntry key, Random random) {
        int width = GgufParts.width(key.type());
        if (key.type() == GgufParts.STRING) {
            return key.with(GgufParts.element(WORDS.get(random.nextInt(WORDS.size()))));
        }
        if (key.type() == GgufParts.ARRAY) {
            return otherElements(key, random);
        }
        ByteBuffer value = GgufParts.order(ByteBuffer.wrap(key.value().clone()));
        var field = new Field(0, width);
        put(value, field, random.nextInt(3) == 0 ? random.nextInt(40) : number(random, get(value, field)));
        return new MetadataEntry(
                key.name(), random.nextInt(5) == 0 ? sameWidth(key.type()) : key.type(), value.array());
    }

    private static int sameWidth(int type) {
        return switch (type) {
            case GgufParts.UINT32 -> 5; // INT32
            case 5, 6 -> GgufParts.UINT32;
            case 7 -> 0; // a truth value as UINT8
            default -> type;
        };
    }

    private static void array(GgufParts parts, Random random) {
        List<Integer> arrays = new ArrayList<>();
        for (int i = 0; i < parts.keys.size(); i++) {
            if (parts.keys.get(i).type() == GgufParts.ARRAY) {
                arrays.add(i);
            }
        }
        if (!arrays.isEmpty()) {
            int at = arrays.get(random.nextInt(arrays.size()));
            parts.keys.set(at, otherElements(parts.keys.get(at), random));
        }
    }

    private static MetadataEntry otherElements(MetadataEntry array, Random random) {
        List<byte[]> elements = GgufParts.elements(array);
        if (elements.isEmpty()) {
            return array;
        }
        int size = elements.size();
        boolean texts = array.buffer().getInt() == GgufParts.STRING;
        switch (random.nextInt(6)) {
            case 0 -> elements = new ArrayList<>(elements.subList(0, random.nextInt(size)));
            case 1 -> elements.addAll(List.copyOf(elements.subList(0, 1 + random.nextInt(Math.min(9, size)))));
            case 2 -> Collections.shuffle(elements, random);
            case 3 -> Collections.swap(elements, random.nextInt(size), random.nextInt(size));
            default -> {
                for (int i = 0; i <= random.nextInt(20); i++) {
                    int at = random.nextInt(size);
                    elements.set(at, texts ? text(random) : bytes(random, elements.get(at).length));
                }
            }
        }
        return GgufParts.withElements(array, elements);
    }

    private static byte[] text(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> GgufParts.element(WORDS.get(random.nextInt(WORDS.size())));
            case 1 -> GgufParts.element("x".repeat(random.nextInt(2_000)));
            default -> GgufParts.element("w" + random.nextInt());
        };
    }

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        switch (random.nextInt(3)) {
            case 0 -> Arrays.fill(bytes, (byte) -1); // no number, of floats
            case 1 -> bytes[0] = (byte) random.nextInt(10);
            default -> random.nextBytes(bytes);
        }
        return bytes;
    }

    private static void tensor(GgufParts parts, Random random) {
        int at = random.nextInt(parts.tensors.size());
        Tensor tensor = parts.tensors.get(at);
        switch (random.nextInt(6)) {
            case 0 -> parts.tensors.remove(at);
            case 1 -> Collections.swap(parts.tensors, at, random.nextInt(parts.tensors.size()));
            case 2 -> {
                Tensor other = parts.tensors.get(random.nextInt(parts.tensors.size()));
                parts.tensors.set(at, new Tensor(tensor.name(), other.dims(), other.type(), other.data()));
            }
            case 3 -> parts.tensors.set(at, shaped(tensor, tensor.dims().reversed(), tensor.type()));
            case 4 -> {
                GgmlType[] types = GgmlType.values();
                parts.tensors.set(at, shaped(tensor, tensor.dims(), types[random.nextInt(types.length)].id()));
            }
            default -> {
                List<Long> dims = new ArrayList<>(tensor.dims());
                int dim = random.nextInt(dims.size());
                dims.set(dim, Math.max(1, dims.get(dim) + (random.nextBoolean() ? 32 : -32)));
                parts.tensors.set(at, shaped(tensor, dims, tensor.type()));
            }
        }
    }

    /** As long as the shape says, so that only the model can tell that it is wrong. */
    private static Tensor shaped(Tensor tensor, List<Long> dims, int type) {
        long elements = dims.stream().reduce(1L, (a, b) -> a * b);
        int bytes = (int) GgmlType.of(type).orElseThrow().bytes(elements);
        return new Tensor(tensor.name(), dims, type, Arrays.copyOf(tensor.data(), bytes));
    }

    private static long number(Random random, long before) {
        return switch (random.nextInt(4)) {
            case 0 -> before + random.nextInt(5) - 2;
            case 1 -> before ^ (1L << random.nextInt(64));
            case 2 -> random.nextBoolean() ? before * 2 : before / 2;
            default -> EDGES[random.nextInt(EDGES.length)];
        };
    }

    private static long get(ByteBuffer file, Field field) {
        return switch (field.bytes()) {
            case 1 -> file.get(field.at());
            case 2 -> file.getShort(field.at());
            case 4 -> file.getInt(field.at());
            default -> file.getLong(field.at());
        };
    }

    private static void put(ByteBuffer file, Field field, long value) {
        switch (field.bytes()) {
            case 1 -> file.put(field.at(), (byte) value);
            case 2 -> file.putShort(field.at(), (short) value);
            case 4 -> file.putInt(field.at(), (int) value);
            default -> file.putLong(field.at(), value);
        }
    }
}
