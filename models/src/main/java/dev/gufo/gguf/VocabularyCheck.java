package dev.gufo.gguf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What must hold of a vocabulary so that llama.cpp ends its process neither while it loads it nor while it turns a text
 * into tokens or tokens into a text.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp">load, byte_to_token,
 *     token_to_byte and tokenize in llama-vocab.cpp, of llama.cpp 0.5.0</a>
 */
final class VocabularyCheck {
    private static final int BYTE = 6; // llama_token_type, llama.h of llama.cpp 0.5.0
    private static final int LEAST_BYTE_TOKEN = 3; // token_to_byte reads the digits of <0x0A> behind its third byte
    private static final int NOWHERE = Integer.MAX_VALUE;
    private static final String KEYS = "tokenizer.ggml.";

    /**
     * Tokens that a kind of tokenizer cannot do without, with the ids that they have if the file does not state them.
     */
    private static final Map<String, Map<String, Integer>> NEEDED = Map.of(
            "llama", Map.of("bos", 1, "eos", 2),
            "bert", Map.of("bos", 101, "unknown", 100, "seperator", 102), // sic: the key is spelled so
            "gpt2", Map.of("bos", 11, "eos", 11),
            "t5", Map.of("bos", NOWHERE, "eos", 1, "unknown", 2),
            "plamo2", Map.of("bos", 1, "eos", 2));

    private final GgufFile file;
    private final String kind;
    private final List<String> tokens;

    private VocabularyCheck(GgufFile file) throws IOException {
        this.file = file;
        this.kind = file.string(KEYS + "model").orElse("");
        this.tokens = file.strings(KEYS + "tokens").orElse(List.of());
    }

    /** @throws GgufException if the vocabulary is not safe; the message names the key */
    static void require(GgufFile file) throws IOException {
        var check = new VocabularyCheck(file);
        if (check.kind.equals("none") || check.kind.equals("no_vocab")) {
            throw GgufModel.invalid(
                    file,
                    "tokenizer.ggml.model is '%s': a model without a vocabulary has no texts".formatted(check.kind));
        }
        Set<String> distinct = check.distinctTokens();
        if (!check.kind.isEmpty()) { // otherwise llama.cpp refuses it
            check.requireBytes(distinct);
            check.requireByteTokens();
            check.requireSpecialTokens();
        }
    }

    private Set<String> distinctTokens() throws GgufException {
        Set<String> seen = HashSet.newHashSet(tokens.size());
        for (int id = 0; id < tokens.size(); id++) {
            if (!seen.add(token(id))) {
                throw GgufModel.invalid(
                        file, "tokenizer.ggml.tokens holds token %d, '%s', twice".formatted(id, token(id)));
            }
        }
        return seen;
    }

    /** As llama.cpp names it. */
    private String token(int id) {
        return tokens.get(id).isEmpty() ? "[EMPTY_%d]".formatted(id) : tokens.get(id);
    }

    /** What no other token stands for is spelled in bytes: a text could hold any. */
    private void requireBytes(Set<String> distinct) throws GgufException {
        if (!kind.equals("llama") && !kind.equals("plamo2")) {
            return;
        }
        for (int value = 0; value < 256; value++) {
            String name = "<0x%02X>".formatted(value);
            boolean itself = kind.equals("llama") && value < 128 && distinct.contains(String.valueOf((char) value));
            if (!distinct.contains(name) && !itself) {
                throw GgufModel.invalid(file, "tokenizer.ggml.tokens has no token for the byte %s".formatted(name));
            }
        }
    }

    private void requireByteTokens() throws IOException {
        long[] types = file.integers(KEYS + "token_type").orElse(new long[0]);
        for (int id = 0; id < Math.min(types.length, tokens.size()); id++) {
            boolean isSpelled = token(id).getBytes(StandardCharsets.UTF_8).length >= LEAST_BYTE_TOKEN;
            if (types[id] == BYTE && (kind.equals("bert") || !isSpelled)) {
                throw GgufModel.invalid(
                        file,
                        "tokenizer.ggml.token_type calls token %d, '%s', a byte, which it is not"
                                .formatted(id, token(id)));
            }
        }
    }

    /** Stated within the vocabulary, or where the tokenizer expects it. */
    private void requireSpecialTokens() throws GgufException {
        for (Map.Entry<String, Integer> needed :
                NEEDED.getOrDefault(kind, Map.of()).entrySet()) {
            String name = needed.getKey();
            long stated = file.integer("%s%s_token_id".formatted(KEYS, name)).orElse(-1);
            boolean isThere = (stated >= 0 && stated < tokens.size()) || needed.getValue() < tokens.size();
            if (!isThere && isAdded(name)) {
                throw GgufModel.invalid(
                        file, "tokenizer.ggml.%s_token_id is not one of the %d tokens".formatted(name, tokens.size()));
            }
        }
    }

    private boolean isAdded(String name) {
        boolean byItself = !(kind.equals("t5") && name.equals("bos"));
        return kind.equals("bert")
                || file.bool("%sadd_%s_token".formatted(KEYS, name)).orElse(byItself);
    }
}
