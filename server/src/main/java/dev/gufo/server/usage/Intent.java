package dev.gufo.server.usage;

import java.time.Instant;
import java.util.Objects;

/**
 * A request that is about to be accepted. Control characters and broken surrogates in its texts become {@code ?}: a
 * database that refuses one text would refuse the commit that the text shares with others.
 *
 * @param requestId as in {@code x-request-id}; clients choose it, so two requests may have the same
 * @param keyId id of the caller's key, {@code ""} if there is none
 * @param keyName what operators call the key, or {@code ""}
 * @param model id of the model
 * @param modelDigest of the model's file, or {@code ""}
 * @param endpoint path of the route, for instance {@code /v1/chat/completions}
 * @param stream whether the answer is a stream
 * @param time when the request arrived
 * @param arrived the same moment as {@link System#nanoTime} has it: times to the first token and to the end count from
 *     there
 */
public record Intent(
        String requestId,
        String keyId,
        String keyName,
        String model,
        String modelDigest,
        String endpoint,
        boolean stream,
        Instant time,
        long arrived) {
    public Intent {
        requestId = harmless(requestId);
        keyId = harmless(keyId);
        keyName = harmless(keyName);
        model = harmless(model);
        modelDigest = harmless(modelDigest);
        endpoint = harmless(endpoint);
        Objects.requireNonNull(time);
    }

    private static String harmless(String text) {
        boolean fine = text.codePoints().noneMatch(Intent::isHarmful);
        return fine
                ? text
                : text.codePoints()
                        .map(c -> isHarmful(c) ? '?' : c)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
    }

    private static boolean isHarmful(int codePoint) {
        return Character.isISOControl(codePoint)
                || (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE);
    }
}
