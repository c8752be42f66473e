package dev.gufo.server.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * The keys that open the API, compared in a time that tells nothing about them: digests of equal length are compared with
 * every key, whether or not one matched before. Safe for any thread.
 */
public final class ApiKeys {
    private final List<byte[]> digests;

    /** @param keys empty if everyone may come in */
    public ApiKeys(List<String> keys) {
        this.digests = keys.stream().map(ApiKeys::digest).toList();
    }

    /** Whether a request needs a key at all. */
    public boolean required() {
        return !digests.isEmpty();
    }

    /** Whether this is one of the keys. */
    public boolean contains(String presented) {
        byte[] digest = digest(presented);
        boolean found = false;
        for (byte[] known : digests) {
            found |= MessageDigest.isEqual(known, digest);
        }
        return found;
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
