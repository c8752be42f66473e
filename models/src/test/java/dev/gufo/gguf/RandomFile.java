package dev.gufo.gguf;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Random metadata and tensors, and what a reader must find of them. */
final class RandomFile {
    private static final List<GgufValueType> INTEGERS = List.of(
            GgufValueType.UINT8,
            GgufValueType.INT8,
            GgufValueType.UINT16,
            GgufValueType.INT16,
            GgufValueType.UINT32,
            GgufValueType.INT32,
            GgufValueType.UINT64,
            GgufValueType.INT64);

    private static final List<GgmlType> TYPES = List.of(GgmlType.values());

    private final Random random;
    private final GgufWriter writer = new GgufWriter();
    private final Map<String, GgufValue> scalars = new LinkedHashMap<>();
    private final List<String> keys = new ArrayList<>();
    private final Map<String, byte[]> tensors = new LinkedHashMap<>();
    private final List<String> strings = new ArrayList<>();
    private final long[] integers;
    private final double[] floats;
    private final boolean[] bools;

    RandomFile(long seed) {
        random = new Random(seed);
        if (random.nextBoolean()) {
            scalar("general.alignment", new GgufValue.Int(GgufValueType.UINT32, 8L << random.nextInt(8)));
        }
        int count = random.nextInt(30);
        for (int i = 0; i < count; i++) {
            scalar("key." + i + text(), value());
        }
        GgufValueType integerType = INTEGERS.get(random.nextInt(INTEGERS.size()));
        integers = random.longs(random.nextInt(40))
                .map(bits -> fitting(integerType, bits))
                .toArray();
        floats = random.doubles(random.nextInt(40)).toArray();
        bools = new boolean[random.nextInt(40)];
        for (int i = random.nextInt(100); i > 0; i--) {
            strings.add(text());
        }
        for (int i = 0; i < bools.length; i++) {
            bools[i] = random.nextBoolean();
        }
        writer.strings("strings", strings)
                .integers("integers", integerType, integers)
                .floats("floats", GgufValueType.FLOAT64, floats)
                .bools("bools", bools);
        keys.addAll(List.of("strings", "integers", "floats", "bools"));
        for (int i = random.nextInt(8); i > 0; i--) {
            tensor("tensor." + i);
        }
    }

    private void scalar(String key, GgufValue value) {
        writer.put(key, value);
        scalars.put(key, value);
        keys.add(key);
    }

    private GgufValue value() {
        return switch (random.nextInt(5)) {
            case 0 -> new GgufValue.Text(text());
            case 1 -> new GgufValue.Bool(random.nextBoolean());
            case 2 -> new GgufValue.Real(GgufValueType.FLOAT32, random.nextFloat());
            case 3 -> new GgufValue.Real(GgufValueType.FLOAT64, random.nextDouble());
            default -> {
                GgufValueType type = INTEGERS.get(random.nextInt(INTEGERS.size()));
                yield new GgufValue.Int(type, fitting(type, random.nextLong()));
            }
        };
    }

    private static long fitting(GgufValueType type, long bits) {
        return switch (type) {
            case UINT8 -> bits & 0xFF;
            case INT8 -> (byte) bits;
            case UINT16 -> bits & 0xFFFF;
            case INT16 -> (short) bits;
            case UINT32 -> bits & 0xFFFF_FFFFL;
            case INT32 -> (int) bits;
            default -> bits;
        };
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(6); i > 0; i--) {
            text.append(List.of("a", "\n", "ß", "€", "語", "😀", "\u0000").get(random.nextInt(7)));
        }
        return text.toString();
    }

    private void tensor(String name) {
        GgmlType type = TYPES.get(random.nextInt(TYPES.size()));
        List<Long> dims = new ArrayList<>(List.of((long) type.blockElements() * (1 + random.nextInt(3))));
        long rows = 1;
        for (int i = random.nextInt(4); i > 0; i--) {
            dims.add(1L + random.nextInt(4));
            rows *= dims.getLast();
        }
        byte[] data = new byte[Math.toIntExact(type.bytes(dims.getFirst()) * rows)];
        random.nextBytes(data);
        tensors.put(name, data);
        writer.tensor(name, dims, type, out -> out.write(data));
    }

    GgufWriter writer() {
        return writer;
    }

    Map<String, GgufValue> scalars() {
        return scalars;
    }

    List<String> keys() {
        return keys;
    }

    List<String> strings() {
        return strings;
    }

    long[] integers() {
        return integers;
    }

    double[] floats() {
        return floats;
    }

    boolean[] bools() {
        return bools;
    }

    List<String> tensorNames() {
        return List.copyOf(tensors.keySet());
    }

    byte[] data(String tensor) {
        return tensors.get(tensor);
    }
}
