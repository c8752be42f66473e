package dev.gufo.engine;

import dev.gufo.gguf.GgmlType;

/** How keys or values are stored in the KV cache. */
public enum KvType {
    /** Two bytes a number: what models are measured with. */
    F16(GgmlType.F16),
    /** A little more than one byte a number; hardly any answer differs. */
    Q8_0(GgmlType.Q8_0),
    /** A little more than half a byte a number; answers differ. */
    Q4_0(GgmlType.Q4_0);

    private final GgmlType ggmlType;

    KvType(GgmlType ggmlType) {
        this.ggmlType = ggmlType;
    }

    /** The type in GGUF's terms. */
    public GgmlType ggmlType() {
        return ggmlType;
    }

    /** Whether it stores blocks of numbers with a common scale. */
    public boolean isQuantized() {
        return this != F16;
    }
}
