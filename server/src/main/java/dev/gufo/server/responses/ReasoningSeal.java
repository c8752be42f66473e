package dev.gufo.server.responses;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * {@code encrypted_content}: a reasoning that clients keep and send back without looking at it. It is the text itself,
 * compressed and signed, so that what comes back is what went out. Safe for any thread.
 */
final class ReasoningSeal {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int SIGNATURE_BYTES = 32;

    private final SecretKeySpec key;

    /** @param secret 32 bytes that only servers know which take each other's reasoning */
    ReasoningSeal(byte[] secret) {
        this.key = new SecretKeySpec(secret, ALGORITHM);
    }

    /** The text, sealed. */
    String seal(String text) {
        var sealed = new ByteArrayOutputStream();
        try {
            byte[] packed = packed(text);
            sealed.write(signature(packed));
            sealed.write(packed);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(sealed.toByteArray());
    }

    /** The text of a sealed one; empty if this is none of ours, or was changed. */
    Optional<String> open(String sealed) {
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(sealed);
        } catch (IllegalArgumentException noBase64) {
            return Optional.empty();
        }
        if (bytes.length <= SIGNATURE_BYTES) {
            return Optional.empty();
        }
        byte[] packed = Arrays.copyOfRange(bytes, SIGNATURE_BYTES, bytes.length);
        if (!MessageDigest.isEqual(signature(packed), Arrays.copyOf(bytes, SIGNATURE_BYTES))) {
            return Optional.empty();
        }
        try (var text = new InflaterInputStream(new ByteArrayInputStream(packed))) {
            return Optional.of(new String(text.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("what we signed can be unpacked", e);
        }
    }

    private static byte[] packed(String text) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var packing = new DeflaterOutputStream(bytes)) {
            packing.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private byte[] signature(byte[] packed) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(packed);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has " + ALGORITHM, e);
        }
    }
}
