package dev.gufo.server.models;

import dev.gufo.server.error.ApiException;
import java.util.Locale;
import java.util.Optional;

/**
 * How a request names a model: {@code name}, or {@code name@sha256:PREFIX} for one whose file has this digest.
 *
 * @param model id or alias
 * @param version at least {@value #LEAST_DIGITS} digits of the digest in lower-case hexadecimal, if it is pinned
 */
record ModelName(String model, Optional<String> version) {
    private static final String MARK = "@sha256:";
    private static final int LEAST_DIGITS = 8;

    /** A digest as clients are told it. */
    static String told(String digest) {
        return "sha256:" + digest;
    }

    /** @throws ApiException if what stands behind the mark is no beginning of a digest */
    static ModelName of(String name) {
        int mark = name.lastIndexOf(MARK);
        if (mark < 0) {
            return new ModelName(name, Optional.empty());
        }
        String version = name.substring(mark + MARK.length()).toLowerCase(Locale.ROOT);
        if (!version.matches("[0-9a-f]{" + LEAST_DIGITS + ",64}")) {
            throw ApiException.invalid(
                    "model",
                    "A version in 'model' is %s and %d to 64 hexadecimal digits.".formatted(MARK, LEAST_DIGITS));
        }
        return new ModelName(name.substring(0, mark), Optional.of(version));
    }
}
