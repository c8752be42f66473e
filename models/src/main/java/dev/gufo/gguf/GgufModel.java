package dev.gufo.gguf;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a file says about its language model. Immutable, any thread.
 *
 * @param architecture llama.cpp's name for it, the prefix of its keys
 * @param name as its makers call it
 * @param license what its makers say one may do with it, usually an SPDX identifier
 * @param parameters elements of all tensors
 * @param quantization how most weights are stored, e.g. {@code Q8_0} or {@code Q4_K_M}
 * @param contextLength tokens that it was trained on at once; at least 1
 * @param dimensions how large its parts are
 * @param edges the tokens that begin and end a text
 * @param chatTemplate Jinja source
 * @param sampling how its makers want it sampled
 * @param vectors what matters where it makes vectors
 */
public record GgufModel(
        String architecture,
        Optional<String> name,
        Optional<String> license,
        long parameters,
        String quantization,
        int contextLength,
        Dimensions dimensions,
        EdgeTokens edges,
        Optional<String> chatTemplate,
        SamplingDefaults sampling,
        VectorHints vectors) {
    /**
     * How large the parts of a model are.
     *
     * @param embedding width of the hidden state; at least 1
     * @param blocks layers; 1 to 512
     * @param heads attention heads of the layer that has most; 0 without attention
     * @param kvHeads heads that share keys and values, of the layer that has most
     * @param vocabulary number of tokens; 0 if the file has no vocabulary
     * @param kvElementsPerToken keys and values that the cache holds per token in all layers: an upper bound, which
     *     sliding windows and compressed attention stay below
     */
    public record Dimensions(
            int embedding, int blocks, int heads, int kvHeads, int vocabulary, long kvElementsPerToken) {}

    /**
     * The tokens that begin and end a text.
     *
     * @param bos starts a text
     * @param eos ends a turn or a text
     * @param bosText the vocabulary's text of {@code bos}
     * @param eosText the vocabulary's text of {@code eos}
     * @param addBos whether a text gets {@code bos} in front; if empty, llama.cpp decides by the kind of tokenizer
     */
    public record EdgeTokens(
            OptionalInt bos,
            OptionalInt eos,
            Optional<String> bosText,
            Optional<String> eosText,
            Optional<Boolean> addBos) {
        private static EdgeTokens of(GgufFile file) throws IOException {
            OptionalInt bos = small(file, "tokenizer.ggml.bos_token_id");
            OptionalInt eos = small(file, "tokenizer.ggml.eos_token_id");
            return new EdgeTokens(
                    bos,
                    eos,
                    bos.isPresent() ? file.stringAt(TOKENS, bos.getAsInt()) : Optional.empty(),
                    eos.isPresent() ? file.stringAt(TOKENS, eos.getAsInt()) : Optional.empty(),
                    file.bool("tokenizer.ggml.add_bos_token"));
        }
    }

    /**
     * What matters where a model makes vectors.
     *
     * @param poolingType how token vectors become one, llama.cpp's number for it
     * @param causal whether a token sees only those before it
     * @param rerankTemplate text with {@code {query}} and {@code {document}}, of a model that ranks
     */
    public record VectorHints(OptionalInt poolingType, boolean causal, Optional<String> rerankTemplate) {}

    private static final String TOKENS = "tokenizer.ggml.tokens";
    private static final int MAX_BLOCKS =
            512; // LLAMA_MAX_LAYERS, llama-hparams.h of llama.cpp 0.5.0: more abort the process
    private static final int MAX_LENGTH = 1 << 30;

    /** Architectures that see a whole text at once and generate none, whatever their files say. */
    private static final Set<String> ENCODERS = Set.of(
            "bert",
            "nomic-bert",
            "nomic-bert-moe",
            "neo-bert",
            "jina-bert-v2",
            "jina-bert-v3",
            "eurobert",
            "modern-bert",
            "gemma-embedding",
            "llama-embed",
            "t5encoder");

    /** What {@code file}, which holds a whole model, says about it. */
    public static GgufModel of(GgufFile file) throws IOException {
        return of(List.of(file));
    }

    /**
     * What a model says about itself.
     *
     * @param shards the model's files in their order, at least one; metadata is in the first
     * @throws GgufException if what a language model must state is missing or out of range
     */
    public static GgufModel of(List<GgufFile> shards) throws IOException {
        GgufFile file = shards.getFirst();
        List<GgufTensor> tensors = new ArrayList<>();
        for (GgufFile shard : shards) {
            tensors.addAll(shard.tensors());
        }
        String architecture =
                file.string("general.architecture").orElseThrow(() -> missing(file, "general.architecture"));
        AttentionShape attention = AttentionShape.of(file, architecture);
        return new GgufModel(
                architecture,
                file.string("general.name"),
                file.string("general.license"),
                elements(tensors),
                Quantization.label(file, tensors),
                required(file, architecture + ".context_length", MAX_LENGTH),
                new Dimensions(
                        required(file, architecture + ".embedding_length", MAX_LENGTH),
                        attention.blocks(),
                        attention.mostHeads(),
                        attention.mostKvHeads(),
                        vocabularySize(file, architecture),
                        attention.kvElementsPerToken()),
                EdgeTokens.of(file),
                file.string("tokenizer.chat_template"),
                SamplingDefaults.of(file),
                new VectorHints(
                        small(file, architecture + ".pooling_type"),
                        file.bool(architecture + ".attention.causal").orElse(true),
                        file.string("tokenizer.chat_template.rerank")));
    }

    /** Whether it generates no text: its architecture has nothing that tokens could be chosen by. */
    public boolean isEncoder() {
        return ENCODERS.contains(architecture);
    }

    /** Whether its tokens see those behind them, so that a text must be computed at once. */
    public boolean seesWhole() {
        return !vectors.causal() || isEncoder();
    }

    /**
     * Bytes that a token takes in a cache of {@code type}; an upper bound as {@link Dimensions#kvElementsPerToken} is.
     */
    public long kvBytesPerToken(GgmlType type) {
        return type.bytes(dimensions.kvElementsPerToken());
    }

    static int required(GgufFile file, String key, int limit) throws GgufException {
        long value = file.integer(key).orElseThrow(() -> missing(file, key));
        if (value < 1 || value > limit) {
            throw invalid(file, "%s must be 1 to %d, is %d".formatted(key, limit, value));
        }
        return (int) value;
    }

    static int blocks(GgufFile file, String architecture) throws GgufException {
        return required(file, architecture + ".block_count", MAX_BLOCKS);
    }

    static GgufException invalid(GgufFile file, String message) {
        return new GgufException("%s: %s".formatted(GgufFile.nameOf(file.path()), message));
    }

    private static GgufException missing(GgufFile file, String key) {
        return invalid(
                file,
                "not a language model: it does not state %s as %s"
                        .formatted(key, key.equals("general.architecture") ? "a string" : "a whole number"));
    }

    private static long elements(List<GgufTensor> tensors) {
        long elements = 0;
        for (GgufTensor tensor : tensors) {
            elements += tensor.elements();
        }
        return elements;
    }

    private static int vocabularySize(GgufFile file, String architecture) {
        long stated = file.integer(architecture + ".vocab_size").orElse(0);
        return file.arrayLength(TOKENS).orElse(Math.clamp(stated, 0, Integer.MAX_VALUE));
    }

    private static OptionalInt small(GgufFile file, String key) {
        long value = file.integer(key).orElse(-1);
        return value >= 0 && value <= Integer.MAX_VALUE ? OptionalInt.of((int) value) : OptionalInt.empty();
    }
}
