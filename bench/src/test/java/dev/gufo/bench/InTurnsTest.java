package dev.gufo.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InTurnsTest {
    @Test
    void aRatioIsOfOneRoundSoThatAMachineWhoseSpeedChangesDoesNotMatter() {
        var turns = new InTurns();
        turns.add(100, 110);
        turns.add(10, 10); // ten times as slow for a round
        turns.add(200, 190);
        assertThat(turns.ratio()).isEqualTo(new Spread(1.0, 0.95, 1.1));
    }

    @Test
    void aRowHasTheMediansOfBothAndTheRatios() {
        var turns = new InTurns();
        turns.add(2, 3);
        turns.add(4, 4);
        TextTable table = InTurns.newTable("what", "one", "other");
        turns.addRow(table, "owls/s");
        assertThat(table.toString())
                .containsPattern("what +one +other +ratio +lowest +highest")
                .containsPattern("owls/s +3\\.00 +3\\.50 +1\\.25 +1\\.00 +1\\.50");
    }
}
