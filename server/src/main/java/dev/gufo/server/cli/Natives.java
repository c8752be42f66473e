package dev.gufo.server.cli;

import dev.gufo.engine.llama.LlamaLibrary;
import java.nio.file.Path;

/** Where the llama.cpp libraries lie. */
final class Natives {
    private Natives() {}

    /**
     * The folder with {@code libllama} in it: {@code folder} itself, or the place below it where npm puts the package.
     *
     * @throws StartFailed if neither holds it
     */
    static Path folder(Path folder) {
        return LlamaLibrary.folder(folder)
                .orElseThrow(() -> new StartFailed(
                        "the llama.cpp libraries are not in %s: run scripts/natives, or name their folder with --natives"
                                .formatted(folder)));
    }
}
