package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.Sampling;
import dev.gufo.engine.plan.RecommendedSampling;
import dev.gufo.gguf.SamplingDefaults;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What a model's file decides before anything is computed. */
class LoadedModelTest {
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
