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
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((library + settings).getBytes(StandardCharsets.UTF_8));
            for (GgufFile shard : model) {
                ContentSample.update(digest, shard);
            }
            for (Path adapter : adapters) {
                ContentSample.update(digest, GgufFile.read(adapter));
            }
            return "fp_" + HexFormat.of().formatHex(digest.digest(), 0, BYTES);
        } catch (IOException e) {
            throw ModelFile.unreadable(e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
