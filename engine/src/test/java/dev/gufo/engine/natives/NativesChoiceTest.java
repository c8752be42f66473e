package dev.gufo.engine.natives;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.natives.NativesChoice.Wish;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which libraries are taken on machines that are only files here. */
class NativesChoiceTest {
    @TempDir
    private Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private Path root;
    private Path natives;
    private Optional<CudaDriver> driver = Optional.empty();

    @BeforeEach
    void aMachineAndLibrariesForCpus() throws Exception {
        root = folder.resolve("machine");
        natives = folder.resolve("natives");
        install("", "");
    }

    @Test
    void withoutAGpuTheLibrariesForCpusAreTakenAndNothingIsWarnedOf() throws Exception {
        install("cuda/", "-cuda");
        NativesChoice choice = choose(Wish.AUTO);
        assertThat(choice.backend()).isEqualTo(Backend.CPU);
        assertThat(choice.folder().toString()).doesNotContain("cuda");
        assertThat(choice.warnings()).isEmpty();
    }

    @Test
    void cudaIsTakenWhereDriverDeviceAndRuntimeAre() throws Exception {
        install("cuda/", "-cuda");
        gpu("580.65.06");
        runtime(13);
        NativesChoice choice = choose(Wish.AUTO);
        assertThat(choice.backend()).isEqualTo(Backend.CUDA);
        assertThat(choice.reason()).contains("CUDA 13", "580.65.06");
    }

    @Test
    void anOlderRuntimeIsTakenWithTheBackendThatWasBuiltForIt() throws Exception {
        install("cuda/", "-cuda");
        gpu("550.90.07");
        runtime(12);
        assertThat(choose(Wish.AUTO).backend()).isEqualTo(Backend.CPU);
        Path older =
                Files.createDirectories(packages("cuda/").resolve("linux-x64-cuda-ext/bins/linux-x64-cuda/fallback"));
        Files.createFile(older.resolve("libggml-cuda.so"));
        NativesChoice choice = choose(Wish.AUTO);
        assertThat(choice.reason()).contains("CUDA 12");
        assertThat(CudaRuntime.of(choice.folder(), machine(), driver)
                        .orElseThrow()
                        .backend())
                .isEqualTo(older.resolve("libggml-cuda.so"));
    }

    @Test
    void aGpuThatCantBeUsedIsWarnedOfWithTheRemedy() throws Exception {
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
    void aDriverThatIsTooOldForTheRuntimeIsNamed() throws Exception {
        install("cuda/", "-cuda");
        gpu("550.90.07");
        runtime(13);
        NativesChoice choice = choose(Wish.CUDA);
        assertThat(choice.backend()).isEqualTo(Backend.CPU);
        assertThat(choice.warnings()).singleElement().asString().contains("550.90.07", "580");
    }

    @Test
    void vulkanIsTakenByItselfWhereItsLibrariesFindAGpuThatIsNoneInSoftware() throws Exception {
        vulkan();
        assertThat(choose(Wish.AUTO).backend()).isEqualTo(Backend.CPU);
        assertThat(choose(Wish.AUTO).reason()).isEqualTo("there is no NVIDIA GPU");
        renderDevice();
        assertThat(choose(Wish.AUTO).backend()).isEqualTo(Backend.CPU);
        assertThat(choose(Wish.AUTO).reason()).contains("find no GPU");
        NativesChoice choice = choose(Wish.AUTO, "AMD Radeon RX 7900 XTX (RADV NAVI31)");
        assertThat(choice.backend()).isEqualTo(Backend.VULKAN);
        assertThat(choice.reason()).isEqualTo("there is no NVIDIA GPU: AMD Radeon RX 7900 XTX (RADV NAVI31)");
        assertThat(choice.warnings()).isEmpty();
    }

    @Test
    void cudaComesBeforeVulkanAndVulkanBeforeTheCpu() throws Exception {
        install("cuda/", "-cuda");
        gpu("580.65.06");
        vulkan();
        NativesChoice choice = choose(Wish.AUTO, "NVIDIA H200");
        assertThat(choice.backend()).isEqualTo(Backend.VULKAN);
        assertThat(choice.warnings()).singleElement().asString().contains("libcudart.so.13");
        runtime(13);
        assertThat(choose(Wish.AUTO, "NVIDIA H200").backend()).isEqualTo(Backend.CUDA);
    }

    @Test
    void aGpuThatTheLibrariesHoldOnlyNewerPtxForLeavesCudaToVulkanAndNamesTheRemedy() throws Exception {
        install("cuda/", "-cuda");
        FatBinary.write(
                cudaBackend(),
                FatBinary.code(86),
                FatBinary.code(120),
                FatBinary.ptx(75, 9, 1),
                FatBinary.ptx(90, 9, 1));
        gpu("580.159.04");
        runtime(13);
        vulkan();
        driver = Optional.of(new CudaDriver(13, 0, List.of(new CudaGpu("NVIDIA H200", 9, 0))));
        NativesChoice choice = choose(Wish.AUTO, "NVIDIA H200");
        assertThat(choice.backend()).isEqualTo(Backend.VULKAN);
        assertThat(choice.warnings())
                .singleElement()
                .asString()
                .contains("9.0 of NVIDIA H200", "PTX of CUDA 13.1 only", "CUDA 13.0 at most", "update the driver");
        driver = Optional.of(new CudaDriver(13, 1, List.of(new CudaGpu("NVIDIA H200", 9, 0))));
        assertThat(choose(Wish.AUTO, "NVIDIA H200").backend()).isEqualTo(Backend.CUDA);
        driver = Optional.of(new CudaDriver(13, 0, List.of(new CudaGpu("NVIDIA RTX 4090", 8, 9))));
        assertThat(choose(Wish.AUTO, "NVIDIA RTX 4090").backend()).isEqualTo(Backend.CUDA);
        driver = Optional.of(new CudaDriver(13, 0, List.of(new CudaGpu("NVIDIA GTX 1080", 6, 1))));
        assertThat(choose(Wish.CUDA).warnings())
                .singleElement()
                .asString()
                .contains("6.1 of NVIDIA GTX 1080", "no code");
    }

    @Test
    void codeOfAnOlderCudaIsTakenWhereTheDriverRefusesTheNewer() throws Exception {
        install("cuda/", "-cuda");
        FatBinary.write(cudaBackend(), FatBinary.code(86), FatBinary.ptx(80, 9, 1));
        Path older =
                Files.createDirectories(packages("cuda/").resolve("linux-x64-cuda-ext/bins/linux-x64-cuda/fallback"));
        FatBinary.write(older.resolve("libggml-cuda.so"), FatBinary.code(86), FatBinary.ptx(80, 8, 4));
        gpu("580.159.04");
        runtime(13);
        driver = Optional.of(new CudaDriver(13, 0, List.of(new CudaGpu("NVIDIA A100", 8, 0))));
        assertThat(choose(Wish.AUTO).warnings())
                .singleElement()
                .asString()
                .contains("8.0 of NVIDIA A100", "update the driver", "or install the CUDA 12 runtime");
        runtime(12);
        NativesChoice choice = choose(Wish.AUTO);
        assertThat(choice.backend()).isEqualTo(Backend.CUDA);
        assertThat(choice.reason()).contains("CUDA 12");
        assertThat(choice.warnings()).isEmpty();
        assertThat(CudaRuntime.of(choice.folder(), machine(), driver)
                        .orElseThrow()
                        .backend())
                .isEqualTo(older.resolve("libggml-cuda.so"));
        driver = Optional.of(new CudaDriver(13, 1, List.of(new CudaGpu("NVIDIA A100", 8, 0))));
        assertThat(choose(Wish.AUTO).reason()).contains("CUDA 13");
    }

    @Test
    void aDriverThatShowsNoGpuLeavesCudaOut() throws Exception {
        install("cuda/", "-cuda");
        gpu("580.159.04");
        runtime(13);
        driver = Optional.of(new CudaDriver(13, 0, List.of()));
        assertThat(choose(Wish.CUDA).warnings()).singleElement().asString().contains("CUDA_VISIBLE_DEVICES");
    }

    @Test
    void aDeviceInSoftwareNeedsNoDeviceOfTheKernelsIfItIsNamed() throws Exception {
        vulkan();
        assertThat(choose(Wish.VULKAN).backend()).isEqualTo(Backend.CPU);
        environment.put("GGML_VK_VISIBLE_DEVICES", "0");
        assertThat(choose(Wish.VULKAN).backend()).isEqualTo(Backend.VULKAN);
        assertThat(choose(Wish.AUTO).backend()).isEqualTo(Backend.CPU);
    }

    @Test
    void whatKeepsFromVulkanIsNamedWithItsRemedyOneAfterTheOther() throws Exception {
        assertThat(obstacle()).contains("scripts/natives vulkan");
        install("vulkan/", "-vulkan");
        assertThat(obstacle()).contains("apt install libvulkan1");
        loader();
        assertThat(obstacle()).contains("finds no driver", "mesa-vulkan-drivers", "NVIDIA_DRIVER_CAPABILITIES");
        driver("old_icd.json", "1.1.107");
        assertThat(obstacle()).contains("old_icd.json", "Vulkan 1.1", "1.2 is needed");
        driver("radeon_icd.json", "1.4.305");
        assertThat(obstacle()).contains("no device in /dev/dri", "amdgpu", "--device /dev/dri");
        Path device = Files.createDirectories(root.resolve("dev/dri")).resolve("renderD128");
        Files.createSymbolicLink(device, folder.resolve("nowhere")); // can't be opened, not by root either
        assertThat(obstacle()).contains("may not open " + device, "render", "--group-add");
        Files.delete(device);
        Files.createFile(device);
        assertThat(choose(Wish.VULKAN).warnings()).isEmpty();
    }

    @Test
    void driversAreFoundWhereVariablesSay() throws Exception {
        install("vulkan/", "-vulkan");
        loader();
        renderDevice();
        Path elsewhere = Files.writeString(folder.resolve("mine.json"), "{\"ICD\": {\"api_version\": \"1.3.0\"}}");
        assertThat(choose(Wish.VULKAN).backend()).isEqualTo(Backend.CPU);
        environment.put("VK_DRIVER_FILES", elsewhere.toString());
        assertThat(choose(Wish.VULKAN).backend()).isEqualTo(Backend.VULKAN);
    }

    @Test
    void aMachineWithAGpuForVulkanSaysWhyItIsNotTaken() throws Exception {
        renderDevice();
        NativesChoice choice = choose(Wish.AUTO);
        assertThat(choice.reason()).contains("Vulkan can't be used", "scripts/natives vulkan");
        assertThat(choice.warnings()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "radv, Mesa 25.0.7-2~bpo12+1, true",
        "radv, Mesa 26.0.4, true",
        "radv, Mesa 26.0.5, false",
        "radv, Mesa 26.1, false",
        "radv, Mesa 27.0.0-devel (git-1234), false",
        "llvmpipe, Mesa 25.0.7, false",
        "NVIDIA, 580.65.06, false"
    })
    void driversThatBreakAreKnown(String driver, String release, boolean breaks) {
        var device = new VulkanDevice("a card", false, 1, 3, driver, release);
        assertThat(device.fault().isPresent()).isEqualTo(breaks);
        device.fault().ifPresent(text -> assertThat(text).contains("a card", release, "26.0.5", "update Mesa"));
    }

    @Test
    void driversThatKnowLessThanVulkan12AreTooOld() {
        assertThat(new VulkanDevice("a", false, 1, 1, "", "").isTooOld()).isTrue();
        assertThat(new VulkanDevice("a", false, 1, 2, "", "").isTooOld()).isFalse();
        assertThat(new VulkanDevice("a", false, 2, 0, "", "").isTooOld()).isFalse();
    }

    @Test
    void theLoadersListTellsOfLibrariesInOtherPlaces() throws Exception {
        Path elsewhere = Files.createFile(folder.resolve("libcublas.so.13"));
        Files.createDirectories(root.resolve("etc"));
        Files.writeString(root.resolve("etc/ld.so.cache"), "glibc\0libcublas.so.13\0" + elsewhere + "\0more\0");
        assertThat(machine().library("libcublas.so.13")).contains(elsewhere);
        assertThat(machine().library("libcublas.so.12")).isEmpty();
    }

    @Test
    void withoutAnyLibrariesThereIsNoChoice() throws InterruptedException {
        assertThat(NativesChoice.of(new InstalledLibraries(folder.resolve("empty")), machine(), Wish.AUTO, finding()))
                .isEmpty();
    }

    /** @param gpus what the libraries for Vulkan find */
    private NativesChoice choose(Wish wish, String... gpus) throws InterruptedException {
        return NativesChoice.of(new InstalledLibraries(natives), machine(), wish, finding(gpus))
                .orElseThrow();
    }

    private NativesChoice.GpuQuestion finding(String... gpus) {
        return new NativesChoice.GpuQuestion() {
            @Override
            public List<String> realGpus(Path libraries) {
                return List.of(gpus);
            }

            @Override
            public Optional<CudaDriver> nvidia(Path library) {
                return driver;
            }
        };
    }

    /** Why Vulkan is not taken though it was asked for. */
    private String obstacle() throws InterruptedException {
        NativesChoice choice = choose(Wish.VULKAN);
        assertThat(choice.backend()).isEqualTo(Backend.CPU);
        assertThat(choice.warnings()).hasSize(1);
        return choice.warnings().getFirst();
    }

    private Machine machine() {
        return new Machine(root, environment);
    }

    /** All that Vulkan needs but a device. */
    private void vulkan() throws IOException {
        install("vulkan/", "-vulkan");
        loader();
        driver("radeon_icd.json", "1.4.305");
    }

    private void loader() throws IOException {
        Files.createFile(Files.createDirectories(root.resolve("usr/lib64")).resolve("libvulkan.so.1"));
    }

    private void driver(String file, String version) throws IOException {
        Files.writeString(
                Files.createDirectories(root.resolve("usr/share/vulkan/icd.d")).resolve(file),
                "{\"ICD\": {\"api_version\": \"%s\", \"library_path\": \"libdriver.so\"}}".formatted(version));
    }

    private void renderDevice() throws IOException {
        Files.createFile(Files.createDirectories(root.resolve("dev/dri")).resolve("renderD128"));
    }

    private Path cudaBackend() {
        return packages("cuda/").resolve("linux-x64-cuda/bins/linux-x64-cuda/libggml-cuda.so");
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
