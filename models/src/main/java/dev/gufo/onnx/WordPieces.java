package dev.gufo.onnx;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.gguf.GgufValueType;
import dev.gufo.gguf.GgufWriter;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/**
 * A WordPiece vocabulary, from {@code tokenizer.json} to llama.cpp's form. There a piece that begins a word is marked
 * by U+2581 in front, while one that continues it, {@code ##} in the source, has no mark. Tokens in brackets are no
 * text and stay.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp">llm_tokenizer_wpm_session,
 *     llama-vocab.cpp of llama.cpp 0.5.0</a>
 */
final class WordPieces {
    private static final int NORMAL = 1; // llama_token_type, llama.h of llama.cpp 0.5.0
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int UNUSED = 5;
    private static final String CONTINUES = "##";
    private static final String BEGINS = "\u2581";

    private static final Map<String, String> SPECIALS = Map.of(
            "[CLS]", "bos",
            "[UNK]", "unknown",
            "[SEP]", "seperator", // as llama.cpp spells it
            "[PAD]", "padding",
            "[MASK]", "mask");

    private final String[] tokens;
    private final long[] types;
    private final JsonNode added;
    private final boolean lowercase;

    private WordPieces(JsonNode tokenizer) throws IOException {
        JsonNode vocabulary = tokenizer.path("model").path("vocab");
        require(tokenizer.path("model").path("type").asText().equals("WordPiece"), "it is no WordPiece tokenizer");
        require(
                tokenizer.path("normalizer").path("type").asText().equals("BertNormalizer"),
                "it does not normalize text as BERT does");
        lowercase = tokenizer.path("normalizer").path("lowercase").asBoolean();
        added = tokenizer.path("added_tokens");
        tokens = new String[vocabulary.size()];
        types = new long[vocabulary.size()];
        for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
            int id = entry.getValue().asInt(-1);
            require(id >= 0 && id < tokens.length && tokens[id] == null, "its ids are not 0, 1, 2, ...");
            String token = entry.getKey();
            types[id] = isUnused(token) ? UNUSED : NORMAL;
            tokens[id] = isUnused(token) ? token : asPiece(token);
        }
        for (JsonNode special : added) {
            int id = special.path("id").asInt();
            String token = special.path("content").asText();
            require(id < tokens.length, "its special tokens are not in the vocabulary");
            types[id] = token.equals("[UNK]") ? UNKNOWN : CONTROL;
            tokens[id] = token;
        }
    }

    /**
     * Reads {@code tokenizer.json}.
     *
     * @throws IOException if it can't be read or is of another kind
     */
    static WordPieces read(InputStream json) throws IOException {
        return new WordPieces(new ObjectMapper().readTree(json));
    }

    int size() {
        return tokens.length;
    }

    /** Adds the keys {@code tokenizer.ggml.*}. */
    void addTo(GgufWriter writer) {
        writer.string("tokenizer.ggml.model", "bert")
                .string("tokenizer.ggml.pre", "default")
                .strings("tokenizer.ggml.tokens", List.of(tokens))
                .floats("tokenizer.ggml.scores", GgufValueType.FLOAT32, new double[tokens.length])
                .integers("tokenizer.ggml.token_type", GgufValueType.INT32, types)
                .bool("tokenizer.ggml.normalizer.lowercase", lowercase)
                // llama.cpp takes the vowel signs of Indian scripts for accents; Gufo strips the accents itself.
                .bool("tokenizer.ggml.normalizer.strip_accents", false);
        for (JsonNode special : added) {
            String name = SPECIALS.get(special.path("content").asText());
            if (name != null) {
                writer.uint32(
                        "tokenizer.ggml.%s_token_id".formatted(name),
                        special.path("id").asInt());
            }
        }
    }

    private static String asPiece(String token) {
        return token.startsWith(CONTINUES) ? token.substring(CONTINUES.length()) : BEGINS + token;
    }

    private static boolean isUnused(String token) {
        return token.startsWith("[unused") && token.endsWith("]");
    }

    private static void require(boolean holds, String otherwise) throws IOException {
        if (!holds) {
            throw new IOException("the tokenizer can't be imported: " + otherwise);
        }
    }
}
