package dev.gufo.server.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where the llama.cpp libraries lie. */
final class Natives {
    private static final String PACKAGE = "node_modules/@node-llama-cpp/linux-x64/bins/linux-x64";

    private Natives() {}

    /**
     * The folder with {@code libllama} in it: {@code folder} itself, or the place below it where npm puts the package.
     *
     * @throws StartFailed if neither holds it
     */
    static Path folder(Path folder) {
        for (Path candidate : List.of(folder, folder.resolve(PACKAGE))) {
            if (holdsLlama(candidate)) {
                return candidate;
            }
        }
        throw new StartFailed(
                "the llama.cpp libraries are not in %s: run scripts/natives, or name their folder with --natives"
                        .formatted(folder));
    }

    private static boolean holdsLlama(Path folder) {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (DirectoryStream<Path> libraries = Files.newDirectoryStream(folder, "libllama*")) {
            return libraries.iterator().hasNext();
        } catch (IOException e) {
            throw new StartFailed("%s can't be read: %s".formatted(folder, Reasons.of(e)));
        }
    }
}
