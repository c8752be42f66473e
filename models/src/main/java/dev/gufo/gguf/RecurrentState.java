package dev.gufo.gguf;

/**
 * How much a sequence leaves in a recurrent layer.
 *
 * @see <a href="https://github.com/ggml-org/llama.cpp/blob/master/src/llama-hparams.cpp">n_embd_r and n_embd_s in
 *     llama-hparams.cpp of llama.cpp 0.5.0</a>
 */
final class RecurrentState {
    private static final int DEFAULT_CONVOLUTION = 4;

    private RecurrentState() {}

    /** Numbers of four bytes per layer and sequence; 0 if the file states none of the known sizes. */
    static long elements(GgufFile file, String architecture, GgufModel model) {
        long width = model.embeddingLength();
        long rwkvHead = MemoryShape.small(file, architecture + ".wkv.head_size");
        if (rwkvHead > 0) {
            long shifts = Math.max(
                    1, file.integer(architecture + ".token_shift_count").orElse(2));
            return width * shifts + width * rwkvHead;
        }
        long shortConvolution = MemoryShape.small(file, architecture + ".shortconv.l_cache");
        if (shortConvolution > 0) {
            return width * (shortConvolution - 1);
        }
        long convolution = MemoryShape.small(file, architecture + ".ssm.conv_kernel");
        long deltaHead = MemoryShape.small(file, architecture + ".kda.head_dim");
        if (deltaHead > 0) {
            long inner = model.headCount() * deltaHead;
            return 3 * ((convolution > 0 ? convolution : DEFAULT_CONVOLUTION) - 1) * inner + deltaHead * inner;
        }
        long inner = MemoryShape.small(file, architecture + ".ssm.inner_size");
        long state = MemoryShape.small(file, architecture + ".ssm.state_size");
        long groups = MemoryShape.small(file, architecture + ".ssm.group_count");
        return Math.max(0, convolution - 1) * (inner + 2 * groups * state) + state * inner;
    }
}
