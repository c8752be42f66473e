package dev.gufo.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufModelTest {
    @TempDir
    Path folder;

    @Test
    void theDemoModelIsWhatItsCardSays() throws IOException {
        Path path = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");

        GgufModel model = GgufModel.of(GgufFile.read(path));

        assertThat(model.architecture()).isEqualTo("llama");
        assertThat(model.name()).contains("Gufo demo chat");
        assertThat(model.parameters()).isEqualTo(10_621_824);
        assertThat(model.quantization()).isEqualTo("Q8_0");
        assertThat(model.contextLength()).isEqualTo(2_048);
        assertThat(model.dimensions().embedding()).isEqualTo(384);
        assertThat(model.dimensions().blocks()).isEqualTo(6);
        assertThat(model.dimensions().heads()).isEqualTo(6);
        assertThat(model.dimensions().kvHeads()).isEqualTo(2);
        assertThat(model.dimensions().vocabulary()).isEqualTo(3_072);
        assertThat(model.kvBytesPerToken(GgmlType.F16)).isEqualTo(2 * 6 * 2 * 64 * 2);
        assertThat(model.chatTemplate().orElseThrow()).contains("<|im_start|>", "<tool_call>");
        assertThat(model.edges().bos()).isEmpty();
        assertThat(model.edges().eosText()).contains("<|im_end|>");
        assertThat(model.edges().addBos()).contains(false);
    }

    @Test
    void samplingDefaultsAreThoseTheFileStates() throws IOException {
        Path path = folder.resolve("sampling.gguf");
        leastModel()
                .float32("general.sampling.temp", 0.5f)
                .put("general.sampling.top_k", new GgufValue.Int(GgufValueType.INT32, 20))
                .float32("general.sampling.penalty_repeat", 1.25f)
                .write(path);

        SamplingDefaults sampling = GgufModel.of(GgufFile.read(path)).sampling();

        assertThat(sampling.number("temp")).hasValue(0.5);
        assertThat(sampling.number("top_k")).hasValue(20);
        assertThat(sampling.number("penalty_repeat")).hasValue(1.25);
        assertThat(sampling.number("top_p")).isEmpty();
    }

    @Test
    void headsMayDifferFromLayerToLayer() throws IOException {
        Path path = folder.resolve("layers.gguf");
        leastModel()
                .integers("llama.attention.head_count", GgufValueType.INT32, 8, 8, 4)
                .integers("llama.attention.head_count_kv", GgufValueType.INT32, 2, 0, 4)
                .uint32("llama.attention.key_length", 32)
                .uint32("llama.attention.value_length", 16)
                .write(path);

        GgufModel model = GgufModel.of(GgufFile.read(path));

        assertThat(model.dimensions().heads()).isEqualTo(8);
        assertThat(model.dimensions().kvHeads()).isEqualTo(4);
        assertThat(model.dimensions().kvElementsPerToken()).isEqualTo((2 + 0 + 4) * (32 + 16));
    }

    @Test
    void withoutAFileTypeTheTypeOfMostWeightsNamesTheQuantization() throws IOException {
        Path path = folder.resolve("types.gguf");
        leastModel()
                .tensor("norm", List.of(64L), GgmlType.F32, out -> out.write(new byte[256]))
                .tensor("matrix", List.of(32L, 3L), GgmlType.Q4_0, out -> out.write(new byte[54]))
                .write(path);

        assertThat(GgufModel.of(GgufFile.read(path)).quantization()).isEqualTo("Q4_0");
    }

    @Test
    void aFileThatIsNoLanguageModelIsRefused() throws IOException {
        Path path = folder.resolve("other.gguf");
        new GgufWriter().string("general.name", "none").write(path);
        refused(path, "other.gguf: not a language model: it does not state general.architecture as a string");
        new GgufWriter().string("general.architecture", "clip").write(path);
        refused(path, "other.gguf: not a language model: it does not state clip.block_count as a whole number");
    }

    @Test
    void numbersThatWouldAbortLlamaCppAreRefused() throws IOException {
        Path path = folder.resolve("other.gguf");
        for (long blocks : new long[] {0, 513, 4_294_967_295L}) {
            new GgufWriter()
                    .string("general.architecture", "llama")
                    .uint32("llama.block_count", blocks)
                    .write(path);
            refused(path, "other.gguf: llama.block_count must be 1 to 512, is " + blocks);
        }
        leastModel().uint32("llama.attention.head_count", 1 << 20).write(path);
        refused(path, "other.gguf: llama.attention.head_count must be 0 to 65536, is 1048576");
        leastModel()
                .integers("llama.attention.head_count", GgufValueType.INT32, 8, 8)
                .write(path);
        refused(path, "other.gguf: llama.attention.head_count has 2 entries for 3 layers");
    }

    @Test
    void aRandomModelIsTheSameForTheSameSeed() throws IOException {
        Path first = folder.resolve("first.gguf");
        Path second = folder.resolve("second.gguf");
        Path other = folder.resolve("other.gguf");
        RandomModel.write(ModelShape.TINY, 1, first);
        RandomModel.write(ModelShape.TINY, 1, second);
        RandomModel.write(ModelShape.TINY, 2, other);

        assertThat(Files.mismatch(first, second)).isEqualTo(-1);
        assertThat(Files.mismatch(first, other)).isNotEqualTo(-1);
    }

    @Test
    void aRandomModelHasItsShapeAndAVocabularyOfDistinctTokens() throws IOException {
        Path path = folder.resolve("tiny.gguf");
        for (GgmlType type : List.of(GgmlType.F16, GgmlType.Q8_0, GgmlType.Q4_0, GgmlType.Q4_K)) {
            RandomModel.write(ModelShape.TINY.as(type), 1, path);
            GgufFile file = GgufFile.read(path);
            GgufModel model = GgufModel.of(file);

            assertThat(model.quantization()).isEqualTo(type == GgmlType.Q4_K ? "Q4_K_M" : type.name());
            assertThat(model.parameters()).isEqualTo(3_410_176);
            assertThat(model.dimensions().vocabulary()).isEqualTo(512);
            assertThat(model.edges().bosText()).contains("<s>");
            assertThat(model.edges().eosText()).contains("<|im_end|>");
            assertThat(file.strings("tokenizer.ggml.tokens").orElseThrow())
                    .hasSize(512)
                    .doesNotHaveDuplicates();
        }
    }

    private static GgufWriter leastModel() {
        return new GgufWriter()
                .string("general.architecture", "llama")
                .uint32("llama.block_count", 3)
                .uint32("llama.context_length", 128)
                .uint32("llama.embedding_length", 64);
    }

    private static void refused(Path path, String message) {
        assertThatThrownBy(() -> GgufModel.of(GgufFile.read(path)))
                .isInstanceOf(GgufException.class)
                .hasMessage(message);
    }
}
