package dev.gufo.server.answer;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs what a model thought, and packs it where a client must give it back without having seen it. The same API keys
 * make the same seal, so a restart and a second server know it again. It guards against damage and against texts that
 * blow up when they are unpacked; what a client says that the model thought, it may also say in plain. Safe for any
 * thread.
 */
public final class ReasoningSeal {
    private static final String SIGNED = "gs1.";
    private static final String SEALED = "gr1.";
    private static final int MAC_BYTES = 16;
    private static final int MOST_BYTES = 8 << 20;

    private final SecretKeySpec key;

    /** @param secrets what only servers know that are to know each other's seals; may be none */
    public ReasoningSeal(List<String> secrets) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update("gufo reasoning".getBytes(StandardCharsets.UTF_8));
            for (String secret : secrets) {
                digest.update((byte) 0);
                digest.update(secret.getBytes(StandardCharsets.UTF_8));
            }
            key = new SecretKeySpec(digest.digest(), "HmacSHA256");
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /** A signature of a text that the client sees. */
    public String sign(String text) {
        return SIGNED + encoded(mac(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** A text as what no one is to read; {@link #open} has it again. */
    public String seal(String text) {
        byte[] packed = packed(text.getBytes(StandardCharsets.UTF_8));
        return SEALED + encoded(packed) + "." + encoded(mac(packed));
    }

    /** What was sealed; empty if this is a signature, of other origin, or damaged. */
    public Optional<String> open(String sealed) {
        if (!sealed.startsWith(SEALED)) {
            return Optional.empty();
        }
        String[] parts = sealed.substring(SEALED.length()).split("\\.", -1);
        if (parts.length != 2) {
            return Optional.empty();
        }
        try {
            byte[] packed = Base64.getUrlDecoder().decode(parts[0]);
            return MessageDigest.isEqual(mac(packed), Base64.getUrlDecoder().decode(parts[1]))
                    ? unpacked(packed)
                    : Optional.empty();
        } catch (IllegalArgumentException noBase64) {
            return Optional.empty();
        }
    }

    private byte[] mac(byte[] bytes) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return Arrays.copyOf(mac.doFinal(bytes), MAC_BYTES);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has HmacSHA256", e);
        }
    }

    private static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] packed(byte[] bytes) {
        var packed = new ByteArrayOutputStream();
        try (var out = new DeflaterOutputStream(packed)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new AssertionError("memory can be written", e);
        }
        return packed.toByteArray();
    }

    private static Optional<String> unpacked(byte[] packed) {
        try (var in = new InflaterInputStream(new ByteArrayInputStream(packed))) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            return bytes.length > MOST_BYTES
                    ? Optional.empty()
                    : Optional.of(new String(bytes, StandardCharsets.UTF_8));
        } catch (IOException damaged) {
            return Optional.empty();
        }
    }
}
