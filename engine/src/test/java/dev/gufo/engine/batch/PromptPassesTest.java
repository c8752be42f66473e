package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PromptPassesTest {
    @Test
    void promptsOfOneLengthFillAStep() {
        assertThat(PromptPasses.most(new int[] {64, 64, 64, 64, 64, 64, 64}, 448, 56))
                .isEqualTo(7);
    }

    @Test
    void promptsOfAboutOneLengthLeaveRoomToMakeThemEqual() {
        assertThat(PromptPasses.most(new int[] {61, 80, 66, 72, 58, 63, 50}, 450, 56))
                .isEqualTo(5);
    }

    @Test
    void aLongPromptBehindAShortOneIsNotHeldBack() {
        assertThat(PromptPasses.most(new int[] {20, 400}, 448, 10)).isEqualTo(2);
    }

    @Test
    void aPromptThatIsAloneEntersWhateverItsLength() {
        assertThat(PromptPasses.most(new int[] {512}, 512, 0)).isEqualTo(1);
        assertThat(PromptPasses.most(new int[] {2}, 512, 63)).isEqualTo(1);
        assertThat(PromptPasses.most(new int[0], 512, 63)).isZero();
    }
}
