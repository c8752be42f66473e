package dev.gufo.engine.cores;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * The number of threads on a machine that is computed: other programs want some cores, compute threads and programs share what there is, and
 * CPUs without either are idle.
 */
class StepThreadsTest {
    private static final long STEP = 10_000_000; // ns

    private final int cores;
    private double others; // cores' worth of other programs that always want to run
    private double busy = 1; // of the time that steps are computed
    private long now;
    private long waited;
    private long idle;
    private final StepThreads threads;

    StepThreadsTest() {
        this(4);
    }

    private StepThreadsTest(int cores) {
        this.cores = cores;
        threads = new StepThreads(cores, () -> waited, () -> idle, () -> now);
    }

    private void steps(int count) {
        for (int i = 0; i < count; i++) {
            int used = threads.threads();
            double tooMany = Math.max(0, used + others - cores);
            waited += (long)
                    (STEP * Math.min(used, tooMany * 0.6)); // who shares a core waits for a good half of the time
            long pause = (long) (STEP / busy) - STEP;
            idle += (long) (STEP * Math.max(0, cores - used - others) + pause * Math.max(0, cores - others));
            now += STEP + pause;
            threads.stepped(STEP);
        }
    }

    @Test
    void onAQuietMachineItStays() {
        steps(1_000);
        assertThat(threads.threads()).isEqualTo(4);
    }

    @Test
    void itFallsToWhatAnotherProgramLeavesAndRisesWhenThatIsOver() {
        others = 1;
        steps(5);
        assertThat(threads.threads()).isEqualTo(3);
        steps(1_000);
        assertThat(threads.threads()).isEqualTo(3);
        others = 0;
        steps(30);
        assertThat(threads.threads()).isEqualTo(4);
    }

    @Test
    void oneThreadIsLeftHoweverMuchIsGoingOn() {
        others = 9;
        steps(200);
        assertThat(threads.threads()).isEqualTo(1);
        others = 2;
        steps(100);
        assertThat(threads.threads()).isEqualTo(2);
        others = 0;
        steps(100);
        assertThat(threads.threads()).isEqualTo(4);
    }

    @Test
    void aLittleOfOtherWorkCostsNoThread() {
        others = 0.3;
        steps(1_000);
        assertThat(threads.threads()).isEqualTo(4);
    }

    @Test
    void cpusThatAreIdleBecauseTheModelWasAreNotFree() {
        others = 3;
        steps(100);
        assertThat(threads.threads()).isEqualTo(1);
        busy = 0.05;
        steps(1_000);
        assertThat(threads.threads()).isEqualTo(1);
    }

    @Test
    void anIdleModelRisesWithItsFirstStepsAfterAQuietTime() {
        others = 3;
        steps(100);
        others = 0;
        now += 60_000_000_000L;
        idle += 4 * 60_000_000_000L;
        steps(3);
        assertThat(threads.threads()).isEqualTo(4);
    }

    @Test
    void programsThatComeAndGoAreFollowedLessAndLess() {
        int changes = 0;
        for (int i = 0; i < 200; i++) {
            others = i % 2;
            int before = threads.threads();
            steps(35); // longer than it takes to rise at first
            changes += threads.threads() == before ? 0 : 1;
        }
        assertThat(changes).isLessThan(60);
    }

    @Test
    void aShareIsKeptTo() {
        threads.share(2);
        steps(100);
        assertThat(threads.threads()).isEqualTo(2);
        threads.share(4);
        assertThat(threads.threads()).isEqualTo(4); // at once
    }

    @Test
    void whatWasWaitedBeforeTheShareChangedIsForgotten() {
        others = 2;
        steps(2);
        threads.share(2);
        steps(2);
        others = 0;
        threads.share(4);
        steps(50);
        assertThat(threads.threads()).isEqualTo(4);
    }

    @Test
    void oneThreadOfTwoIsAsGoodAsBothWithAProgramOnOneOfThem() {
        var machine = new StepThreadsTest(2);
        machine.others = 1;
        machine.steps(100);
        assertThat(machine.threads.threads()).isIn(1, 2);
        machine.waited += 100 * STEP; // both on one core
        machine.steps(3);
        assertThat(machine.threads.threads()).isEqualTo(1);
    }
}
