package dev.gufo.gguf;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What must hold of a file whose header is in order so that llama.cpp does not abort its process on the way to loading it: the
 * assertions that every architecture passes. A file that merely does not fit its architecture is refused by llama.cpp itself.
 *
 * <p>Reads the whole vocabulary; for the process that loads the model, before it does.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-model.cpp">load_hparams in llama-model.cpp, load in
 *     llama-vocab.cpp, of llama.cpp 0.5.0</a>
 */
public final class LoadCheck {
    private static final int MAX_EXPERTS = 1_024; // LLAMA_MAX_EXPERTS, llama-hparams.h of llama.cpp 0.5.0
    private static final Set<String> ROPE_SCALINGS = Set.of("none", "linear", "yarn", "longrope");

    private final GgufFile file;
    private final String architecture;

    private LoadCheck(GgufFile file, String architecture) {
        this.file = file;
        this.architecture = architecture;
    }

    /**
     * Passes if {@code file}, the only file of a model or its first shard, is safe to load.
     *
     * @throws GgufException if it is not; the message names the key
     */
    public static void require(GgufFile file) throws IOException {
        LoadCheck check = new LoadCheck(file, GgufModel.of(file).architecture());
        check.requireDistinctTokens();
        check.requireKnownRopeScaling();
        check.requireExperts();
        long predicted = check.number("nextn_predict_layers");
        if (predicted > check.number("block_count")) {
            throw check.invalid("nextn_predict_layers is %d, more than there are layers".formatted(predicted));
        }
    }

    private void requireDistinctTokens() throws IOException {
        List<String> tokens = file.strings("tokenizer.ggml.tokens").orElse(List.of());
        Set<String> seen = HashSet.newHashSet(tokens.size());
        for (int id = 0; id < tokens.size(); id++) {
            String token =
                    tokens.get(id).isEmpty() ? "[EMPTY_%d]".formatted(id) : tokens.get(id); // as llama.cpp names it
            if (!seen.add(token)) {
                throw GgufModel.invalid(file, "tokenizer.ggml.tokens holds token %d, '%s', twice".formatted(id, token));
            }
        }
    }

    private void requireKnownRopeScaling() throws GgufException {
        String scaling = file.string(architecture + ".rope.scaling.type").orElse("linear");
        if (!ROPE_SCALINGS.contains(scaling)) {
            throw invalid("rope.scaling.type is '%s', not one of %s"
                    .formatted(scaling, ROPE_SCALINGS.stream().sorted().toList()));
        }
    }

    private void requireExperts() throws IOException {
        long experts = number("expert_count");
        long used = mostExpertsUsed();
        long groups = number("expert_group_count");
        long groupsUsed = number("expert_group_used_count");
        boolean inGroups = groups <= 1 || (experts % groups == 0 && groupsUsed > 0 && groupsUsed < groups);
        boolean holds = experts == 0
                ? used == 0 && groups == 0
                : experts <= MAX_EXPERTS && used >= 1 && used <= experts && groups < experts && inGroups;
        if (!holds) {
            throw invalid("expert_count %d (at most %d), expert_used_count %d, expert_group_count %d and "
                            .formatted(experts, MAX_EXPERTS, used, groups)
                    + "expert_group_used_count %d do not fit each other".formatted(groupsUsed));
        }
    }

    /** Stated once, or for every layer. */
    private long mostExpertsUsed() throws IOException {
        long[] perLayer = file.integers(architecture + ".expert_used_count").orElse(new long[0]);
        return Arrays.stream(perLayer).max().orElse(number("expert_used_count"));
    }

    private long number(String key) {
        return file.integer(architecture + "." + key).orElse(0);
    }

    private GgufException invalid(String message) {
        return GgufModel.invalid(file, "%s.%s".formatted(architecture, message));
    }
}
