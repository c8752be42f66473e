package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NgramIndexTest {
    @Test
    void whatFollowedTheSameWordsIsGuessed() {
        int[] tokens = {5, 6, 7, 8, 9, 1, 6, 7, 8};
        NgramIndex.Guess guess = new NgramIndex().guess(tokens, tokens.length);
        assertThat(guess).isEqualTo(new NgramIndex.Guess(4, 3));
    }

    @Test
    void theLongestStretchInCommonWinsAndOfEqualsTheLatest() {
        int[] tokens = {1, 2, 3, 4, 50, 2, 3, 4, 60, 9, 2, 3, 4, 70, 1, 2, 3, 4};
        var index = new NgramIndex();
        assertThat(index.guess(tokens, tokens.length)).isEqualTo(new NgramIndex.Guess(4, 4));
        int[] equal = {2, 3, 4, 50, 9, 2, 3, 4, 60, 8, 2, 3, 4};
        assertThat(new NgramIndex().guess(equal, equal.length)).isEqualTo(new NgramIndex.Guess(8, 3));
    }

    @Test
    void whatWasNeverThereBeforeIsNotGuessed() {
        int[] tokens = {1, 2, 3, 4, 5, 6, 7};
        var index = new NgramIndex();
        for (int count = 0; count <= tokens.length; count++) {
            assertThat(index.guess(tokens, count)).isNull();
        }
    }

    /** As a search from the end finds it, whether the text came at once or token by token. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void aTextThatGrowsIsSearchedAsAWhole(long seed) {
        var random = new Random(seed);
        int[] tokens = random.ints(600, 0, 4).toArray();
        var growing = new NgramIndex();
        for (int count = 4; count <= tokens.length; count += 1 + random.nextInt(3)) {
            NgramIndex.Guess guess = growing.guess(tokens, count);
            assertThat(guess).isEqualTo(new NgramIndex().guess(tokens, count));
            if (guess != null) {
                int common = guess.common();
                assertThat(Arrays.copyOfRange(tokens, guess.from() - common, guess.from()))
                        .isEqualTo(Arrays.copyOfRange(tokens, count - common, count));
                assertThat(guess.from()).isLessThan(count);
            }
        }
    }
}
