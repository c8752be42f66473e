package dev.gufo.engine.plan;

import dev.gufo.engine.Sampling;
import dev.gufo.gguf.SamplingDefaults;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a model is sampled when a request does not say. */
public final class RecommendedSampling {
    private static final Logger LOG = LoggerFactory.getLogger(RecommendedSampling.class);

    private RecommendedSampling() {}

    /** The file's recommendation where it has one that is in range, else llama.cpp's default. */
    public static Sampling of(SamplingDefaults file) {
        Sampling base = Sampling.LLAMA_CPP_DEFAULTS;
        try {
            return new Sampling(
                    (float) file.temperature().orElse(base.temperature()),
                    file.topK().orElse(base.topK()),
                    (float) file.topP().orElse(base.topP()),
                    (float) file.minP().orElse(base.minP()),
                    base.typicalP(),
                    (float) file.penaltyRepeat().orElse(base.repeatPenalty()),
                    base.frequencyPenalty(),
                    base.presencePenalty(),
                    file.penaltyLastN().orElse(base.penaltyLastN()),
                    Map.of(),
                    Sampling.Dry.OFF,
                    new Sampling.Xtc(
                            (float) file.xtcProbability().orElse(base.xtc().probability()),
                            (float) file.xtcThreshold().orElse(base.xtc().threshold())),
                    base.seed());
        } catch (IllegalArgumentException e) {
            LOG.warn("the file's sampling defaults are ignored: {}", e.getMessage());
            return base;
        }
    }
}
