package dev.gufo.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterFileTest {
    private static final long WIDTH = 64;
    private static final long RANK = 4;
    private static final String QUERY = "blk.0.attn_q.weight";
    private static final String EXPERTS = "blk.0.ffn_up_exps.weight";

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void writeModel() throws IOException {
        model = write("model.gguf", file -> {
            file.string("general.architecture", "llama");
            tensor(file, QUERY, GgmlType.F16, WIDTH, 2 * WIDTH);
            tensor(file, EXPERTS, GgmlType.F16, WIDTH, 96, 3);
            tensor(file, "token_embd.weight", GgmlType.F16, WIDTH, 100);
            tensor(file, "blk.0.attn_norm.weight", GgmlType.F32, WIDTH);
            tensor(file, "blk.0.attn_v.weight", GgmlType.NVFP4, WIDTH, WIDTH);
            tensor(file, "output.weight", GgmlType.F16, WIDTH, 100);
        });
    }

    private Path write(String name, Consumer<GgufWriter> content) throws IOException {
        GgufWriter writer = new GgufWriter();
        content.accept(writer);
        Path path = folder.resolve(name);
        writer.write(path);
        return path;
    }

    private static void tensor(GgufWriter file, String name, GgmlType type, long... dims) {
        long elements = 1;
        for (long dim : dims) {
            elements *= dim;
        }
        byte[] zeros = new byte[(int) type.bytes(elements)];
        file.tensor(name, Arrays.stream(dims).boxed().toList(), type, out -> out.write(zeros));
    }

    private static void metadata(GgufWriter file) {
        file.string("general.type", "adapter")
                .string("general.architecture", "llama")
                .string("adapter.type", "lora")
                .float32("adapter.lora.alpha", 8);
    }

    private static void pair(GgufWriter file, String name, long in, long out) {
        tensor(file, name + ".lora_a", GgmlType.F16, in, RANK);
        tensor(file, name + ".lora_b", GgmlType.F32, RANK, out);
    }

    private AdapterFile read(Consumer<GgufWriter> content) throws IOException {
        Path path = write("adapter.gguf", content);
        return AdapterFile.readAll(List.of(path), List.of(GgufFile.read(model))).getFirst();
    }

    private void requireRefused(String reason, Consumer<GgufWriter> content) {
        assertThatThrownBy(() -> read(content))
                .isInstanceOf(GgufException.class)
                .hasMessageContaining("adapter.gguf")
                .hasMessageContaining(reason);
    }

    @Test
    void pairsThatFitTheModelAreTaken() throws IOException {
        AdapterFile adapter = read(file -> {
            metadata(file);
            pair(file, QUERY, WIDTH, 2 * WIDTH);
            tensor(file, EXPERTS + ".lora_a", GgmlType.BF16, WIDTH, 32, 3);
            tensor(file, EXPERTS + ".lora_b", GgmlType.Q8_0, 32, 96, 3);
            tensor(file, "token_embd.weight.lora_a", GgmlType.F16, RANK, 100);
            tensor(file, "token_embd.weight.lora_b", GgmlType.F16, RANK, WIDTH);
            tensor(file, "blk.0.attn_norm.weight", GgmlType.Q4_0, WIDTH);
        });
        assertThat(adapter.pairs()).isEqualTo(3);
        assertThat(adapter.alpha()).isEqualTo(8);
        assertThat(adapter.bytes())
                .isEqualTo(2 * WIDTH * RANK
                        + 4 * RANK * 2 * WIDTH
                        + 2 * WIDTH * 32 * 3
                        + 34 * 96 * 3
                        + 2 * RANK * 100
                        + 2 * RANK * WIDTH);
    }

    @Test
    void metadataOfOtherThingsIsRefused() {
        requireRefused("general.type must be 'adapter', is 'model'", file -> file.string("general.type", "model"));
        requireRefused("general.type must be the string", file -> file.uint32("general.type", 7));
        requireRefused(
                "adapter.type must be 'lora', is 'control'",
                file -> file.string("general.type", "adapter")
                        .string("general.architecture", "llama")
                        .string("adapter.type", "control"));
        requireRefused(
                "general.architecture must be 'llama', is 'gemma3'",
                file -> file.string("general.type", "adapter")
                        .string("general.architecture", "gemma3")
                        .string("adapter.type", "lora"));
        Consumer<GgufWriter> named = file -> file.string("general.type", "adapter")
                .string("general.architecture", "llama")
                .string("adapter.type", "lora");
        requireRefused("adapter.lora.alpha must be", named);
        requireRefused("adapter.lora.alpha must be", named.andThen(file -> file.uint32("adapter.lora.alpha", 8)));
        requireRefused(
                "adapter.lora.alpha must be", named.andThen(file -> file.float32("adapter.lora.alpha", Float.NaN)));
        requireRefused("aLoRA", file -> {
            metadata(file);
            file.integers("adapter.alora.invocation_tokens", GgufValueType.UINT32, 1, 2);
            pair(file, QUERY, WIDTH, 2 * WIDTH);
        });
    }

    @Test
    void tensorsThatAreNoPairsAreRefused() {
        requireRefused("it changes nothing", AdapterFileTest::metadata);
        requireRefused("neither .lora_a nor .lora_b", with(file -> tensor(file, QUERY, GgmlType.F16, WIDTH, RANK)));
        requireRefused("one half of a pair", with(file -> tensor(file, QUERY + ".lora_a", GgmlType.F16, WIDTH, RANK)));
        requireRefused(
                "one half of a pair", with(file -> tensor(file, QUERY + ".lora_b", GgmlType.F16, RANK, 2 * WIDTH)));
        requireRefused("a pair of a pair", with(file -> pair(file, QUERY + ".lora_a", WIDTH, 2 * WIDTH)));
        requireRefused("has no tensor 'blk.7.attn_q.weight'", with(file -> pair(file, "blk.7.attn_q.weight", 64, 64)));
    }

    private static Consumer<GgufWriter> with(Consumer<GgufWriter> tensors) {
        return file -> {
            metadata(file);
            tensors.accept(file);
        };
    }

    @Test
    void shapesThatLlamaCppWouldAbortOnAreRefused() {
        requireRefused("do not fit", with(file -> pair(file, QUERY, 2 * WIDTH, WIDTH)));
        requireRefused("do not fit", with(file -> {
            tensor(file, QUERY + ".lora_a", GgmlType.F16, WIDTH, RANK);
            tensor(file, QUERY + ".lora_b", GgmlType.F16, RANK + 1, 2 * WIDTH);
        }));
        requireRefused("do not fit", with(file -> {
            tensor(file, QUERY + ".lora_a", GgmlType.F16, WIDTH, RANK, 2);
            tensor(file, QUERY + ".lora_b", GgmlType.F16, RANK, 2 * WIDTH, 2);
        }));
        requireRefused("do not fit", with(file -> pair(file, EXPERTS, WIDTH, 96)));
        requireRefused("do not fit", with(file -> {
            tensor(file, "token_embd.weight.lora_a", GgmlType.F16, RANK + 1, 100);
            tensor(file, "token_embd.weight.lora_b", GgmlType.F16, RANK, WIDTH);
        }));
        requireRefused("is a vector", with(file -> pair(file, "blk.0.attn_norm.weight", WIDTH, 1)));
        requireRefused("NVFP4", with(file -> pair(file, "blk.0.attn_v.weight", WIDTH, WIDTH)));
        requireRefused("each must be one of", with(file -> {
            tensor(file, QUERY + ".lora_a", GgmlType.I32, WIDTH, RANK);
            tensor(file, QUERY + ".lora_b", GgmlType.F16, RANK, 2 * WIDTH);
        }));
    }

    @Test
    void embeddingsThatMakeTheLogitsTooAreNotChanged() throws IOException {
        model = write("tied.gguf", file -> {
            file.string("general.architecture", "llama");
            tensor(file, "token_embd.weight", GgmlType.F16, WIDTH, 100);
        });
        requireRefused("also makes the logits", with(file -> {
            tensor(file, "token_embd.weight.lora_a", GgmlType.F16, RANK, 100);
            tensor(file, "token_embd.weight.lora_b", GgmlType.F16, RANK, WIDTH);
        }));
    }

    @Test
    void architecturesWhoseGraphsHaveNoRoomTakeFewAdapters() throws IOException {
        model = write("hybrid.gguf", file -> {
            file.string("general.architecture", "qwen3next");
            tensor(file, QUERY, GgmlType.F16, WIDTH, 2 * WIDTH);
        });
        Path one = write("one.gguf", file -> {
            file.string("general.type", "adapter")
                    .string("general.architecture", "qwen3next")
                    .string("adapter.type", "lora")
                    .float32("adapter.lora.alpha", 8);
            pair(file, QUERY, WIDTH, 2 * WIDTH);
        });
        List<GgufFile> shards = List.of(GgufFile.read(model));
        assertThat(AdapterFile.readAll(List.of(one), shards)).hasSize(1);
        assertThatThrownBy(() -> AdapterFile.readAll(List.of(one, one), shards))
                .isInstanceOf(GgufException.class)
                .hasMessageContaining("2 adapters together");
    }

    @Test
    void weightsThatAreNoNumbersAreRefused() throws IOException {
        for (GgmlType type : List.of(GgmlType.F32, GgmlType.F16, GgmlType.BF16, GgmlType.Q8_0)) {
            byte[] weights = new byte[(int) type.bytes(WIDTH * 32)];
            // All bits set in the bytes of one scale or number: no number in any of these.
            int at = weights.length - type.blockBytes();
            Arrays.fill(weights, at, at + Math.min(4, type.blockBytes()), (byte) -1);
            requireRefused("not finite", with(file -> {
                file.tensor(QUERY + ".lora_a", List.of(WIDTH, 32L), type, (OutputStream out) -> out.write(weights));
                tensor(file, QUERY + ".lora_b", GgmlType.F16, 32, 2 * WIDTH);
            }));
        }
    }

    @Test
    void aFileThatEndsTooEarlyIsRefused() throws IOException {
        Path whole = write("whole.gguf", with(file -> pair(file, QUERY, WIDTH, 2 * WIDTH)));
        byte[] bytes = Files.readAllBytes(whole);
        Path cut = Files.write(folder.resolve("adapter.gguf"), Arrays.copyOf(bytes, bytes.length - 40));
        assertThatThrownBy(() -> AdapterFile.readAll(List.of(cut), List.of(GgufFile.read(model))))
                .isInstanceOf(GgufException.class)
                .hasMessageContaining("truncated");
    }
}
