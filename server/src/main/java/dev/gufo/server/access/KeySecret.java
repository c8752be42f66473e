package dev.gufo.server.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * A key that a client holds: {@code gufo_} and 43 random letters and digits, 256 bits. The first 8 are its visible
 * prefix, by which it is looked up; the other 35, 208 bits, can't be guessed.
 *
 * @param text the whole key
 */
record KeySecret(String text) {
    private static final String START = "gufo_";
    private static final int PREFIX_LENGTH = START.length() + 8;
    private static final int RANDOM_LENGTH = 43;
    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final Pattern FORM = Pattern.compile("gufo_[0-9A-Za-z]{" + RANDOM_LENGTH + "}");

    /**
     * What is stored of a key. A slow hash is for passwords, which can be guessed in the order people choose them;
     * nothing tries 2^208 keys, so one pass of SHA-256 is enough and does not become a means to occupy the processor.
     * The salt keeps equal keys, and tables computed in advance, from telling anything.
     *
     * @param salt hexadecimal
     * @param digest hexadecimal SHA-256 of salt and key
     */
    record Hash(String salt, String digest) {
        /** Whether it is the hash of this key, in a time that does not depend on where they differ. */
        boolean isOf(KeySecret secret) {
            return MessageDigest.isEqual(
                    HexFormat.of().parseHex(digest), sha256(HexFormat.of().parseHex(salt), secret.text));
        }

        @Override
        public String toString() {
            return "Hash";
        }
    }

    /** A new one. */
    static KeySecret random(RandomGenerator random) {
        var text = new StringBuilder(START);
        for (int i = 0; i < RANDOM_LENGTH; i++) {
            text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return new KeySecret(text.toString());
    }

    /** What a client sent, if it looks like a key of this server. */
    static Optional<KeySecret> of(String presented) {
        return FORM.matcher(presented).matches() ? Optional.of(new KeySecret(presented)) : Optional.empty();
    }

    /** The part that may be shown. */
    String prefix() {
        return text.substring(0, PREFIX_LENGTH);
    }

    /** Its hash with a new salt. */
    Hash hash(RandomGenerator random) {
        byte[] salt = new byte[16];
        random.nextBytes(salt);
        return new Hash(HexFormat.of().formatHex(salt), HexFormat.of().formatHex(sha256(salt, text)));
    }

    /** Not the key: records end up in logs. */
    @Override
    public String toString() {
        return prefix() + "…";
    }

    private static byte[] sha256(byte[] salt, String key) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(salt);
            return digest.digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
