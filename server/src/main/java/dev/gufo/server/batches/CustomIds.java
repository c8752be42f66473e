package dev.gufo.server.batches;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.Set;

/** Which names lines have had by now. Of each a part of its hash is in memory, however long it is. */
final class CustomIds {
    private final MessageDigest digest = sha256();
    private final Set<Half> seen = new HashSet<>();

    /** 128 bits of a hash: no two names of a file have the same. */
    private record Half(long first, long second) {}

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** Whether no earlier line has this name. */
    boolean add(String id) {
        ByteBuffer hash = ByteBuffer.wrap(digest.digest(id.getBytes(StandardCharsets.UTF_8)));
        return seen.add(new Half(hash.getLong(), hash.getLong()));
    }
}
