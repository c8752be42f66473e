package dev.gufo.server.answer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.Sampling;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a request says about sampling; the rest comes from the model. All numbers are finite and in range, so that the native
 * samplers never meet another. Ranges are OpenAI's for its own fields; the others are llama.cpp's, cut where larger values
 * mean nothing.
 *
 * @param seed 32 bits made of the request's 64, never {@code 0xFFFFFFFF}, which llama.cpp takes as "choose one"
 */
public record SamplingFields(
        Optional<Float> temperature,
        Optional<Integer> topK,
        Optional<Float> topP,
        Optional<Float> minP,
        Optional<Float> typicalP,
        Optional<Float> repeatPenalty,
        Optional<Float> frequencyPenalty,
        Optional<Float> presencePenalty,
        Optional<Integer> penaltyLastN,
        Map<Integer, Float> logitBias,
        DryFields dry,
        Optional<Float> xtcProbability,
        Optional<Float> xtcThreshold,
        OptionalInt seed) {
    /** Below this, logits divided by the temperature could overflow; the choice is the largest logit anyway. */
    private static final float LEAST_TEMPERATURE = 1e-4f;

    private static final int MAX_TOKENS_BACK = 10_000_000;
    private static final int MAX_TOP_K = 10_000_000;
    private static final int MAX_BIASES = 1_024;
    private static final int MAX_BREAKERS = 16;
    private static final int MAX_BREAKER_CHARS = 40;

    record DryFields(
            Optional<Float> multiplier,
            Optional<Float> base,
            Optional<Integer> allowedLength,
            Optional<Integer> penaltyLastN,
            Optional<List<String>> breakers) {}

    static SamplingFields read(Fields request) {
        return new SamplingFields(
                request.number("temperature", 0, 2).map(value -> value < LEAST_TEMPERATURE ? 0f : value),
                request.integer("top_k", -1, MAX_TOP_K).map(value -> Math.toIntExact(Math.max(0, value))),
                request.number("top_p", 0, 1),
                request.number("min_p", 0, 1),
                request.number("typical_p", 0, 1),
                request.number("repeat_penalty", 0.01, 100).or(() -> request.number("repetition_penalty", 0.01, 100)),
                request.number("frequency_penalty", -2, 2),
                request.number("presence_penalty", -2, 2),
                request.integer("repeat_last_n", -1, MAX_TOKENS_BACK).map(Math::toIntExact),
                logitBias(request),
                new DryFields(
                        request.number("dry_multiplier", 0, 100),
                        request.number("dry_base", 1, 100),
                        request.integer("dry_allowed_length", 0, 1_000_000).map(Math::toIntExact),
                        request.integer("dry_penalty_last_n", -1, MAX_TOKENS_BACK)
                                .map(Math::toIntExact),
                        breakers(request)),
                request.number("xtc_probability", 0, 1),
                request.number("xtc_threshold", 0, 1),
                seed(request));
    }

    /**
     * These wishes on top of a model's defaults.
     *
     * @param contextTokens looking back further than this is looking back over everything
     * @param otherwise the seed if the request has none
     * @throws ApiException if a token of {@code logit_bias} is not in the vocabulary
     */
    public Sampling over(Sampling defaults, int vocabularySize, int contextTokens, int otherwise) {
        for (int token : logitBias.keySet()) {
            if (token >= vocabularySize) {
                throw ApiException.invalid(
                        "logit_bias." + token,
                        "The token %d is not in the vocabulary of %d tokens.".formatted(token, vocabularySize));
            }
        }
        Sampling.Dry dryDefaults = defaults.dry();
        return new Sampling(
                temperature.orElse(defaults.temperature()),
                topK.orElse(defaults.topK()),
                topP.orElse(defaults.topP()),
                minP.orElse(defaults.minP()),
                typicalP.orElse(defaults.typicalP()),
                repeatPenalty.orElse(defaults.repeatPenalty()),
                frequencyPenalty.orElse(defaults.frequencyPenalty()),
                presencePenalty.orElse(defaults.presencePenalty()),
                Math.min(contextTokens, penaltyLastN.orElse(defaults.penaltyLastN())),
                logitBias.isEmpty() ? defaults.logitBias() : logitBias,
                new Sampling.Dry(
                        dry.multiplier().orElse(dryDefaults.multiplier()),
                        dry.base().orElse(dryDefaults.base()),
                        dry.allowedLength().orElse(dryDefaults.allowedLength()),
                        Math.min(contextTokens, dry.penaltyLastN().orElse(dryDefaults.penaltyLastN())),
                        dry.breakers().orElse(dryDefaults.breakers())),
                new Sampling.Xtc(
                        xtcProbability.orElse(defaults.xtc().probability()),
                        xtcThreshold.orElse(defaults.xtc().threshold())),
                seed.orElse(otherwise));
    }

    /** 64 bits folded to 32, so that neighbouring seeds stay different. */
    public static int fold(long seed) {
        int folded = (int) (seed ^ (seed >>> 32));
        return folded == -1 ? Integer.MAX_VALUE : folded;
    }

    private static OptionalInt seed(Fields request) {
        return request.integer("seed", Long.MIN_VALUE, Long.MAX_VALUE)
                .map(seed -> OptionalInt.of(fold(seed)))
                .orElse(OptionalInt.empty());
    }

    private static Map<Integer, Float> logitBias(Fields request) {
        Optional<Fields> biases = request.object("logit_bias");
        if (biases.isEmpty()) {
            return Map.of();
        }
        if (biases.get().node().size() > MAX_BIASES) {
            throw ApiException.invalid(
                    "logit_bias", "'logit_bias' must have at most %d entries.".formatted(MAX_BIASES));
        }
        var result = new HashMap<Integer, Float>();
        for (String token : (Iterable<String>) biases.get().node()::fieldNames) {
            if (!token.matches("\\d{1,9}")) {
                throw ApiException.invalid("logit_bias", "The keys of 'logit_bias' must be token ids.");
            }
            biases.get().number(token, -100, 100).ifPresent(bias -> result.put(Integer.valueOf(token), bias));
        }
        return result;
    }

    private static Optional<List<String>> breakers(Fields request) {
        return request.array("dry_sequence_breakers", MAX_BREAKERS).map(array -> {
            var breakers = new ArrayList<String>();
            for (JsonNode breaker : array) {
                if (!breaker.isTextual()
                        || breaker.textValue().isEmpty()
                        || breaker.textValue().length() > MAX_BREAKER_CHARS) {
                    throw Fields.wrong(
                            "dry_sequence_breakers",
                            "at most %d strings of 1 to %d characters".formatted(MAX_BREAKERS, MAX_BREAKER_CHARS),
                            array);
                }
                breakers.add(breaker.textValue());
            }
            return breakers;
        });
    }
}
