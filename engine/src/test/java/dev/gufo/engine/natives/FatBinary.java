package dev.gufo.engine.natives;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes files that hold CUDA code as far as headers go: an ELF file with a section {@code .nv_fatbin}. */
final class FatBinary {
    private static final int HEADER = 64;
    private static final int CODE_BYTES = 24;
    private static final byte[] NAMES = "\0.shstrtab\0.nv_fatbin\0".getBytes(StandardCharsets.US_ASCII);

    private FatBinary() {}

    /**
     * An entry of a container.
     *
     * @param kind 1 for PTX, 2 for machine code
     */
    record Entry(int kind, int architecture, int major, int minor) {}

    static Entry code(int architecture) {
        return new Entry(2, architecture, 8, 1);
    }

    static Entry ptx(int architecture, int major, int minor) {
        return new Entry(1, architecture, major, minor);
    }

    /** Two containers with the same entries, and padding between them. */
    static void write(Path file, Entry... entries) throws IOException {
        byte[] container = container(entries);
        int padding = 16;
        int names = HEADER + 2 * container.length + padding;
        int sections = names + 32;
        ByteBuffer elf = ByteBuffer.allocate(sections + 3 * HEADER).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(0, new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
        elf.putLong(0x28, sections).putShort(0x3c, (short) 3).putShort(0x3e, (short) 1);
        elf.put(HEADER, container)
                .put(HEADER + container.length + padding, container)
                .put(names, NAMES);
        section(elf, sections + HEADER, 1, names, NAMES.length);
        section(elf, sections + 2 * HEADER, 11, HEADER, 2 * container.length + padding);
        Files.write(file, elf.array());
    }

    private static void section(ByteBuffer elf, int at, int name, long offset, long size) {
        elf.putInt(at, name).putLong(at + 0x18, offset).putLong(at + 0x20, size);
    }

    private static byte[] container(Entry... entries) {
        int size = entries.length * (HEADER + CODE_BYTES);
        ByteBuffer container = ByteBuffer.allocate(16 + size).order(ByteOrder.LITTLE_ENDIAN);
        container.putInt(0xba55ed50).putShort((short) 1).putShort((short) 16).putLong(size);
        for (Entry entry : entries) {
            int at = container.position();
            container.putShort(at, (short) entry.kind()).putInt(at + 4, HEADER).putLong(at + 8, CODE_BYTES);
            container.putShort(at + 24, (short) entry.minor()).putShort(at + 26, (short) entry.major());
            container.putInt(at + 28, entry.architecture());
            container.position(at + HEADER + CODE_BYTES);
        }
        return container.array();
    }
}
