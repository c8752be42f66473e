package dev.gufo.engine;

import java.util.List;
import java.util.Map;

/**
 * How the next token is chosen from the logits, in llama.cpp's terms and order: penalties, DRY, top-n, typical, top-p,
 * min-p, XTC, temperature, then a draw with {@code seed}.
 *
 * @param temperature 0 takes the most likely token; at most 100
 * @param topK keep the k most likely, 0 keeps all
 * @param topP keep the smallest set with this probability, 1 keeps all
 * @param minP drop what is less likely than this share of the most likely, 0 drops none
 * @param typicalP locally typical sampling, 1 is off
 * @param repeatPenalty divides the logits of the last {@code penaltyLastN} tokens, 1 is off
 * @param frequencyPenalty subtracted once per occurrence among them, 0 is off
 * @param presencePenalty subtracted once if among them, 0 is off
 * @param penaltyLastN how many tokens the penalties look back, 0 none, -1 the whole context
 * @param logitBias added to the logits of these token ids; {@code -infinity} forbids a token
 * @param dry penalty on repeated passages
 * @param xtc exclusion of top choices
 * @param seed of the draw, a 32-bit value; equal seeds give equal answers as long as the logits are equal
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h">llama_sampler_init_*, llama.h</a>
 */
public record Sampling(
        float temperature,
        int topK,
        float topP,
        float minP,
        float typicalP,
        float repeatPenalty,
        float frequencyPenalty,
        float presencePenalty,
        int penaltyLastN,
        Map<Integer, Float> logitBias,
        Dry dry,
        Xtc xtc,
        int seed) {

    /**
     * The sampler that penalises a token which would go on repeating a passage.
     *
     * @param multiplier 0 is off
     * @param base the penalty grows as multiplier · base^(length − allowedLength)
     * @param allowedLength repeats up to this length are free
     * @param penaltyLastN tokens to look back, 0 none, -1 the whole context
     * @param breakers texts over which no repeat is matched
     */
    public record Dry(float multiplier, float base, int allowedLength, int penaltyLastN, List<String> breakers) {
        /** Off, with llama.cpp's values for the rest. */
        public static final Dry OFF = new Dry(0f, 1.75f, 2, -1, List.of("\n", ":", "\"", "*"));

        public Dry {
            breakers = List.copyOf(breakers);
        }
    }

    /**
     * The sampler that removes the most likely tokens now and then.
     *
     * @param probability chance that it acts on a step, 0 is off
     * @param threshold only tokens at least this likely are removed
     */
    public record Xtc(float probability, float threshold) {
        /** Off, with llama.cpp's threshold. */
        public static final Xtc OFF = new Xtc(0f, 0.1f);
    }

    /** llama.cpp 0.5.0's own defaults ({@code common_params_sampling}). */
    public static final Sampling LLAMA_CPP_DEFAULTS =
            new Sampling(0.8f, 40, 0.95f, 0.05f, 1f, 1f, 0f, 0f, 64, Map.of(), Dry.OFF, Xtc.OFF, 0);

    public Sampling {
        logitBias = Map.copyOf(logitBias);
    }

    /** Whether the choice is simply the largest logit, so that no sampler chain is needed. */
    public boolean isPlainArgmax() {
        return temperature <= 0f
                && repeatPenalty == 1f
                && frequencyPenalty == 0f
                && presencePenalty == 0f
                && dry.multiplier() == 0f
                && logitBias.isEmpty();
    }
}
