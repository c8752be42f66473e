package dev.gufo.engine;

/** Whether tokens are guessed ahead of the model and checked together in one step. */
public enum Speculation {
    OFF,
    /** Guesses are looked up in what the sequence has so far, where measurements say that it pays. */
    AUTO
}
