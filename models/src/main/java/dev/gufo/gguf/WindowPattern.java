package dev.gufo.gguf;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Which layers of a model look back a window of tokens only. A file says it of each layer, or says that one in so many
 * looks back to the start; most say nothing, and their architecture tells.
 *
 * @param period one of so many layers looks back to the start; 1 if all do
 * @param first whether it is the first of them, not the last
 * @see <a href="https://github.com/ggml-org/llama.cpp/tree/master/src/models">load_swa_pattern in the models of
 *     llama.cpp 0.5.0</a>
 */
record WindowPattern(int period, boolean first) {
    private static final Map<String, WindowPattern> KNOWN = new HashMap<>();

    static {
        last(2, "gemma2", "gpt-oss");
        last(4, "afmoe", "cohere2", "exaone-moe", "exaone4", "mellum", "muse-glimmer", "olmo2");
        last(5, "gemma3n");
        last(6, "gemma3", "gemma-embedding");
        last(8, "plamo3");
        for (String architecture : new String[] {"cohere2moe", "laguna", "smallthinker"}) {
            KNOWN.put(architecture, new WindowPattern(4, true));
        }
    }

    private static void last(int period, String... architectures) {
        for (String architecture : architectures) {
            KNOWN.put(architecture, new WindowPattern(period, false));
        }
    }

    /**
     * Which layers do, as far as the file and what is known of its architecture tell; none if it has no window.
     *
     * @param blocks layers of the model
     */
    static boolean[] of(GgufFile file, String architecture, int blocks) throws IOException {
        if (MemoryShape.small(file, architecture + ".attention.sliding_window") == 0) {
            return new boolean[blocks];
        }
        String key = architecture + ".attention.sliding_window_pattern";
        Optional<boolean[]> each = file.bools(key);
        if (each.isPresent()) {
            return Arrays.copyOf(each.get(), blocks);
        }
        WindowPattern pattern = KNOWN.getOrDefault(architecture, new WindowPattern(1, false));
        OptionalLong stated = file.integer(key);
        if (stated.isPresent() && KNOWN.containsKey(architecture)) {
            pattern = new WindowPattern(Math.clamp(stated.getAsLong(), 1, 1 << 16), pattern.first());
        }
        boolean[] windowed = new boolean[blocks];
        for (int layer = 0; layer < blocks; layer++) {
            windowed[layer] = layer % pattern.period() != (pattern.first() ? 0 : pattern.period() - 1);
        }
        return windowed;
    }
}
