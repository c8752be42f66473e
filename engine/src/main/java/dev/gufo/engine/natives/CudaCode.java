package dev.gufo.engine.natives;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * For which GPUs a CUDA library holds code. Machine code runs on GPUs of its own first number; any other needs PTX,
 * which the driver compiles when it is first used, if it knows the CUDA that the PTX is of.
 *
 * <p>NVIDIA's compiler puts the code into the section {@code .nv_fatbin} of the ELF file: containers one after the
 * other, each with entries for several architectures. Only their headers are read.
 *
 * @param machineCode architectures that there is machine code for, such as 86 for compute capability 8.6
 * @param ptx the PTX that is there
 * @see <a href="https://docs.nvidia.com/cuda/cuda-compiler-driver-nvcc/index.html#fatbinaries">fatbinaries in NVIDIA's
 *     description of nvcc</a>
 */
public record CudaCode(SortedSet<Integer> machineCode, SortedSet<Ptx> ptx) {
    private static final long MOST_ENTRIES = 1_000_000;

    /**
     * Code that a driver compiles.
     *
     * @param architecture the oldest that it runs on, such as 90
     * @param isaMajor first number of its version of PTX
     * @param isaMinor the second
     */
    public record Ptx(int architecture, int isaMajor, int isaMinor) implements Comparable<Ptx> {
        private static final Comparator<Ptx> ORDER = Comparator.comparingInt(Ptx::architecture)
                .thenComparingInt(Ptx::isaMajor)
                .thenComparingInt(Ptx::isaMinor);

        /** First number of the CUDA that made this version: PTX 8 is of CUDA 12, PTX 9 of CUDA 13. */
        int cudaMajor() {
            return isaMajor + 4;
        }

        /** The second: the same number, but for PTX 8.6 to 8.8, which are of CUDA 12.7 to 12.9. */
        int cudaMinor() {
            return isaMajor == 8 && isaMinor > 5 ? isaMinor + 1 : isaMinor;
        }

        @Override
        public int compareTo(Ptx other) {
            return ORDER.compare(this, other);
        }
    }

    /**
     * Looks into a library.
     *
     * @return empty if it is no ELF file of 64 bits with such a section, so that nothing can be said of it
     * @throws IOException if it can't be read
     */
    public static Optional<CudaCode> of(Path library) throws IOException {
        try (FileChannel file = FileChannel.open(library)) {
            return new Reader(file).read();
        }
    }

    /** Why this GPU can't run the library with this driver, a clause with the remedy; empty if it can. */
    Optional<String> obstacle(CudaGpu gpu, CudaDriver driver) {
        boolean runs = machineCode.stream().anyMatch(code -> code / 10 == gpu.major() && code <= gpu.architecture());
        if (runs) {
            return Optional.empty();
        }
        Optional<Ptx> code = ptx.stream()
                .filter(made -> made.architecture() <= gpu.architecture())
                .max(Comparator.naturalOrder());
        String needs = "for the compute capability %d.%d of %s ".formatted(gpu.major(), gpu.minor(), gpu.name());
        if (code.isEmpty()) {
            return Optional.of(needs + "its libraries hold no code: use --backend vulkan");
        }
        return driver.knows(code.get())
                ? Optional.empty()
                : Optional.of(
                        ("%sits libraries hold PTX of CUDA %d.%d only, and the driver compiles that of CUDA %d.%d at most:"
                                        + " update the driver to one that knows CUDA %d.%d, or use --backend vulkan")
                                .formatted(
                                        needs,
                                        code.get().cudaMajor(),
                                        code.get().cudaMinor(),
                                        driver.major(),
                                        driver.minor(),
                                        code.get().cudaMajor(),
                                        code.get().cudaMinor()));
    }

    /** Of one file, at absolute places. */
    private static final class Reader {
        private static final int ELF_MAGIC = 0x464c457f; // "\x7fELF"
        private static final int ELF_HEADER = 64;
        private static final int SECTION_HEADER = 64;
        private static final int CLASS_64 = 2;
        private static final int LITTLE_ENDIAN = 1;

        private static final int CONTAINER_MAGIC = 0xba55ed50;
        private static final int CONTAINER_HEADER = 16;
        private static final int ENTRY_HEADER = 64;
        private static final int ALIGNMENT = 8;
        private static final int BLOCK = 1 << 20;
        private static final int PTX = 1;
        private static final int MACHINE_CODE = 2;

        private final FileChannel file;
        private final SortedSet<Integer> machineCode = new TreeSet<>();
        private final SortedSet<Ptx> ptx = new TreeSet<>();

        Reader(FileChannel file) {
            this.file = file;
        }

        Optional<CudaCode> read() throws IOException {
            ByteBuffer elf = bytes(0, ELF_HEADER);
            if (elf.getInt(0) != ELF_MAGIC || elf.get(4) != CLASS_64 || elf.get(5) != LITTLE_ENDIAN) {
                return Optional.empty();
            }
            long sections = elf.getLong(0x28);
            int count = Short.toUnsignedInt(elf.getShort(0x3c));
            ByteBuffer names =
                    bytes(sections + (long) SECTION_HEADER * Short.toUnsignedInt(elf.getShort(0x3e)), SECTION_HEADER);
            long namesAt = names.getLong(0x18);
            for (int i = 0; i < count; i++) {
                ByteBuffer section = bytes(sections + (long) SECTION_HEADER * i, SECTION_HEADER);
                if (name(namesAt + Integer.toUnsignedLong(section.getInt(0))).equals(".nv_fatbin")) {
                    readContainers(section.getLong(0x18), section.getLong(0x20));
                    return Optional.of(new CudaCode(machineCode, ptx));
                }
            }
            return Optional.empty();
        }

        private String name(long at) throws IOException {
            byte[] text = new byte[(int) Math.max(0, Math.min(16, file.size() - at))];
            bytes(at, text.length).get(text);
            String name = new String(text, StandardCharsets.ISO_8859_1);
            int end = name.indexOf('\0');
            return end < 0 ? name : name.substring(0, end);
        }

        private void readContainers(long from, long length) throws IOException {
            long end = Math.addExact(from, length);
            long entries = 0;
            for (long at = from; at + CONTAINER_HEADER <= end; ) {
                ByteBuffer container = bytes(at, CONTAINER_HEADER);
                if (container.getInt(0) != CONTAINER_MAGIC) {
                    at = afterPadding(at + ALIGNMENT, end);
                    continue;
                }
                long first = at + Short.toUnsignedInt(container.getShort(6));
                long next = Math.addExact(first, container.getLong(8));
                if (next > end || next <= at) {
                    throw new IOException("its .nv_fatbin is damaged");
                }
                for (long entry = first; entry + ENTRY_HEADER <= next; ) {
                    if (++entries > MOST_ENTRIES) {
                        throw new IOException("its .nv_fatbin is damaged");
                    }
                    entry = readEntry(entry);
                }
                at = next;
            }
        }

        /** Where something stands behind the zeros that may lie between two containers. */
        private long afterPadding(long from, long end) throws IOException {
            for (long at = from; at < end; ) {
                ByteBuffer block = bytes(at, (int) Math.min(BLOCK, end - at));
                while (block.remaining() >= ALIGNMENT) {
                    if (block.getLong() != 0) {
                        return at + block.position() - ALIGNMENT;
                    }
                }
                at += Math.max(ALIGNMENT, block.position());
            }
            return end;
        }

        /** Where the next one begins. */
        private long readEntry(long at) throws IOException {
            ByteBuffer entry = bytes(at, ENTRY_HEADER);
            int kind = Short.toUnsignedInt(entry.getShort(0));
            int architecture = entry.getInt(28);
            if (kind == MACHINE_CODE) {
                machineCode.add(architecture);
            } else if (kind == PTX) {
                ptx.add(new Ptx(
                        architecture,
                        Short.toUnsignedInt(entry.getShort(26)),
                        Short.toUnsignedInt(entry.getShort(24))));
            }
            long next = Math.addExact(at + Integer.toUnsignedLong(entry.getInt(4)), entry.getLong(8));
            if (next <= at) {
                throw new IOException("its .nv_fatbin is damaged");
            }
            return next;
        }

        private ByteBuffer bytes(long at, int count) throws IOException {
            ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
            while (buffer.hasRemaining()) {
                if (at < 0 || file.read(buffer, at + buffer.position()) < 0) {
                    throw new IOException("it ends too early");
                }
            }
            return buffer.flip();
        }
    }
}
