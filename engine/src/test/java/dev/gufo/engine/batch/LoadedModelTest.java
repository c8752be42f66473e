package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.plan.RecommendedSampling;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.GgufModel;
import dev.gufo.gguf.SamplingDefaults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What a model's file decides before anything is computed. */
class LoadedModelTest {
    private static final int KV_BYTES_PER_TOKEN = 6 * 2 * 2 * 64 * 2; // layers, keys and values, heads, width, F16

    @Test
    void whatTheFileRecommendsIsTheDefaultAndTheRestIsOfLlamaCpp() {
        Sampling sampling = RecommendedSampling.of(recommending(0.6, 20));
        assertThat(sampling.temperature()).isEqualTo(0.6f);
        assertThat(sampling.topK()).isEqualTo(20);
        assertThat(sampling.topP()).isEqualTo(Sampling.LLAMA_CPP_DEFAULTS.topP());
        assertThat(sampling.minP()).isEqualTo(Sampling.LLAMA_CPP_DEFAULTS.minP());
    }

    @Test
    void aRecommendationOutOfRangeIsIgnored() {
        assertThat(RecommendedSampling.of(recommending(-3, 20))).isEqualTo(Sampling.LLAMA_CPP_DEFAULTS);
        assertThat(RecommendedSampling.of(recommending(Double.NaN, 20))).isEqualTo(Sampling.LLAMA_CPP_DEFAULTS);
    }

    @Test
    void aContextIsAsLongAsTheTrainingsWhereThereIsRoom() throws IOException {
        assertThat(ContextSize.thatFits(demo(), 8, 1L << 40)).isEqualTo(2_048);
    }

    @Test
    void whereThereIsNotItIsCutToWhatSixtyPercentOfTheMemoryHold() throws IOException {
        long free = (long) (1_000L * 8 * KV_BYTES_PER_TOKEN / 0.6);
        assertThat(ContextSize.thatFits(demo(), 8, free)).isEqualTo(768);
    }

    @Test
    void withoutRoomForAnythingTheModelIsRefused() throws IOException {
        GgufModel demo = demo();
        assertThatThrownBy(() -> ContextSize.thatFits(demo, 8, 1_000_000))
                .isInstanceOf(EngineException.Broken.class)
                .hasMessageContaining("--parallel");
    }

    private static GgufModel demo() throws IOException {
        return GgufModel.of(GgufFile.read(Path.of(System.getProperty("gufo.models"), "demo-chat.gguf")));
    }

    private static SamplingDefaults recommending(double temperature, int topK) {
        return new SamplingDefaults(
                Optional.empty(),
                OptionalDouble.of(temperature),
                OptionalInt.of(topK),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalInt.empty(),
                OptionalDouble.empty(),
                OptionalInt.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty());
    }
}
