package dev.gufo.server.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of parts that can't be mistaken for each other: each has its length in front of it. Used by one thread. */
final class AnswerKey {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final MessageDigest digest = sha256();

    AnswerKey text(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    AnswerKey tokens(int[] tokens) {
        ByteBuffer bytes = ByteBuffer.allocate(tokens.length * Integer.BYTES);
        bytes.asIntBuffer().put(tokens);
        return bytes(bytes.array());
    }

    /** A tree, without a copy of it as text: as its own digest. */
    AnswerKey json(JsonNode node) {
        MessageDigest own = sha256();
        try (var out = new DigestOutputStream(OutputStream.nullOutputStream(), own)) {
            JSON.writeValue(out, node);
        } catch (IOException e) {
            throw new UncheckedIOException("nothing is written anywhere", e);
        }
        return bytes(own.digest());
    }

    private AnswerKey bytes(byte[] bytes) {
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
        return this;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** The key; the last that is asked of it. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(digest.digest());
    }
}
