package dev.gufo.engine;

import dev.gufo.gguf.SamplingDefaults;
import java.util.EnumMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a model is sampled when a request does not say. */
public final class RecommendedSampling {
    private static final Logger LOG = LoggerFactory.getLogger(RecommendedSampling.class);

    private RecommendedSampling() {}

    /** The file's recommendation where it has one that is in range, else llama.cpp's defaults. */
    public static Sampling of(SamplingDefaults file) {
        Map<SamplingParameter, Float> numbers = new EnumMap<>(SamplingParameter.class);
        for (SamplingParameter parameter : SamplingParameter.values()) {
            file.number(parameter.fileKey()).ifPresent(value -> numbers.put(parameter, (float) value));
        }
        try {
            return Sampling.LLAMA_CPP_DEFAULTS.with(numbers);
        } catch (IllegalArgumentException e) {
            LOG.warn("The sampling defaults of the file are ignored: {}", e.getMessage());
            return Sampling.LLAMA_CPP_DEFAULTS;
        }
    }
}
