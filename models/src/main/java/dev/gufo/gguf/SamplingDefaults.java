package dev.gufo.gguf;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How its makers want a model sampled: the keys {@code general.sampling.*} of its file, each empty where the file is silent.
 * The values are the file's own, not checked.
 *
 * @param sequence names of samplers in their order, as the file writes them
 * @param temperature {@code temp}
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-arch.cpp">LLM_KV_GENERAL_SAMPLING_*, llama-arch.cpp
 *     of llama.cpp 0.5.0</a>
 */
public record SamplingDefaults(
        Optional<String> sequence,
        OptionalDouble temperature,
        OptionalInt topK,
        OptionalDouble topP,
        OptionalDouble minP,
        OptionalDouble xtcProbability,
        OptionalDouble xtcThreshold,
        OptionalInt penaltyLastN,
        OptionalDouble penaltyRepeat,
        OptionalInt mirostat,
        OptionalDouble mirostatTau,
        OptionalDouble mirostatEta) {

    static SamplingDefaults of(GgufFile file) {
        return new SamplingDefaults(
                file.string("general.sampling.sequence"),
                file.floating("general.sampling.temp"),
                int32(file, "general.sampling.top_k"),
                file.floating("general.sampling.top_p"),
                file.floating("general.sampling.min_p"),
                file.floating("general.sampling.xtc_probability"),
                file.floating("general.sampling.xtc_threshold"),
                int32(file, "general.sampling.penalty_last_n"),
                file.floating("general.sampling.penalty_repeat"),
                int32(file, "general.sampling.mirostat"),
                file.floating("general.sampling.mirostat_tau"),
                file.floating("general.sampling.mirostat_eta"));
    }

    private static OptionalInt int32(GgufFile file, String key) {
        OptionalLong value = file.integer(key);
        return value.isPresent() && value.getAsLong() == (int) value.getAsLong()
                ? OptionalInt.of((int) value.getAsLong())
                : OptionalInt.empty();
    }
}
