package dev.gufo.engine.worker;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The values that other values are made of. One switch in place of a pair of lambdas each: a process that starts has to
 * make all of them.
 */
enum Leaf implements Codec<Object> {
    INT(int.class, Integer.BYTES),
    BOXED_INT(Integer.class, Integer.BYTES),
    LONG(long.class, Long.BYTES),
    FLOAT(float.class, Float.BYTES),
    BOXED_FLOAT(Float.class, Float.BYTES),
    BOOLEAN(boolean.class, Byte.BYTES),
    BYTES(byte[].class, Integer.BYTES),
    INTS(int[].class, Integer.BYTES),
    LONGS(long[].class, Integer.BYTES),
    FLOATS(float[].class, Integer.BYTES),
    STRING(String.class, Integer.BYTES),
    PATH(Path.class, Integer.BYTES),
    DURATION(Duration.class, Long.BYTES + Integer.BYTES);

    private final Class<?> type;
    private final int leastBytes;

    Leaf(Class<?> type, int leastBytes) {
        this.type = type;
        this.leastBytes = leastBytes;
    }

    /** Of which type the values are. */
    Class<?> type() {
        return type;
    }

    @Override
    public int leastBytes() {
        return leastBytes;
    }

    @Override
    public void write(FrameWriter out, Object value) {
        switch (this) {
            case INT, BOXED_INT -> out.int32((int) value);
            case LONG -> out.int64((long) value);
            case FLOAT, BOXED_FLOAT -> out.float32((float) value);
            case BOOLEAN -> out.bool((boolean) value);
            case BYTES -> out.bytes((byte[]) value);
            case INTS -> out.ints((int[]) value);
            case LONGS -> out.longs((long[]) value);
            case FLOATS -> out.floats((float[]) value);
            case STRING, PATH -> out.string(value.toString());
            case DURATION -> out.duration((Duration) value);
        }
    }

    @Override
    public Object read(FrameReader in) throws BrokenFrame {
        return switch (this) {
            case INT, BOXED_INT -> in.int32();
            case LONG -> in.int64();
            case FLOAT, BOXED_FLOAT -> in.float32();
            case BOOLEAN -> in.bool();
            case BYTES -> in.bytes();
            case INTS -> in.ints();
            case LONGS -> in.longs();
            case FLOATS -> in.floats();
            case STRING -> in.string();
            case PATH -> path(in.string());
            case DURATION -> in.duration();
        };
    }

    private static Path path(String text) throws BrokenFrame {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new BrokenFrame("no path: " + e.getMessage(), e);
        }
    }
}
