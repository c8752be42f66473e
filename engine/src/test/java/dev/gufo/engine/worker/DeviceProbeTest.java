package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Libraries are asked in a process of their own. */
class DeviceProbeTest {
    @Test
    void theLibrariesTellTheirDevicesAndWhatWasLoaded() throws InterruptedException {
        DeviceProbe probe = DeviceProbe.run(Path.of(System.getProperty("gufo.natives")));
        assertThat(probe.failure()).isEmpty();
        assertThat(probe.devices()).anySatisfy(device -> {
            assertThat(device.name()).isEqualTo("CPU");
            assertThat(device.totalBytes()).isPositive();
        });
        assertThat(probe.libraries())
                .anyMatch(file -> file.getFileName().toString().startsWith("libggml-cpu-"));
    }

    @Test
    void aFolderWithoutLibrariesIsAFailureAndNoCrash(@TempDir Path folder) throws InterruptedException {
        assertThat(DeviceProbe.run(folder).failure().orElseThrow()).contains("no llama.cpp libraries");
    }

    @Test
    void whatNativeCodePrintsAroundTheAnswerIsSkipped() {
        DeviceProbe probe = DeviceProbe.parse(
                "ggml_cuda_init: found 1 device\n\u0001gufo\tdevice\tCUDA0\tH200\ttrue\t5\t7\tfalse\nbye\n", 0);
        assertThat(probe.devices()).containsExactly(new DeviceProbe.Device("CUDA0", "H200", true, 5, 7, false));
        assertThat(probe.failure()).isEmpty();
    }

    @Test
    void aDeviceThatComputesNothingIsToldWithTheReason() {
        String refused = "\u0001gufo\trefused\tit can't be loaded: Unsupported device";
        DeviceProbe probe = DeviceProbe.parse(
                String.join("\n", "\u0001gufo\tdevice\tVulkan0\tSwiftShader\ttrue\t5\t7\ttrue", refused), 0);
        assertThat(probe.refusal()).hasValue("it can't be loaded: Unsupported device");
        assertThat(probe.failure()).isEmpty();
        assertThat(probe.devices()).hasSize(1);
    }

    @Test
    void whoPlaysAGpuAndWhichDriverHasAFaultIsTold() {
        String devices = told("""
                device Vulkan0 Radeon true 5 7 false
                device Vulkan1 llvmpipe true 5 7 true
                device CPU EPYC false 5 7 false
                """);
        String drivers = told("""
                vulkan Radeon false 1 4 radv Mesa_25.0.7
                vulkan llvmpipe true 1 4 llvmpipe Mesa_25.0.7
                """);
        DeviceProbe probe = DeviceProbe.parse(devices + drivers, 0);
        assertThat(probe.gpus()).hasSize(2);
        assertThat(probe.realGpus()).extracting(DeviceProbe.Device::name).containsExactly("Vulkan0");
        assertThat(probe.faults()).singleElement().asString().contains("Radeon", "RADV");
        assertThat(DeviceProbe.parse(devices, 0).realGpus()).hasSize(2); // CUDA's are never played
    }

    @Test
    void librariesWithoutAGpuHaveNothingToTry() throws InterruptedException {
        DeviceProbe probe = DeviceProbe.trying(Path.of(System.getProperty("gufo.natives")));
        assertThat(probe.failure()).isEmpty();
        assertThat(probe.refusal()).isEmpty();
    }

    @Test
    void aProcessThatDiesIsAFailure() {
        assertThat(DeviceProbe.parse("", 134).failure().orElseThrow()).contains("134");
    }

    /** Lines as the process writes them, from ones with spaces between the words. */
    private static String told(String lines) {
        return lines.replace(' ', '\t').replace('_', ' ').replaceAll("(?m)^(?=.)", "\u0001gufo\t");
    }
}
