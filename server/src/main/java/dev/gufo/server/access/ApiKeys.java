package dev.gufo.server.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;

/**
 * The keys that open the API, compared in a time that tells nothing about them: digests of equal length are compared
 * with every key, whether or not one matched before. Safe for any thread.
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

    /** Whether there is a key of this number, from 1. */
    boolean has(int number) {
        return number >= 1 && number <= digests.size();
    }

    /** Which of the keys this is, from 1; empty if it is none. */
    public OptionalInt find(String presented) {
        byte[] digest = digest(presented);
        int found = 0;
        for (int i = 0; i < digests.size(); i++) {
            found = MessageDigest.isEqual(digests.get(i), digest) ? i + 1 : found;
        }
        return found == 0 ? OptionalInt.empty() : OptionalInt.of(found);
    }

    /**
     * What tells a key from others that had its place before.
     *
     * @param number as {@link #find} has it
     */
    public String fingerprint(int number) {
        return HexFormat.of().formatHex(digests.get(number - 1), 0, 16);
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
