package dev.gufo.gguf;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * How its makers want a model sampled: the numbers under {@code general.sampling.} in its file, as the file has them,
 * not checked.
 *
 * @param numbers by the rest of their keys, for instance {@code temp}
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-arch.cpp">LLM_KV_GENERAL_SAMPLING_*,
 *     llama-arch.cpp of llama.cpp 0.5.0</a>
 */
public record SamplingDefaults(Map<String, Double> numbers) {
    private static final String PREFIX = "general.sampling.";

    public SamplingDefaults {
        numbers = Map.copyOf(numbers);
    }

    static SamplingDefaults of(GgufFile file) {
        Map<String, Double> numbers = new HashMap<>();
        for (String key : file.metadata().keySet()) {
            if (key.startsWith(PREFIX) && key.length() > PREFIX.length()) {
                file.floating(key).ifPresent(value -> numbers.put(key.substring(PREFIX.length()), value));
            }
        }
        return new SamplingDefaults(numbers);
    }

    /** The number of a key; empty where the file is silent. */
    public OptionalDouble number(String key) {
        Double value = numbers.get(key);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }
}
