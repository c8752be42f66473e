package dev.gufo.engine;

/**
 * What was reused of computed prompts, and why it was not more.
 *
 * @param tier where it was
 * @param stop what ended it
 */
public record Reuse(Tier tier, Stop stop) {
    /** Nothing is known. */
    public static final Reuse UNKNOWN = new Reuse(Tier.NONE, Stop.NOTHING_KEPT);

    /** Where states are kept. */
    public enum Tier {
        /** Nothing was found. */
        NONE,
        /** In a sequence, the one that the prompt got or another one. */
        SLOT,
        /** In main memory. */
        MEMORY,
        /** On disk. */
        DISK
    }

    /** Why a prompt is computed from some token on. What requests of other scopes left is not looked at. */
    public enum Stop {
        /** All was there; the last token is always computed. */
        END,
        /** What is kept has other text from here on. */
        DIFFERENT_TEXT,
        /** Nothing that is kept begins like this prompt. */
        NOTHING_KEPT,
        /** More was there, and was evicted. */
        EVICTED,
        /** More is there, but with other adapters. */
        OTHER_ADAPTER,
        /** More is there, but the model's state can't be cut at that point. */
        NO_CHECKPOINT,
        /** More is there, but to copy it would take longer than to compute it. */
        TOO_LITTLE,
        /** The request wants what can't be taken from there. */
        NOT_USED
    }
}
