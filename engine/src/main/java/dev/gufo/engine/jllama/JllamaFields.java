package dev.gufo.engine.jllama;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineKind;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A request in the fields of llama.cpp's own server, which java-llama.cpp is made of. What they can't say is refused,
 * and nothing is left to that server's defaults. Every value is a number, a list of numbers, or text in ASCII: it ends
 * the process if it can't read one.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/b4916/examples/server/README.md">POST /completion, README of
 *     the server of b4916</a>
 */
final class JllamaFields {
    /** The numbers that it takes, under the names that requests have for them; others are refused. */
    private static final Set<SamplingParameter> TAKEN = EnumSet.of(
            SamplingParameter.TEMPERATURE,
            SamplingParameter.TOP_K,
            SamplingParameter.TOP_P,
            SamplingParameter.MIN_P,
            SamplingParameter.TYPICAL_P,
            SamplingParameter.XTC_PROBABILITY,
            SamplingParameter.XTC_THRESHOLD,
            SamplingParameter.REPEAT_PENALTY,
            SamplingParameter.FREQUENCY_PENALTY,
            SamplingParameter.PRESENCE_PENALTY,
            SamplingParameter.REPEAT_LAST_N);

    /** Filters that come before the choice of the likeliest token, and might take it away. */
    private static final Set<SamplingParameter> ONLY_OF_DRAWS =
            EnumSet.of(SamplingParameter.TYPICAL_P, SamplingParameter.XTC_PROBABILITY);

    private JllamaFields() {}

    /**
     * @throws EngineException.Refused with {@link Refusal.Unsupported} if this engine can't do what the request wants
     */
    static void requireSupported(GenerationRequest request) {
        if (request.deterministic()) {
            throw unsupported("deterministic");
        }
        if (request.generated().length > 0) {
            throw unsupported("resumed"); // a grammar and a seed begin anew there
        }
        if (request.topLogprobs() >= 0) {
            throw unsupported("logprobs"); // it has them, and no way to them
        }
        for (SamplingParameter parameter : SamplingParameter.values()) {
            if (request.sampling().uses(parameter) && !TAKEN.contains(parameter)) {
                throw unsupported(parameter.parameter());
            }
        }
        request.constraint().ifPresent(constraint -> {
            switch (constraint.start()) {
                case Constraint.Start.Now(), Constraint.Start.Behind _, Constraint.Start.After _ ->
                    throw unsupported("grammar");
                // Calls that the model makes by itself are read from its text all the same.
                case Constraint.Start.AtTrigger _ -> {}
            }
        });
    }

    static EngineException.Refused unsupported(String parameter) {
        return new EngineException.Refused(new Refusal.Unsupported(parameter, EngineKind.JLLAMA.id()));
    }

    /**
     * The fields of a request that is supported.
     *
     * @param mostTokens tokens to generate, at least 1; the context has room for them
     * @param contextTokens no penalty looks back further
     * @param suppressed ids that the model's file forbids to generate
     */
    static Map<String, String> of(GenerationRequest request, int mostTokens, int contextTokens, int[] suppressed) {
        Map<String, String> fields = new HashMap<>();
        fields.put("prompt", Arrays.toString(request.prompt()));
        fields.put("n_predict", Integer.toString(mostTokens));
        fields.put("ignore_eos", Boolean.toString(request.ignoreEnd()));
        // What a slot has computed belongs to the request that used it last, and how quickly a prompt is computed
        // would tell others.
        fields.put("cache_prompt", "false");
        sampling(fields, request.sampling(), contextTokens);
        fields.put("logit_bias", bias(request.sampling().logitBias(), suppressed));
        return fields;
    }

    private static void sampling(Map<String, String> fields, Sampling sampling, int contextTokens) {
        boolean draws = sampling.uses(SamplingParameter.TEMPERATURE);
        for (SamplingParameter parameter : TAKEN) {
            float value = draws || !ONLY_OF_DRAWS.contains(parameter) ? sampling.number(parameter) : parameter.off();
            fields.put(parameter.parameter(), parameter.isWhole() ? Integer.toString((int) value) : number(value));
        }
        fields.put(
                SamplingParameter.REPEAT_LAST_N.parameter(),
                lookBack(sampling.whole(SamplingParameter.REPEAT_LAST_N), contextTokens));
        fields.put("seed", Integer.toUnsignedString(sampling.seed()));
        dry(fields, sampling.dry(), contextTokens);
    }

    private static void dry(Map<String, String> fields, Sampling.Dry dry, int contextTokens) {
        fields.put("dry_multiplier", number(dry.multiplier()));
        if (dry.multiplier() == 0) {
            return;
        }
        if (dry.breakers().isEmpty()) {
            throw unsupported("dry_sequence_breakers"); // none at all is what it can't
        }
        fields.put("dry_base", number(dry.base()));
        fields.put("dry_allowed_length", Integer.toString(dry.allowedLength()));
        fields.put("dry_penalty_last_n", lookBack(dry.penaltyLastN(), contextTokens));
        fields.put("dry_sequence_breakers", texts(dry.breakers()));
    }

    /** It sets as much memory aside as it may look back. */
    private static String lookBack(int tokens, int contextTokens) {
        return Integer.toString(tokens < 0 ? contextTokens : Math.min(tokens, contextTokens));
    }

    private static String bias(Map<Integer, Float> bias, int[] suppressed) {
        Map<Integer, String> all = new HashMap<>();
        // A bias of false in place of a number forbids the token.
        bias.forEach((token, value) -> all.put(token, Float.isInfinite(value) ? "false" : number(value)));
        for (int token : suppressed) {
            all.put(token, "false");
        }
        return all.entrySet().stream()
                .map(entry -> "[%d,%s]".formatted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(",", "[", "]"));
    }

    /** Values are checked to be finite where they come in. */
    private static String number(float value) {
        return Float.toString(value);
    }

    private static String texts(List<String> texts) {
        return texts.stream().map(JllamaFields::text).collect(Collectors.joining(",", "[", "]"));
    }

    private static String text(String text) {
        // There and back: half a surrogate pair is a question mark then, and no character at all in JSON.
        String whole = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        return whole.chars().mapToObj("\\u%04x"::formatted).collect(Collectors.joining("", "\"", "\""));
    }
}
