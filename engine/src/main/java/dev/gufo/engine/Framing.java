package dev.gufo.engine;

/** Which tokens a vocabulary wants around a text. */
public enum Framing {
    /** None. */
    NONE,
    /**
     * The beginning-of-sequence token in front, if the model wants one and the text does not begin with it: for what is
     * to be continued.
     */
    PROMPT,
    /**
     * What the model wants in front and at the end: for what is to be read as a whole, such as the input of an
     * embedding.
     */
    INPUT
}
