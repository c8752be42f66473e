package dev.gufo.engine;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How the next token is chosen from the logits, in llama.cpp's terms and order: logit bias, penalties, DRY, top-n-
 * sigma, top-k, typical, top-p, min-p, XTC, temperature, then a draw with {@code seed}.
 *
 * @param numbers those that are not {@link SamplingParameter#byDefault}
 * @param logitBias added to the logits of these token ids; {@code -infinity} forbids a token
 * @param dry penalty on repeated passages
 * @param seed of the draw, a 32-bit value; equal seeds give equal answers as long as the logits are equal
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h">llama_sampler_init_*, llama.h</a>
 */
public record Sampling(Map<SamplingParameter, Float> numbers, Map<Integer, Float> logitBias, Dry dry, int seed) {
    /**
     * Below this, logits divided by the temperature could overflow; nothing but the largest is likely anyway, so it is
     * taken.
     */
    public static final float LEAST_TEMPERATURE = 1e-3f;

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

    /** llama.cpp 0.5.0's own defaults ({@code common_params_sampling}). */
    public static final Sampling LLAMA_CPP_DEFAULTS = new Sampling(Map.of(), Map.of(), Dry.OFF, 0);

    /** Takes the most likely token; every number is {@link SamplingParameter#off}. */
    public static final Sampling GREEDY = new Sampling(allOff(), Map.of(), Dry.OFF, 0);

    /** @throws IllegalArgumentException if a value is out of its range: native code relies on them */
    public Sampling {
        Map<SamplingParameter, Float> told = new EnumMap<>(SamplingParameter.class);
        numbers.forEach((parameter, value) -> {
            float checked = parameter.checked(value);
            if (checked != parameter.byDefault()) {
                told.put(parameter, checked);
            }
        });
        numbers = Collections.unmodifiableMap(told);
        Objects.requireNonNull(dry);
        logitBias = Map.copyOf(logitBias);
        logitBias.forEach((token, bias) -> Range.require("logit_bias[%d]".formatted(token), bias, -1_000, 1_000));
    }

    private static Map<SamplingParameter, Float> allOff() {
        Map<SamplingParameter, Float> off = new EnumMap<>(SamplingParameter.class);
        for (SamplingParameter parameter : SamplingParameter.values()) {
            off.put(parameter, parameter.off());
        }
        return off;
    }

    /** The value of a number, in its range. */
    public float number(SamplingParameter parameter) {
        return numbers.getOrDefault(parameter, parameter.byDefault());
    }

    /** The value of one of the whole numbers. */
    public int whole(SamplingParameter parameter) {
        return (int) number(parameter);
    }

    /** Whether a number has an effect. */
    public boolean uses(SamplingParameter parameter) {
        return number(parameter) != parameter.off();
    }

    /** Whether the choice is simply the largest logit, so that no sampler chain is needed. */
    public boolean isPlainArgmax() {
        return !uses(SamplingParameter.TEMPERATURE) && !hasPenalties() && dry.multiplier() == 0f && logitBias.isEmpty();
    }

    /** Whether tokens that were seen lately are made less or more likely. */
    public boolean hasPenalties() {
        return uses(SamplingParameter.REPEAT_LAST_N)
                && (uses(SamplingParameter.REPEAT_PENALTY)
                        || uses(SamplingParameter.FREQUENCY_PENALTY)
                        || uses(SamplingParameter.PRESENCE_PENALTY));
    }

    /**
     * The same with another value of one number.
     *
     * @throws IllegalArgumentException if it is out of its range
     */
    public Sampling with(SamplingParameter parameter, float value) {
        Map<SamplingParameter, Float> changed = new EnumMap<>(SamplingParameter.class);
        changed.putAll(numbers);
        changed.put(parameter, value);
        return with(changed);
    }

    /** The same with these numbers, and llama.cpp's defaults for the others. */
    public Sampling with(Map<SamplingParameter, Float> newNumbers) {
        return new Sampling(newNumbers, logitBias, dry, seed);
    }

    /** The same with other biases. */
    public Sampling withBias(Map<Integer, Float> newBias) {
        return new Sampling(numbers, newBias, dry, seed);
    }

    /** The same with another penalty on repeated passages. */
    public Sampling withDry(Dry newDry) {
        return new Sampling(numbers, logitBias, newDry, seed);
    }

    /** The same with another seed. */
    public Sampling withSeed(int newSeed) {
        return new Sampling(numbers, logitBias, dry, newSeed);
    }
}
