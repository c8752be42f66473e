package dev.gufo.server.usage;

import java.time.Duration;
import java.time.Instant;

/** Requests for tests of the ledger. */
public final class Requests {
    static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");

    private Requests() {}

    static Intent intent(String requestId) {
        return intent(requestId, "key-1", "one", "model", NOON);
    }

    static Intent intent(String requestId, String keyId, String keyName, String model, Instant time) {
        return new Intent(requestId, keyId, keyName, model, "", "/v1/chat/completions", true, time, System.nanoTime());
    }

    static Outcome completed(int prompt, int cached, int completion) {
        return new Outcome(
                Status.COMPLETED,
                "stop",
                prompt,
                cached,
                completion,
                0,
                Duration.ofMillis(1),
                Duration.ofMillis(20),
                Duration.ofMillis(300),
                false);
    }
}
