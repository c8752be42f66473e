package dev.gufo.engine.jllama;

import dev.gufo.gguf.GgufFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a model's file says about its vocabulary, and what llama.cpp makes of that: java-llama.cpp tells nothing of it.
 * Immutable but for its arrays and sets, which are not changed.
 *
 * @param texts of all tokens
 * @param types of all tokens, as {@code llama_token_type} numbers them
 * @param ends tokens that end a generation
 * @param begin token in front of a text, -1 if the model wants none
 * @param inputEnd token behind a text that is to be read as a whole, -1 if the model wants none
 * @param wordPiece whether it is BERT's kind of vocabulary
 * @param stripping whether control tokens swallow the white space behind them
 * @param suppressed tokens that must not be generated
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/b4916/src/llama-vocab.cpp">llama_vocab::impl::load,
 *     llama-vocab.cpp of b4916</a>
 */
record VocabularyFile(
        List<String> texts,
        int[] types,
        BitSet ends,
        int begin,
        int inputEnd,
        boolean wordPiece,
        boolean stripping,
        int[] suppressed) {
    private static final String KEYS = "tokenizer.ggml.";

    // llama_token_type, llama.h of b4916
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int BYTE = 6;

    /** Of BERT's vocabularies, if the file does not say. */
    private static final int CLASSIFICATION = 101;

    private static final int SEPARATOR = 102;

    /** Beginning and end of byte-pair vocabularies, if the file does not say. */
    private static final int BYTE_PAIR_MARK = 11;

    /** Kinds of byte-pair vocabularies that begin with a token if the file does not say. */
    private static final Set<String> BEGINNING =
            Set.of("llama3", "llama-v3", "llama-bpe", "falcon3", "pixtral", "tekken", "chameleon");

    /** Tokens that are taken for control tokens that end a text, whatever the file calls them. */
    private static final Set<String> ENDS = Set.of(
            "<|eot_id|>",
            "<|im_end|>",
            "<|end|>",
            "<end_of_turn>",
            "<|endoftext|>",
            "<|end_of_text|>",
            "<EOT>",
            "_<EOT>",
            "<|eom_id|>",
            "<｜end▁of▁sentence｜>",
            "<|fim_pad|>",
            "<fim-pad>",
            "<fim_pad>",
            "<PAD>",
            "<|fim_repo|>",
            "<|repo_name|>",
            "<fim-repo>",
            "<REPO>",
            "<|file_sep|>");

    /** The same for marks of a gap. */
    private static final Set<String> MARKS = Set.of(
            "<|fim_prefix|>",
            "<fim-prefix>",
            "<｜fim▁begin｜>",
            "<PRE>",
            "▁<PRE>",
            "<|fim_suffix|>",
            "<fim-suffix>",
            "<｜fim▁hole｜>",
            "<SUF>",
            "▁<SUF>",
            "<|fim_middle|>",
            "<fim-middle>",
            "<｜fim▁end｜>",
            "<MID>",
            "▁<MID>");

    /** @throws IOException if the file can't be read any more */
    static VocabularyFile of(GgufFile file) throws IOException {
        List<String> texts = file.strings(KEYS + "tokens").orElse(List.of());
        String kind = file.string(KEYS + "model").orElse("");
        boolean wordPiece = kind.equals("bert");
        boolean sentencePiece = kind.equals("llama");
        boolean bytePair = kind.equals("gpt2");
        int eos = token(file, "eos", sentencePiece ? 2 : kind.equals("t5") ? 1 : bytePair ? BYTE_PAIR_MARK : -1);
        BitSet ends = new BitSet();
        for (String name : List.of("eos", "eot", "eom")) {
            int token = token(file, name, name.equals("eos") ? eos : -1);
            if (token >= 0) {
                ends.set(token);
            }
        }
        for (int token = 0; token < texts.size(); token++) {
            if (ENDS.contains(texts.get(token))) {
                ends.set(token);
            }
        }
        boolean begins = wordPiece
                || sentencePiece
                || (bytePair && BEGINNING.contains(file.string(KEYS + "pre").orElse("")));
        boolean ended = file.bool(KEYS + "add_eos_token").orElse(kind.equals("t5"));
        return new VocabularyFile(
                texts,
                types(file, texts.size()),
                ends,
                file.bool(KEYS + "add_bos_token").orElse(begins)
                        ? token(
                                file,
                                "bos",
                                wordPiece ? CLASSIFICATION : sentencePiece ? 1 : bytePair ? BYTE_PAIR_MARK : -1)
                        : -1,
                wordPiece ? token(file, "seperator", SEPARATOR) : ended ? eos : -1,
                wordPiece,
                stripping(file),
                suppressed(file, texts.size()));
    }

    private static int token(GgufFile file, String name, int otherwise) {
        long id = file.integer(KEYS + name + "_token_id").orElse(otherwise);
        return id >= 0 && id < file.arrayLength(KEYS + "tokens").orElse(0) ? (int) id : -1;
    }

    private static int[] types(GgufFile file, int count) throws IOException {
        int[] types = new int[count];
        long[] stated = file.integers(KEYS + "token_type").orElse(new long[0]);
        for (int token = 0; token < count; token++) {
            types[token] = token < stated.length ? (int) stated[token] : NORMAL;
        }
        return types;
    }

    private static boolean stripping(GgufFile file) {
        String name = file.string("general.name").orElse("").toLowerCase(Locale.ROOT);
        return name.contains("phi-3") || name.contains("phi3");
    }

    private static int[] suppressed(GgufFile file, int count) throws IOException {
        long[] stated = file.integers(KEYS + "suppress_tokens").orElse(new long[0]);
        return Arrays.stream(stated)
                .filter(id -> id >= 0 && id < count)
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    int size() {
        return texts.size();
    }

    /** Whether llama.cpp takes its name in a text for the token, and it is a mark and no text. */
    boolean isControl(int token) {
        int type = types[token];
        return type == CONTROL
                || type == UNKNOWN
                || ENDS.contains(texts.get(token))
                || MARKS.contains(texts.get(token));
    }

    /** Whether llama.cpp finds it in every text. */
    boolean isUserDefined(int token) {
        return types[token] == USER_DEFINED && !isControl(token);
    }

    /** Whether it stands for text that has no token. */
    boolean isUnknown(int token) {
        return types[token] == UNKNOWN;
    }

    /** Whether it stands for one byte of any text. */
    boolean isByte(int token) {
        return types[token] == BYTE;
    }

    /** Whether a control token swallows the white space behind it. */
    boolean stripsRight(int token) {
        return stripping && !Set.of("<unk>", "<s>", "<|endoftext|>").contains(texts.get(token));
    }
}
