package dev.gufo.engine;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How the next token is chosen from the logits, in llama.cpp's terms and order: logit bias, penalties, DRY, top-k, typical,
 * top-p, min-p, XTC, temperature, then a draw with {@code seed}.
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
        public static final Dry OFF = new Dry(0f, 1.75f, 2, 64, List.of("\n", ":", "\"", "*"));

        /** @throws IllegalArgumentException if a value is out of its range */
        public Dry {
            Range.require("dry_multiplier", multiplier, 0, 100);
            Range.require("dry_base", base, 1, 100);
            Range.require("dry_allowed_length", allowedLength, 0, Integer.MAX_VALUE);
            Range.require("dry_penalty_last_n", penaltyLastN, -1, Integer.MAX_VALUE);
            Range.require("number of dry_sequence_breakers", breakers.size(), 0, 32);
            breakers.forEach(text -> Range.require("length of a dry_sequence_breaker", text.length(), 1, 40));
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

        /** @throws IllegalArgumentException if a value is out of its range */
        public Xtc {
            Range.require("xtc_probability", probability, 0, 1);
            Range.require("xtc_threshold", threshold, 0, 1);
        }
    }

    /** llama.cpp 0.5.0's own defaults ({@code common_params_sampling}). */
    public static final Sampling LLAMA_CPP_DEFAULTS =
            new Sampling(0.8f, 40, 0.95f, 0.05f, 1f, 1f, 0f, 0f, 64, Map.of(), Dry.OFF, Xtc.OFF, 0);

    /** @throws IllegalArgumentException if a value is out of its range: native code relies on them */
    public Sampling {
        Range.require("temperature", temperature, 0, 100);
        Range.require("top_p", topP, 0, 1);
        Range.require("min_p", minP, 0, 1);
        Range.require("typical_p", typicalP, 0, 1);
        Range.require("repeat_penalty", repeatPenalty, 0.01f, 100);
        Range.require("frequency_penalty", frequencyPenalty, -100, 100);
        Range.require("presence_penalty", presencePenalty, -100, 100);
        Range.require("repeat_last_n", penaltyLastN, -1, Integer.MAX_VALUE);
        Objects.requireNonNull(dry);
        Objects.requireNonNull(xtc);
        logitBias = Map.copyOf(logitBias);
        logitBias.forEach((token, bias) -> Range.require("logit_bias[%d]".formatted(token), bias, -1_000, 1_000));
    }

    /** Whether the choice is simply the largest logit, so that no sampler chain is needed. */
    public boolean isPlainArgmax() {
        return temperature == 0f && !hasPenalties() && dry.multiplier() == 0f && logitBias.isEmpty();
    }

    /** Whether tokens that were seen lately are made less or more likely. */
    public boolean hasPenalties() {
        return penaltyLastN != 0 && (repeatPenalty != 1f || frequencyPenalty != 0f || presencePenalty != 0f);
    }

    /** The same with another seed. */
    public Sampling withSeed(int newSeed) {
        return new Sampling(
                temperature,
                topK,
                topP,
                minP,
                typicalP,
                repeatPenalty,
                frequencyPenalty,
                presencePenalty,
                penaltyLastN,
                logitBias,
                dry,
                xtc,
                newSeed);
    }
}
