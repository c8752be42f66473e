package dev.gufo.server.answer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.http.Fields;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a request says about sampling; the rest comes from the model. All numbers are finite and in range, so that the
 * native samplers never meet another.
 *
 * @param numbers those that the request has, in the ranges of {@link SamplingParameter}
 * @param seed 32 bits made of the request's 64, never {@code 0xFFFFFFFF}, which llama.cpp takes as "choose one"
 */
public record SamplingFields(
        Map<SamplingParameter, Float> numbers, Map<Integer, Float> logitBias, DryFields dry, OptionalInt seed) {
    private static final int MAX_TOKENS_BACK = 10_000_000;
    private static final int MAX_BIASES = 1_024;
    private static final int MAX_BREAKERS = 16;
    private static final int MAX_BREAKER_CHARS = 40;

    record DryFields(
            Optional<Float> multiplier,
            Optional<Float> base,
            Optional<Integer> allowedLength,
            Optional<Integer> penaltyLastN,
            Optional<List<String>> breakers) {}

    /**
     * Reads and checks them.
     *
     * @throws ApiException with the path of the first field that is wrong
     */
    public static SamplingFields read(Fields request) {
        return new SamplingFields(
                numbers(request),
                logitBias(request),
                new DryFields(
                        request.number("dry_multiplier", 0, 100),
                        request.number("dry_base", 1, 100),
                        request.integer("dry_allowed_length", 0, 1_000_000).map(Math::toIntExact),
                        request.integer("dry_penalty_last_n", -1, MAX_TOKENS_BACK)
                                .map(Math::toIntExact),
                        breakers(request)),
                seed(request));
    }

    private static Map<SamplingParameter, Float> numbers(Fields request) {
        Map<SamplingParameter, Float> numbers = new EnumMap<>(SamplingParameter.class);
        for (SamplingParameter parameter : SamplingParameter.values()) {
            parameter.names().stream()
                    .flatMap(name -> number(request, name, parameter).stream())
                    .findFirst()
                    .ifPresent(value -> numbers.put(parameter, value));
        }
        return numbers;
    }

    private static Optional<Float> number(Fields request, String name, SamplingParameter parameter) {
        return parameter.isWhole()
                ? request.integer(name, (long) parameter.least(), (long) parameter.greatest())
                        .map(Long::floatValue)
                : request.number(name, parameter.least(), parameter.greatest());
    }

    /** The same, with the likeliest token each time where the request says no temperature. */
    SamplingFields greedyByDefault() {
        Map<SamplingParameter, Float> all = new EnumMap<>(SamplingParameter.class);
        all.put(SamplingParameter.TEMPERATURE, 0f);
        all.putAll(numbers);
        return new SamplingFields(all, logitBias, dry, seed);
    }

    /**
     * These wishes on top of a model's defaults.
     *
     * @param otherwise the seed if the request has none
     * @throws ApiException if a token of {@code logit_bias} is not in the vocabulary
     */
    public Sampling over(Sampling defaults, int vocabularySize, int otherwise) {
        for (int token : logitBias.keySet()) {
            if (token >= vocabularySize) {
                throw ApiException.invalid(
                        "logit_bias." + token,
                        "The token %d is not in the vocabulary of %d tokens.".formatted(token, vocabularySize));
            }
        }
        Map<SamplingParameter, Float> all = new EnumMap<>(SamplingParameter.class);
        all.putAll(defaults.numbers());
        all.putAll(numbers);
        Sampling.Dry dryDefaults = defaults.dry();
        return new Sampling(
                all,
                logitBias.isEmpty() ? defaults.logitBias() : logitBias,
                new Sampling.Dry(
                        dry.multiplier().orElse(dryDefaults.multiplier()),
                        dry.base().orElse(dryDefaults.base()),
                        dry.allowedLength().orElse(dryDefaults.allowedLength()),
                        dry.penaltyLastN().orElse(dryDefaults.penaltyLastN()),
                        dry.breakers().orElse(dryDefaults.breakers())),
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
