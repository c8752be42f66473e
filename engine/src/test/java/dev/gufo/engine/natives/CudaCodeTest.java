package dev.gufo.engine.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaCodeTest {
    @TempDir
    private Path folder;

    private Path library;

    @BeforeEach
    void write() throws IOException {
        library = folder.resolve("libggml-cuda.so");
        FatBinary.write(
                library, FatBinary.code(86), FatBinary.code(120), FatBinary.ptx(75, 9, 1), FatBinary.ptx(90, 8, 8));
    }

    @Test
    void architecturesAndVersionsAreThoseOfTheEntries() throws IOException {
        CudaCode code = CudaCode.of(library).orElseThrow();
        assertThat(code.machineCode()).containsExactly(86, 120);
        assertThat(code.ptx()).containsExactly(new CudaCode.Ptx(75, 9, 1), new CudaCode.Ptx(90, 8, 8));
        assertThat(code.ptx().last().cudaMajor()).isEqualTo(12);
        assertThat(code.ptx().last().cudaMinor()).isEqualTo(9);
    }

    @Test
    void ofAFileThatIsNoLibraryNothingIsSaid() throws IOException {
        assertThat(CudaCode.of(Files.write(folder.resolve("text.so"), new byte[200])))
                .isEmpty();
    }

    /** A file that is damaged is told to be, or what it says is nonsense; but reading ends. */
    @Test
    void readingADamagedFileEnds() throws IOException {
        byte[] whole = Files.readAllBytes(library);
        for (long seed = 0; seed < 2_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] damaged = whole.clone();
            for (int i = random.nextInt(1, 12); i > 0; i--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            int length = random.nextInt(4) == 0 ? random.nextInt(damaged.length) : damaged.length;
            Files.write(library, Arrays.copyOf(damaged, length));
            try {
                CudaCode.of(library).ifPresent(code -> assertThat(code.ptx()).hasSizeLessThan(100));
            } catch (IOException e) {
                assertThat(e).hasMessageContaining(" ");
            }
        }
    }
}
