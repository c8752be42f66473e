package dev.gufo.tokenizer;

/** Turns text into token ids and back. Safe for any thread. */
public interface Tokenizer {
    /** The ids of a text, in which no special token is recognised. */
    int[] encode(String text);

    /** How many ids {@link #encode} gives, without making them all. */
    int count(String text);

    /**
     * What tokens add to a text.
     *
     * @param tokens ids
     * @return as many pieces, possibly parts of UTF-8 sequences
     * @throws IllegalArgumentException if an id is not in the vocabulary
     */
    byte[][] pieces(int[] tokens);
}
