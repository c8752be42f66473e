package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.RecommendedSampling;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.gguf.SamplingDefaults;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a model's file decides before anything is computed. */
class LoadedModelTest {
    @Test
    void whatTheFileRecommendsIsTheDefaultAndTheRestIsOfLlamaCpp() {
        Sampling sampling = RecommendedSampling.of(recommending(0.6, 20));
        assertThat(sampling)
                .isEqualTo(Sampling.LLAMA_CPP_DEFAULTS
                        .with(SamplingParameter.TEMPERATURE, 0.6f)
                        .with(SamplingParameter.TOP_K, 20));
        assertThat(sampling.number(SamplingParameter.TOP_P)).isEqualTo(0.95f);
    }

    @Test
    void aRecommendationOutOfRangeIsIgnored() {
        assertThat(RecommendedSampling.of(recommending(-3, 20))).isEqualTo(Sampling.LLAMA_CPP_DEFAULTS);
        assertThat(RecommendedSampling.of(recommending(Double.NaN, 20))).isEqualTo(Sampling.LLAMA_CPP_DEFAULTS);
        assertThat(RecommendedSampling.of(recommending(1, 20.5))).isEqualTo(Sampling.LLAMA_CPP_DEFAULTS);
    }

    private static SamplingDefaults recommending(double temperature, double topK) {
        return new SamplingDefaults(Map.of("temp", temperature, "top_k", topK, "mirostat_tau", 5.0));
    }
}
