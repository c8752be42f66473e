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
                "ggml_cuda_init: found 1 device\n\u0001gufo\tdevice\tCUDA0\tH200\ttrue\t5\t7\nbye\n", 0);
        assertThat(probe.devices()).containsExactly(new DeviceProbe.Device("CUDA0", "H200", true, 5, 7));
        assertThat(probe.failure()).isEmpty();
    }

    @Test
    void aProcessThatDiesIsAFailure() {
        assertThat(DeviceProbe.parse("", 134).failure().orElseThrow()).contains("134");
    }
}
