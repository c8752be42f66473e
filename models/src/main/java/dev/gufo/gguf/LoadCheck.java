package dev.gufo.gguf;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * What must hold of a file whose header is in order so that llama.cpp does not abort its process on the way to loading
 * it: the assertions that every architecture passes. A file that merely does not fit its architecture is refused by
 * llama.cpp itself.
 *
 * <p>Reads the whole vocabulary; for the process that loads the model, before it does.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-model.cpp">load_hparams in llama-model.cpp,
 *     load in llama-vocab.cpp, of llama.cpp 0.5.0</a>
 */
public final class LoadCheck {
    private static final int MAX_EXPERTS = 1_024; // LLAMA_MAX_EXPERTS, llama-hparams.h of llama.cpp 0.5.0
    private static final Set<String> ROPE_SCALINGS = Set.of("none", "linear", "yarn", "longrope");

    private static final List<String> EPSILONS =
            List.of("layer_norm_epsilon", "layer_norm_rms_epsilon", "group_norm_epsilon");

    /** Tensors that hold token or expert ids. */
    private static final List<String> INDICES = List.of("tid2eid", "d2t");

    private final GgufFile file;
    private final String architecture;

    private LoadCheck(GgufFile file, String architecture) {
        this.file = file;
        this.architecture = architecture;
    }

    /**
     * Passes if {@code file}, the only file of a model, is safe to load.
     *
     * @throws GgufException if it is not; the message names the key or the tensor
     */
    public static void require(GgufFile file) throws IOException {
        require(List.of(file));
    }

    /**
     * Passes if a model is safe to load.
     *
     * @param shards its files in their order, at least one; metadata is in the first
     * @throws GgufException if it is not; the message names the key or the tensor
     */
    public static void require(List<GgufFile> shards) throws IOException {
        GgufFile file = shards.getFirst();
        LoadCheck check = new LoadCheck(file, GgufModel.of(shards).architecture());
        VocabularyCheck.require(file);
        for (GgufFile shard : shards) {
            requireUsableTypes(shard);
        }
        check.requireKnownRopeScaling();
        check.requireEpsilons();
        check.requireExperts();
        long predicted = check.number("nextn_predict_layers");
        if (predicted > check.number("block_count")) {
            throw check.invalid("nextn_predict_layers is %d, more than there are layers".formatted(predicted));
        }
    }

    private void requireKnownRopeScaling() throws GgufException {
        String scaling = file.string(architecture + ".rope.scaling.type").orElse("linear");
        if (!ROPE_SCALINGS.contains(scaling)) {
            throw invalid("rope.scaling.type is '%s', not one of %s"
                    .formatted(scaling, ROPE_SCALINGS.stream().sorted().toList()));
        }
    }

    /** Added to what must not be 0; less would make a root of a negative number. */
    private void requireEpsilons() throws GgufException {
        for (String key : EPSILONS) {
            double epsilon = file.floating("%s.attention.%s".formatted(architecture, key))
                    .orElse(0);
            if (!(epsilon >= 0 && epsilon < 1)) {
                throw invalid("attention.%s is %s, not 0 to 1".formatted(key, epsilon));
            }
        }
    }

    /** There is no arithmetic for every type at every place; llama.cpp finds that out while it computes, and aborts. */
    private static void requireUsableTypes(GgufFile shard) throws GgufException {
        for (GgufTensor tensor : shard.tensors()) {
            boolean isVector = tensor.dims().size() == 1;
            boolean isAddedOrScales =
                    tensor.name().contains("norm") || tensor.name().endsWith(".bias");
            boolean usable = switch (tensor.type()) {
                case F32 -> true;
                case F16, BF16 -> !(isVector && isAddedOrScales);
                case I32, I64 -> INDICES.stream().anyMatch(tensor.name()::contains);
                case Q8_1, Q8_K, I8, I16, F64 -> false; // of intermediate results
                default -> !isVector;
            };
            if (!usable) {
                throw GgufModel.invalid(
                        shard,
                        "tensor '%s' is of type %s, which nothing can be computed with there"
                                .formatted(tensor.name(), tensor.type()));
            }
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
