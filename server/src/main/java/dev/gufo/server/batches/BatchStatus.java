package dev.gufo.server.batches;

import java.util.Locale;
import java.util.Optional;

/** Where a batch is in its life, in OpenAI's words. */
enum BatchStatus {
    VALIDATING(false, false),
    IN_PROGRESS(false, true),
    FINALIZING(false, true),
    CANCELLING(false, true),
    COMPLETED(true, true),
    FAILED(true, true),
    EXPIRED(true, true),
    CANCELLED(true, true);

    private final boolean ended;
    private final boolean timed;

    BatchStatus(boolean ended, boolean timed) {
        this.ended = ended;
        this.timed = timed;
    }

    /** Whether nothing more comes of it. */
    boolean ended() {
        return ended;
    }

    /** As clients see it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The field, and column, that tells since when; the first status has none. */
    Optional<String> time() {
        return timed ? Optional.of(word() + "_at") : Optional.empty();
    }

    static BatchStatus of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
