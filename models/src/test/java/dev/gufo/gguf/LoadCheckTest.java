package dev.gufo.gguf;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
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
