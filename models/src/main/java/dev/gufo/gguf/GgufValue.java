package dev.gufo.gguf;

import java.math.BigInteger;

/**
 * A metadata value. Arrays, which may hold a whole vocabulary, stay in the file until {@link GgufFile} is asked for
 * them.
 */
public sealed interface GgufValue {
    /** The value's type in the file. */
    GgufValueType type();

    /**
     * A whole number.
     *
     * @param value the number; of {@code UINT64} the bits, negative from 2^63 on
     */
    record Int(GgufValueType type, long value) implements GgufValue {
        public Int {
            if (!type.isInteger()) {
                throw new IllegalArgumentException("%s holds no whole numbers".formatted(type));
            }
            if (!fits(type, value)) {
                throw new IllegalArgumentException("%d does not fit %s".formatted(value, type));
            }
        }

        private static boolean fits(GgufValueType type, long value) {
            return switch (type) {
                case UINT8 -> value >= 0 && value < 1 << 8;
                case INT8 -> value == (byte) value;
                case UINT16 -> value >= 0 && value < 1 << 16;
                case INT16 -> value == (short) value;
                case UINT32 -> value >= 0 && value < 1L << 32;
                case INT32 -> value == (int) value;
                default -> true;
            };
        }

        /** Whether the number fits a long; false for {@code UINT64} from 2^63 on. */
        public boolean isLong() {
            return type != GgufValueType.UINT64 || value >= 0;
        }

        /** The number, whatever its size. */
        public BigInteger toBigInteger() {
            return isLong() ? BigInteger.valueOf(value) : new BigInteger(Long.toUnsignedString(value));
        }
    }

    /**
     * A floating point number.
     *
     * @param value any, also infinite or not a number
     */
    record Real(GgufValueType type, double value) implements GgufValue {
        public Real {
            if (!type.isReal()) {
                throw new IllegalArgumentException("%s holds no floating point numbers".formatted(type));
            }
        }
    }

    /** True or false. */
    record Bool(boolean value) implements GgufValue {
        @Override
        public GgufValueType type() {
            return GgufValueType.BOOL;
        }
    }

    /** A string; in the file valid UTF-8. */
    record Text(String value) implements GgufValue {
        @Override
        public GgufValueType type() {
            return GgufValueType.STRING;
        }
    }

    /**
     * Where an array lies in the file.
     *
     * @param elements the type of every element; never {@code ARRAY}, which llama.cpp does not read
     * @param length number of elements
     * @param position of the first element, in bytes from the start of the file
     * @param bytes all elements together, with the lengths of strings
     */
    record Array(GgufValueType elements, int length, long position, long bytes) implements GgufValue {
        @Override
        public GgufValueType type() {
            return GgufValueType.ARRAY;
        }
    }
}
