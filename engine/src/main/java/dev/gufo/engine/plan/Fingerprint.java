package dev.gufo.engine.plan;

import dev.gufo.gguf.ContentSample;
import dev.gufo.gguf.GgufFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * What answers follow from, in a short text for {@code system_fingerprint}: library, weights, adapters, and the
 * settings that change how numbers are rounded. Weights are sampled, see {@link ContentSample}: files that differ in a
 * few bytes only may have the same fingerprint.
 */
public final class Fingerprint {
    private static final int BYTES = 5;

    private Fingerprint() {}

    /**
     * The fingerprint of a model as it is run. Reads a few MiB, best after the files were loaded.
     *
     * @param library and its version
     * @param model its files in their order
     * @param adapters LoRA adapters beside it
     * @param settings that change what is computed, in a fixed order
     * @throws dev.gufo.engine.EngineException.Broken if a file can't be read any more
     */
    public static String of(String library, List<GgufFile> model, List<Path> adapters, List<Object> settings) {
        List<GgufFile> files = Stream.concat(model.stream(), adapters.stream().map(Fingerprint::read))
                .toList();
        return "fp_" + HexFormat.of().formatHex(digest(library, files, settings), 0, BYTES);
    }

    /**
     * The same in full, of any files.
     *
     * @throws dev.gufo.engine.EngineException.Broken if a file can't be read any more
     */
    public static byte[] digest(String library, List<GgufFile> files, List<Object> settings) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((library + settings).getBytes(StandardCharsets.UTF_8));
            for (GgufFile file : files) {
                ContentSample.update(digest, file);
            }
            return digest.digest();
        } catch (IOException e) {
            throw ModelFile.unreadable(e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /**
     * The same of one file alone.
     *
     * @throws dev.gufo.engine.EngineException.Broken if it can't be read any more
     */
    public static byte[] digest(Path file) {
        return digest("", List.of(read(file)), List.of());
    }

    private static GgufFile read(Path file) {
        try {
            return GgufFile.read(file);
        } catch (IOException e) {
            throw ModelFile.unreadable(e);
        }
    }
}
