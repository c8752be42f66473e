package dev.gufo.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TokenTrieTest {
    @Test
    void theLongestTokenIsFound() {
        var random = new Random(20_261_127);
        for (int round = 0; round < 500; round++) {
            byte[][] pieces = new byte[random.nextInt(30)][];
            var without = new BitSet();
            for (int id = 0; id < pieces.length; id++) {
                pieces[id] = letters(random, random.nextInt(5));
                without.set(id, random.nextInt(4) == 0);
            }
            TokenTrie trie = TokenTrie.of(pieces.length, id -> pieces[id]);
            byte[] text = letters(random, 12);
            for (int from = 0; from <= text.length; from++) {
                assertThat(trie.longest(text, from, without)).isEqualTo(longest(pieces, without, text, from));
            }
        }
    }

    private static int longest(byte[][] pieces, BitSet without, byte[] text, int from) {
        String rest = Texts.string(text).substring(from);
        int found = -1;
        for (int id = 0; id < pieces.length; id++) {
            boolean longer = pieces[id].length > (found < 0 ? 0 : pieces[found].length);
            found = longer && !without.get(id) && rest.startsWith(Texts.string(pieces[id])) ? id : found;
        }
        return found;
    }

    private static byte[] letters(Random random, int length) {
        byte[] letters = new byte[length];
        for (int i = 0; i < length; i++) {
            letters[i] = (byte) ('a' + random.nextInt(3));
        }
        return letters;
    }
}
