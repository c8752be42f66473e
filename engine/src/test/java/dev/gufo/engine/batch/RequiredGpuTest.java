package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.FlashAttention;
import dev.gufo.engine.KvLayout;
import dev.gufo.engine.KvType;
import dev.gufo.engine.SplitMode;
import dev.gufo.engine.SwaFull;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A model that is to lie on a GPU, with libraries that know none. Not among the tests that run on a device. */
@Timeout(60)
class RequiredGpuTest {
    @Test
    void requiringAGpuFailsWithoutOne() {
        EngineSettings settings = EngineSettings.of(
                        Path.of(System.getProperty("gufo.models"), "demo-chat.gguf"),
                        Path.of(System.getProperty("gufo.natives")))
                .contextTokens(512)
                .sequences(1)
                .threads(2)
                .queueLength(4)
                .compute(new ComputeSettings(
                        KvType.F16,
                        KvType.F16,
                        KvLayout.AUTO,
                        SwaFull.AUTO,
                        FlashAttention.AUTO,
                        SplitMode.LAYER,
                        List.of(),
                        0,
                        true))
                .build();
        assertThatThrownBy(() -> LocalEngine.open(settings, percent -> {}))
                .isInstanceOf(EngineException.Broken.class)
                .hasMessageContaining("gufo doctor");
    }
}
