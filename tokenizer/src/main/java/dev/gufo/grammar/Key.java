package dev.gufo.grammar;

import java.util.Arrays;

/** Numbers as a key of a map; they must not change any more. */
final class Key {
    private final long[] words;
    private final int hash;

    Key(long[] words) {
        this.words = words;
        this.hash = Arrays.hashCode(words);
    }

    int length() {
        return words.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Key key && hash == key.hash && Arrays.equals(words, key.words);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
