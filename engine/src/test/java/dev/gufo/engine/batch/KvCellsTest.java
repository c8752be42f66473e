package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KvCellsTest {
    private static final int SEQUENCES = 5;

    @Test
    void aCopyTakesNoCellsUntilOneOfBothGoesOn() {
        var cells = new KvCells(3, 1_000);
        cells.extend(0, 100);
        cells.copy(0, 1);
        cells.cut(1, 60);
        assertThat(cells.used()).isEqualTo(100);
        cells.extend(1, 10);
        assertThat(cells.used()).isEqualTo(110);
        assertThat(cells.alone(0)).isEqualTo(40);
        assertThat(cells.alone(1)).isEqualTo(10);
        assertThat(cells.usedBy(id -> id == 0, 1, 70)).isEqualTo(60);
        cells.cut(0, 0);
        assertThat(cells.used()).isEqualTo(70);
        assertThat(cells.free()).isEqualTo(930);
    }

    /** Against sets of cells with a name each. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anySeriesOfEventsCountsAsManyCellsAsThereAre(long seed) {
        var random = new Random(seed);
        var cells = new KvCells(SEQUENCES, 1_000_000);
        List<List<Integer>> real = new ArrayList<>();
        for (int i = 0; i < SEQUENCES; i++) {
            real.add(new ArrayList<>());
        }
        int next = 0;
        for (int step = 0; step < 2_000; step++) {
            int one = random.nextInt(SEQUENCES);
            int other = (one + 1 + random.nextInt(SEQUENCES - 1)) % SEQUENCES;
            List<Integer> mine = real.get(one);
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    int tokens = random.nextInt(20);
                    cells.extend(one, tokens);
                    for (int i = 0; i < tokens; i++) {
                        mine.add(next++);
                    }
                }
                case 2 -> {
                    int length = random.nextInt(mine.size() + 1);
                    cells.cut(one, length);
                    mine.subList(length, mine.size()).clear();
                }
                default -> {
                    cells.copy(one, other);
                    real.set(other, new ArrayList<>(mine));
                }
            }
            Set<Integer> all = new HashSet<>();
            real.forEach(all::addAll);
            assertThat(cells.used()).isEqualTo(all.size());
            assertThat(cells.length(one)).isEqualTo(real.get(one).size());
            Set<Integer> others = new HashSet<>();
            for (int i = 0; i < SEQUENCES; i++) {
                if (i != one) {
                    others.addAll(real.get(i));
                }
            }
            assertThat(cells.usedBy(id -> id != one)).isEqualTo(others.size());
            assertThat(cells.alone(one)).isEqualTo(all.size() - others.size());
            int within = random.nextInt(real.get(one).size() + 1);
            assertThat(cells.usedBy(id -> id != one, one, within))
                    .isEqualTo(real.get(one).subList(0, within).stream()
                            .filter(others::contains)
                            .count());
        }
    }
}
