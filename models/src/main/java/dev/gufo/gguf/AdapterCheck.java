package dev.gufo.gguf;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What must hold of an adapter so that llama.cpp loads it and computes with it: what its loader asserts or refuses, and
 * what it only finds out, and aborts on, when the first token is computed.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-adapter.cpp">llama_adapter_lora_init_impl
 *     in llama-adapter.cpp, build_lora_mm, build_lora_mm_id and build_inp_embd in llama-graph.cpp, of llama.cpp
 *     0.5.0</a>
 */
final class AdapterCheck {
    private static final String A = ".lora_a";
    private static final String B = ".lora_b";
    private static final String EMBEDDING = "token_embd.weight";

    /** What adapters are converted to; products of others are not there on every device. */
    private static final Set<GgmlType> TYPES = EnumSet.of(GgmlType.F32, GgmlType.F16, GgmlType.BF16, GgmlType.Q8_0);

    /** Architectures whose graphs get room by another rule than the others', one that does not count adapters. */
    private static final Set<String> FIXED_GRAPHS = Set.of(
            "kimi-k3",
            "qwen3next",
            "kimi-linear",
            "bailingmoe3",
            "qwen35",
            "qwen35moe",
            "qwen4exp",
            "deepseek4",
            "dflash",
            "minimax-01",
            "minimax-m3",
            "hy_v4");

    /**
     * Architectures that compute with the same weights several times for a token, and so have a pair in their graphs
     * several times.
     */
    private static final Set<String> LOOPED = Set.of("hrm_text", "nanbeige");

    /** Nodes that a pair takes in a graph: llama_adapter_lora::get_n_nodes, llama-adapter.h of llama.cpp 0.5.0. */
    private static final int NODES = 6;

    /** What of 32 nodes for each tensor of the model is left to adapters there. */
    private static final int SPARE_NODES = 8;

    private final GgufFile file;
    private final Map<String, GgufTensor> model = new HashMap<>();

    private AdapterCheck(GgufFile file, List<GgufFile> shards) {
        this.file = file;
        shards.forEach(shard -> shard.tensors().forEach(tensor -> model.put(tensor.name(), tensor)));
    }

    static AdapterFile of(GgufFile file, List<GgufFile> model) throws IOException {
        AdapterCheck check = new AdapterCheck(file, model);
        String architecture = model.getFirst().string("general.architecture").orElse("");
        check.requireText("general.type", "adapter");
        check.requireText("adapter.type", "lora");
        check.requireText("general.architecture", architecture);
        float alpha = check.alpha();
        if (file.metadata().containsKey("adapter.alora.invocation_tokens")) {
            throw check.invalid("it takes effect only after certain tokens (aLoRA), which is not supported");
        }
        List<GgufTensor> used = check.pairs(architecture);
        FiniteWeights.require(file, used);
        return new AdapterFile(
                file.path(),
                alpha,
                used.size() / 2,
                used.stream().mapToLong(GgufTensor::bytes).sum());
    }

    /** A graph without room for all of its nodes would end the process. */
    static void requireRoom(List<AdapterFile> adapters, List<GgufFile> model) throws GgufException {
        GgufFile file = model.getFirst();
        String architecture = file.string("general.architecture").orElse("");
        long nodes = adapters.stream()
                .mapToLong(adapter -> (long) NODES * adapter.pairs())
                .sum();
        long tensors = model.stream().mapToLong(shard -> shard.tensors().size()).sum();
        boolean tooMany = FIXED_GRAPHS.contains(architecture) && nodes > SPARE_NODES * tensors;
        if (tooMany || (LOOPED.contains(architecture) && nodes > 0)) {
            throw GgufModel.invalid(
                    file,
                    "%d adapters together change more of the model than llama.cpp has room for with %s"
                            .formatted(adapters.size(), architecture));
        }
    }

    private void requireText(String key, String expected) throws GgufException {
        String text =
                file.string(key).orElseThrow(() -> invalid("%s must be the string '%s'".formatted(key, expected)));
        if (!text.equals(expected)) {
            throw invalid("%s must be '%s', is '%s'".formatted(key, expected, text));
        }
    }

    private float alpha() throws GgufException {
        GgufValue value = file.metadata().get("adapter.lora.alpha");
        if (!(value instanceof GgufValue.Real(GgufValueType type, double alpha))
                || type != GgufValueType.FLOAT32
                || !Double.isFinite(alpha)) {
            throw invalid("adapter.lora.alpha must be a finite number of type FLOAT32");
        }
        return (float) alpha;
    }

    /** All tensors that are used. */
    private List<GgufTensor> pairs(String architecture) throws GgufException {
        Map<String, GgufTensor> as = new HashMap<>();
        Map<String, GgufTensor> bs = new HashMap<>();
        for (GgufTensor tensor : file.tensors()) {
            String name = tensor.name();
            if (name.endsWith(A)) {
                as.put(base(name), tensor);
            } else if (name.endsWith(B)) {
                bs.put(base(name), tensor);
            } else if (!name.endsWith("_norm.weight")) { // which llama.cpp leaves out
                throw invalid("tensor '%s' is neither %s nor %s of another".formatted(name, A, B));
            }
        }
        if (!as.keySet().equals(bs.keySet())) {
            List<String> single = new ArrayList<>(as.keySet());
            single.removeAll(bs.keySet());
            bs.keySet().stream().filter(name -> !as.containsKey(name)).forEach(single::add);
            throw invalid("tensor '%s' is changed by one half of a pair only".formatted(single.getFirst()));
        }
        if (as.isEmpty()) {
            throw invalid("it changes nothing: it has no pair of tensors");
        }
        for (Map.Entry<String, GgufTensor> a : as.entrySet()) {
            requireFit(architecture, a.getKey(), a.getValue(), requireNonNull(bs.get(a.getKey())));
        }
        List<GgufTensor> used = new ArrayList<>(as.values());
        used.addAll(bs.values());
        return used;
    }

    /** llama.cpp takes the endings out wherever they are in a name. */
    private String base(String name) throws GgufException {
        String base = name.substring(0, name.length() - A.length());
        if (base.contains(A) || base.contains(B)) {
            throw invalid("tensor '%s' belongs to a pair of a pair".formatted(name));
        }
        return base;
    }

    private void requireFit(String architecture, String name, GgufTensor a, GgufTensor b) throws GgufException {
        GgufTensor weight = model.get(name);
        if (weight == null) {
            throw invalid("the model has no tensor '%s'; the adapter is for another model".formatted(name));
        }
        if (!TYPES.contains(a.type()) || !TYPES.contains(b.type())) {
            throw invalid("tensors of '%s' are of type %s and %s, each must be one of %s"
                    .formatted(name, a.type(), b.type(), TYPES));
        }
        boolean isEmbedding = name.endsWith(EMBEDDING);
        boolean fits = isEmbedding ? fitsEmbedding(weight, a, b) : fitsMatrix(weight, a, b);
        if (!fits) {
            throw invalid(
                    "tensors of '%s' have the shapes %s and %s, which do not fit its %s; the adapter is for another model"
                            .formatted(name, a.dims(), b.dims(), weight.dims()));
        }
        if (weight.dims().size() < 2 || weight.type() == GgmlType.NVFP4) {
            throw invalid("tensor '%s' is a vector or of type NVFP4, nothing can be added to it".formatted(name));
        }
        // The pair lies the other way round then; where the same matrix also makes the logits, llama.cpp would take it
        // as it is.
        boolean isOnlyRead =
                name.equals(EMBEDDING) && model.containsKey("output.weight") && !architecture.equals("bitnet");
        if (isEmbedding && !isOnlyRead) {
            throw invalid("tensor '%s' also makes the logits, an adapter can't change it".formatted(name));
        }
    }

    /** {@code A} is [in, rank], {@code B} is [rank, out]; of experts there are as many as the model has. */
    private static boolean fitsMatrix(GgufTensor weight, GgufTensor a, GgufTensor b) {
        return dim(a, 0) == dim(weight, 0)
                && dim(b, 1) == dim(weight, 1)
                && dim(a, 1) == dim(b, 0)
                && dim(a, 2) == dim(weight, 2)
                && dim(b, 2) == dim(weight, 2)
                && dim(a, 3) == 1
                && dim(b, 3) == 1
                && dim(weight, 3) == 1;
    }

    /** {@code A} is [rank, vocabulary], {@code B} is [rank, width]. */
    private static boolean fitsEmbedding(GgufTensor weight, GgufTensor a, GgufTensor b) {
        return dim(b, 1) == dim(weight, 0)
                && dim(a, 1) == dim(weight, 1)
                && dim(a, 0) == dim(b, 0)
                && a.dims().size() <= 2
                && b.dims().size() <= 2;
    }

    private static long dim(GgufTensor tensor, int index) {
        return index < tensor.dims().size() ? tensor.dims().get(index) : 1;
    }

    private GgufException invalid(String message) {
        return GgufModel.invalid(file, "not an adapter of this model: " + message);
    }
}
