package dev.gufo.gguf;

import java.util.List;

/**
 * An entry of the tensor table.
 *
 * @param name at most 63 bytes of UTF-8
 * @param dims 1 to 4 dimensions, the one that lies together first; each at least 1, the first a multiple of the type's
 *     block
 * @param type how elements are stored
 * @param offset of the first byte, from the start of the data section; a multiple of the file's alignment
 * @param bytes what the elements take, without padding
 */
public record GgufTensor(String name, List<Long> dims, GgmlType type, long offset, long bytes) {
    public GgufTensor {
        dims = List.copyOf(dims);
    }

    /** The number of elements. */
    public long elements() {
        long elements = 1;
        for (long dim : dims) {
            elements *= dim;
        }
        return elements;
    }
}
