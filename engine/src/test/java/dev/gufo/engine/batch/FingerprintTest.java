package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.EngineSettings;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code system_fingerprint} tells apart, from real files through the engine. */
@Timeout(120)
class FingerprintTest {
    @TempDir
    private Path folder;

    @Test
    void otherWeightsUnderTheSameNameHaveAnotherFingerprint() throws IOException {
        String first = fingerprint(write("a", "model.gguf", 1), 2);
        String again = fingerprint(write("b", "model.gguf", 1), 2);
        String renamed = fingerprint(write("b", "copy.gguf", 1), 2);
        String trained = fingerprint(write("c", "model.gguf", 2), 2);
        assertThat(first).startsWith("fp_").isEqualTo(again).isEqualTo(renamed).isNotEqualTo(trained);
    }

    @Test
    void settingsThatRoundOtherwiseHaveAnotherFingerprint() throws IOException {
        Path model = write("a", "model.gguf", 1);
        assertThat(fingerprint(model, 2)).isNotEqualTo(fingerprint(model, 1));
    }

    private Path write(String place, String name, long seed) throws IOException {
        Path file = Files.createDirectories(folder.resolve(place)).resolve(name);
        RandomModel.write(ModelShape.TINY, seed, file);
        return file;
    }

    private static String fingerprint(Path model, int threads) {
        Path natives = Path.of(System.getProperty("gufo.natives"));
        try (var engine = LocalEngine.open(
                EngineSettings.of(model, natives)
                        .contextTokens(128)
                        .sequences(1)
                        .gpuLayers(0)
                        .threads(threads)
                        .stepTokens(32)
                        .queueLength(4)
                        .build(),
                _ -> {})) {
            return engine.model().fingerprint();
        }
    }
}
