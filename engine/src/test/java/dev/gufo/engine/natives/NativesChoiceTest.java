package dev.gufo.engine.natives;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.natives.NativesChoice.Wish;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which libraries are taken on machines that are only files here. */
class NativesChoiceTest {
    @TempDir
    private Path folder;

    private Path root;
    private Path natives;

    @BeforeEach
    void aMachineAndLibrariesForCpus() throws IOException {
        root = folder.resolve("machine");
        natives = folder.resolve("natives");
        install("", "");
    }

    @Test
    void withoutAGpuTheLibrariesForCpusAreTakenAndNothingIsWarnedOf() throws IOException {
        install("cuda/", "-cuda");
        NativesChoice choice = choose(Wish.AUTO);
        assertThat(choice.backend()).isEqualTo(Backend.CPU);
        assertThat(choice.folder().toString()).doesNotContain("cuda");
        assertThat(choice.warnings()).isEmpty();
    }

    @Test
    void cudaIsTakenWhereDriverDeviceAndRuntimeAre() throws IOException {
        install("cuda/", "-cuda");
        gpu("580.65.06");
        runtime(13);
        NativesChoice choice = choose(Wish.AUTO);
        assertThat(choice.backend()).isEqualTo(Backend.CUDA);
        assertThat(choice.reason()).contains("CUDA 13", "580.65.06");
    }

    @Test
    void anOlderRuntimeIsTakenWithTheBackendThatWasBuiltForIt() throws IOException {
        install("cuda/", "-cuda");
        gpu("550.90.07");
        runtime(12);
        assertThat(choose(Wish.AUTO).backend()).isEqualTo(Backend.CPU);
        Path older =
                Files.createDirectories(packages("cuda/").resolve("linux-x64-cuda-ext/bins/linux-x64-cuda/fallback"));
        Files.createFile(older.resolve("libggml-cuda.so"));
        NativesChoice choice = choose(Wish.AUTO);
        assertThat(choice.reason()).contains("CUDA 12");
        assertThat(CudaRuntime.of(choice.folder(), machine()).orElseThrow().backend())
                .isEqualTo(older.resolve("libggml-cuda.so"));
    }

    @Test
    void aGpuThatCantBeUsedIsWarnedOfWithTheRemedy() throws IOException {
        gpu("580.65.06");
        assertThat(choose(Wish.AUTO).warnings()).singleElement().asString().contains("scripts/natives cuda");
        install("cuda/", "-cuda");
        assertThat(choose(Wish.AUTO).warnings())
                .singleElement()
                .asString()
                .contains("libcudart.so.13", "libcublas.so.13", "LD_LIBRARY_PATH");
        Files.delete(root.resolve("usr/lib64/libcuda.so.1"));
        assertThat(choose(Wish.AUTO).warnings()).singleElement().asString().contains("libcuda.so.1");
    }

    @Test
    void aDriverThatIsTooOldForTheRuntimeIsNamed() throws IOException {
        install("cuda/", "-cuda");
        gpu("550.90.07");
        runtime(13);
        NativesChoice choice = choose(Wish.CUDA);
        assertThat(choice.backend()).isEqualTo(Backend.CPU);
        assertThat(choice.warnings()).singleElement().asString().contains("550.90.07", "580");
    }

    @Test
    void vulkanIsTakenOnlyIfItIsAskedFor() throws IOException {
        install("vulkan/", "-vulkan");
        Files.createDirectories(root.resolve("usr/lib64"));
        Files.createFile(root.resolve("usr/lib64/libvulkan.so.1"));
        Files.createDirectories(root.resolve("dev/dri/renderD128"));
        assertThat(choose(Wish.AUTO).backend()).isEqualTo(Backend.CPU);
        assertThat(choose(Wish.VULKAN).backend()).isEqualTo(Backend.VULKAN);
    }

    @Test
    void theLoadersListTellsOfLibrariesInOtherPlaces() throws IOException {
        Path elsewhere = Files.createFile(folder.resolve("libcublas.so.13"));
        Files.createDirectories(root.resolve("etc"));
        Files.writeString(root.resolve("etc/ld.so.cache"), "glibc\0libcublas.so.13\0" + elsewhere + "\0more\0");
        assertThat(machine().library("libcublas.so.13")).contains(elsewhere);
        assertThat(machine().library("libcublas.so.12")).isEmpty();
    }

    @Test
    void withoutAnyLibrariesThereIsNoChoice() {
        assertThat(NativesChoice.of(new InstalledLibraries(folder.resolve("empty")), machine(), Wish.AUTO))
                .isEmpty();
    }

    private NativesChoice choose(Wish wish) {
        return NativesChoice.of(new InstalledLibraries(natives), machine(), wish)
                .orElseThrow();
    }

    private Machine machine() {
        return new Machine(root, List.of());
    }

    private Path packages(String kind) {
        return natives.resolve(kind + "node_modules/@node-llama-cpp");
    }

    private void install(String kind, String suffix) throws IOException {
        String variant = InstalledLibraries.platform() + suffix;
        Path bins = Files.createDirectories(
                packages(kind).resolve(variant).resolve("bins").resolve(variant));
        Files.createFile(bins.resolve("libllama" + suffix.replace('-', '.') + ".v0.5.0.so"));
        if (!suffix.isEmpty()) {
            Files.createFile(bins.resolve("libggml" + suffix + ".so"));
        }
    }

    private void gpu(String driver) throws IOException {
        Files.createDirectories(root.resolve("dev/nvidia0"));
        Files.createDirectories(root.resolve("usr/lib64"));
        Files.createFile(root.resolve("usr/lib64/libcuda.so.1"));
        Files.createDirectories(root.resolve("proc/driver/nvidia"));
        Files.writeString(
                root.resolve("proc/driver/nvidia/version"),
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  %s  Release Build%n".formatted(driver));
    }

    private void runtime(int release) throws IOException {
        Path libraries = Files.createDirectories(root.resolve("usr/local/cuda/lib64"));
        for (String name : List.of("libcudart", "libcublas", "libcublasLt")) {
            Files.createFile(libraries.resolve("%s.so.%d".formatted(name, release)));
        }
    }
}
