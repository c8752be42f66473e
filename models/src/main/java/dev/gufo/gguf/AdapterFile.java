package dev.gufo.gguf;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A LoRA adapter that fits a model: for some of the model's matrices {@code W} a pair {@code A}, {@code B} of low rank,
 * so that {@code W x + scale * B A x} takes the place of {@code W x}. Immutable, any thread.
 *
 * @param path the file
 * @param alpha what the scale is multiplied with before it is divided by the rank; 0 for neither
 * @param pairs matrices that it changes; at least 1
 * @param bytes of these pairs
 * @see <a href="https://arxiv.org/abs/2106.09685">Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models",
 *     2021</a>
 */
public record AdapterFile(Path path, float alpha, int pairs, long bytes) {
    /**
     * Reads adapters and checks all of them, so that llama.cpp can load them and compute with them.
     *
     * @param paths in any order
     * @param model the files of the model that it is for, in their order, at least one
     * @return one for each path, in their order
     * @throws GgufException if one is no adapter, is damaged, or is made for another model, or if they are too many for
     *     it; the message names what is wrong
     * @throws IOException if a file cannot be read
     */
    public static List<AdapterFile> readAll(List<Path> paths, List<GgufFile> model) throws IOException {
        List<AdapterFile> adapters = new ArrayList<>();
        for (Path path : paths) {
            adapters.add(AdapterCheck.of(GgufFile.read(path), model));
        }
        AdapterCheck.requireRoom(adapters, model);
        return List.copyOf(adapters);
    }
}
