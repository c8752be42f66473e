package dev.gufo.engine;

/** Whether tokens are guessed ahead of the model and checked together in one step, and who guesses them. */
public enum Speculation {
    OFF,
    /** All that there is, where measurements say that it pays. */
    AUTO,
    /** What the sequence has so far, whose words are taken to go on as before, and its grammar. */
    NGRAM,
    /** The draft model, and the grammar. */
    DRAFT,
    /** The model's own layers that predict tokens further ahead (MTP), and the grammar. */
    MTP;

    /** Whether guesses are looked up in the sequence. */
    public boolean looksUp() {
        return this == AUTO || this == NGRAM;
    }

    /** Whether a draft model guesses, if there is one. */
    public boolean asksModel() {
        return this == AUTO || this == DRAFT;
    }

    /** Whether the model's own layers that predict ahead guess, if it has some. */
    public boolean asksItself() {
        return this == AUTO || this == MTP;
    }
}
