package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChildJvmTest {
    @Test
    void aChildGetsNoSecretsAndNoOptionsOfTheServer() {
        Map<String, String> environment = new HashMap<>();
        for (String name : new String[] {
            "HF_TOKEN",
            "GUFO_API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "PGPASSWORD",
            "NVIDIA_API_KEY",
            "JAVA_TOOL_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "_JAVA_OPTIONS",
            "OPENAI_API_KEY",
            "XDG_TOKEN",
            "SOMETHING"
        }) {
            environment.put(name, "secret");
        }
        Map<String, String> needed = Map.of(
                "PATH",
                "/bin",
                "HOME",
                "/root",
                "LC_ALL",
                "C.UTF-8",
                "LD_LIBRARY_PATH",
                "/opt/cuda/lib",
                "CUDA_VISIBLE_DEVICES",
                "1",
                "GGML_CUDA_ENABLE_UNIFIED_MEMORY",
                "1",
                "OMP_NUM_THREADS",
                "2",
                "Path",
                "C:\\",
                "SystemRoot",
                "C:\\Windows");
        environment.putAll(needed);
        ChildJvm.keepNeeded(environment);
        assertThat(environment).isEqualTo(needed);
    }
}
