package dev.gufo.gguf;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadCheckTest {
    @TempDir
    Path folder;

    @Test
    void modelsThatLoadPass() throws IOException {
        GgufFile demo = GgufFile.read(Path.of(System.getProperty("gufo.models"), "demo-chat.gguf"));
        Path tiny = folder.resolve("tiny.gguf");
        RandomModel.write(ModelShape.TINY, 1, tiny);

        assertThatCode(() -> LoadCheck.require(demo)).doesNotThrowAnyException();
        assertThatCode(() -> LoadCheck.require(GgufFile.read(tiny))).doesNotThrowAnyException();
        passes(model().uint32("llama.expert_count", 8).uint32("llama.expert_used_count", 2));
        passes(model().uint32("llama.expert_count", 8)
                .integers("llama.expert_used_count", GgufValueType.UINT32, 2, 4)
                .uint32("llama.expert_group_count", 4)
                .uint32("llama.expert_group_used_count", 2));
        passes(model().strings("tokenizer.ggml.tokens", List.of("", "a", "")));
    }

    @Test
    void aTokenThatIsThereTwiceIsRefused() throws IOException {
        refused(model().strings("tokenizer.ggml.tokens", List.of("a", "b", "a")), "token 2, 'a', twice");
        refused(model().strings("tokenizer.ggml.tokens", List.of("[EMPTY_1]", "")), "token 1, '[EMPTY_1]', twice");
    }

    @Test
    void expertsThatDoNotFitAreRefused() throws IOException {
        refused(model().uint32("llama.expert_count", 8), "llama.expert_count 8");
        refused(model().uint32("llama.expert_used_count", 2), "expert_used_count 2");
        refused(model().uint32("llama.expert_count", 4).uint32("llama.expert_used_count", 5), "do not fit each other");
        refused(model().uint32("llama.expert_count", 1_025).uint32("llama.expert_used_count", 1), "at most 1024");
        refused(
                model().uint32("llama.expert_count", 8)
                        .uint32("llama.expert_used_count", 2)
                        .uint32("llama.expert_group_count", 3)
                        .uint32("llama.expert_group_used_count", 1),
                "expert_group_count 3");
    }

    @Test
    void otherValuesThatAbortAreRefused() throws IOException {
        refused(model().string("llama.rope.scaling.type", "cubic"), "llama.rope.scaling.type is 'cubic'");
        refused(model().uint32("llama.nextn_predict_layers", 3), "llama.nextn_predict_layers is 3");
    }

    @Test
    void aVocabularyHasWhatItsTokenizerReliesOn() throws IOException {
        refused(model().string("tokenizer.ggml.model", "no_vocab"), "a model without a vocabulary has no texts");
        refused(vocabulary("llama", bytes("a", "b")), "no token for the byte <0x41>");
        passes(vocabulary("llama", bytes("A", "b")));
        refused(vocabulary("bert", List.of("a", "b")), "is not one of the 2 tokens");
        passes(vocabulary("bert", List.of("a", "b"))
                .uint32("tokenizer.ggml.bos_token_id", 0)
                .uint32("tokenizer.ggml.unknown_token_id", 1)
                .uint32("tokenizer.ggml.seperator_token_id", 1));
        refused(vocabulary("gpt2", List.of("a", "b")), "_token_id is not one of the 2 tokens");
        passes(vocabulary("gpt2", List.of("a", "b"))
                .bool("tokenizer.ggml.add_bos_token", false)
                .bool("tokenizer.ggml.add_eos_token", false));
        passes(vocabulary("t5", List.of("a", "b", "c")));
        refused(
                vocabulary("t5", List.of("a", "b", "c")).bool("tokenizer.ggml.add_bos_token", true),
                "bos_token_id is not one of the 3 tokens");
        refused(
                vocabulary("llama", bytes("A", "b")).integers("tokenizer.ggml.token_type", GgufValueType.INT32, 6),
                "calls token 0, 'A', a byte, which it is not");
    }

    @Test
    void epsilonsAreSmallNumbers() throws IOException {
        for (float wrong : new float[] {Float.NaN, -1e-6f, Float.POSITIVE_INFINITY, 1}) {
            refused(model().float32("llama.attention.layer_norm_rms_epsilon", wrong), "layer_norm_rms_epsilon is");
        }
        passes(model().float32("llama.attention.layer_norm_rms_epsilon", 1e-5f));
    }

    @Test
    void tensorsOfTypesThatNothingCanBeComputedWithAreRefused() throws IOException {
        refused(tensor("blk.0.attn_norm.weight", GgmlType.Q8_0, 32L), "'blk.0.attn_norm.weight' is of type Q8_0");
        refused(tensor("blk.0.attn_q.bias", GgmlType.F16, 32L), "is of type F16");
        refused(tensor("blk.0.attn_q.weight", GgmlType.Q8_1, 32L, 2L), "is of type Q8_1");
        refused(tensor("token_embd.weight", GgmlType.I64, 32L, 2L), "is of type I64");
        passes(tensor("cls.output.weight", GgmlType.F16, 32L));
        passes(tensor("d2t", GgmlType.I64, 32L));
        passes(tensor("blk.0.attn_q.weight", GgmlType.Q4_0, 32L, 2L));
    }

    private static GgufWriter tensor(String name, GgmlType type, Long... dims) {
        long elements = 1;
        for (long dim : dims) {
            elements *= dim;
        }
        byte[] data = new byte[Math.toIntExact(type.bytes(elements))];
        return model().tensor(name, List.of(dims), type, out -> out.write(data));
    }

    private static GgufWriter vocabulary(String kind, List<String> tokens) {
        return model().string("tokenizer.ggml.model", kind).strings("tokenizer.ggml.tokens", tokens);
    }

    /** Tokens for all bytes but that of A, after some others. */
    private static List<String> bytes(String... others) {
        List<String> tokens = new ArrayList<>(List.of(others));
        for (int value = 0; value < 256; value++) {
            if (value != 'A') {
                tokens.add("<0x%02X>".formatted(value));
            }
        }
        return tokens;
    }

    private static GgufWriter model() {
        return new GgufWriter()
                .string("general.architecture", "llama")
                .uint32("llama.block_count", 2)
                .uint32("llama.context_length", 128)
                .uint32("llama.embedding_length", 64);
    }

    private void passes(GgufWriter writer) throws IOException {
        GgufFile file = read(writer);
        assertThatCode(() -> LoadCheck.require(file)).doesNotThrowAnyException();
    }

    private void refused(GgufWriter writer, String reason) throws IOException {
        GgufFile file = read(writer);
        assertThatThrownBy(() -> LoadCheck.require(file))
                .isInstanceOf(GgufException.class)
                .hasMessageStartingWith("model.gguf: ")
                .hasMessageContaining(reason);
    }

    private GgufFile read(GgufWriter writer) throws IOException {
        Path path = folder.resolve("model.gguf");
        writer.write(path);
        return GgufFile.read(path);
    }
}
