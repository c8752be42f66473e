package dev.gufo.engine.cores;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The number of threads on machines that are computed. */
class StepThreadsTest {
    private final Machine machine = new Machine(4);

    /**
     * Other programs want some cores, compute threads and programs share what there is, and CPUs without either are
     * idle.
     */
    private static final class Machine {
        private static final long STEP = 10_000_000; // ns

        private final int cores;
        private final StepThreads threads;
        private double others; // cores' worth of other programs that always want to run
        private boolean neverIdle; // programs that give way at once take what is left
        private double busy = 1; // of the time that steps are computed
        private long now;
        private long waited;
        private long idle;

        Machine(int cores) {
            this.cores = cores;
            threads = new StepThreads(cores, () -> waited, () -> idle, () -> now);
        }

        int threads() {
            return threads.threads();
        }

        void steps(int count) {
            for (int i = 0; i < count; i++) {
                int used = threads();
                double tooMany = Math.max(0, used + others - cores);
                waited +=
                        (long) (STEP * Math.min(used, tooMany * 0.77)); // who shares a core waits for most of the time
                long pause = (long) (STEP / busy) - STEP;
                idle += neverIdle
                        ? 0
                        : (long) (STEP * Math.max(0, cores - used - others) + pause * Math.max(0, cores - others));
                now += STEP + pause;
                threads.stepped(STEP);
            }
        }

        /** Nothing runs for a while, this model neither. */
        void rest(long nanos) {
            now += nanos;
            idle += cores * nanos;
        }
    }

    @Test
    void onAQuietMachineItStays() {
        machine.steps(1_000);
        assertThat(machine.threads()).isEqualTo(4);
    }

    @Test
    void itFallsToWhatAnotherProgramLeavesAndRisesWhenThatIsOver() {
        machine.others = 1;
        machine.steps(12);
        assertThat(machine.threads()).isEqualTo(3);
        machine.steps(1_000);
        assertThat(machine.threads()).isEqualTo(3);
        machine.others = 0;
        machine.steps(60); // the quarter of a second that was measured just now, and one that is quiet as a whole
        assertThat(machine.threads()).isEqualTo(4);
    }

    @Test
    void oneThreadIsLeftHoweverMuchIsGoingOn() {
        machine.others = 9;
        machine.steps(200);
        assertThat(machine.threads()).isEqualTo(1);
        machine.others = 2;
        machine.steps(100);
        assertThat(machine.threads()).isEqualTo(2);
        machine.others = 0;
        machine.steps(100);
        assertThat(machine.threads()).isEqualTo(4);
    }

    @Test
    void aLittleOfOtherWorkCostsNoThread() {
        machine.others = 0.3;
        machine.steps(1_000);
        assertThat(machine.threads()).isEqualTo(4);
    }

    @Test
    void cpusThatAreIdleBecauseTheModelWasAreNotFree() {
        machine.others = 3;
        machine.steps(100);
        assertThat(machine.threads()).isEqualTo(1);
        machine.busy = 0.05;
        machine.steps(1_000);
        assertThat(machine.threads()).isEqualTo(1);
    }

    @Test
    void anIdleModelRisesWithItsFirstStepsAfterAQuietTime() {
        machine.others = 3;
        machine.steps(100);
        machine.others = 0;
        machine.rest(60_000_000_000L);
        machine.steps(11);
        assertThat(machine.threads()).isEqualTo(4);
    }

    @Test
    void programsThatComeAndGoAreFollowedLessAndLess() {
        int changes = 0;
        for (int i = 0; i < 200; i++) {
            machine.others = i % 2;
            int before = machine.threads();
            machine.steps(35); // longer than it takes to rise at first
            changes += machine.threads() == before ? 0 : 1;
        }
        assertThat(changes).isLessThan(60);
    }

    @Test
    void whereCpusAreNeverIdleAllThreadsAreTriedNowAndThen() {
        machine.neverIdle = true;
        machine.others = 3;
        machine.steps(100);
        assertThat(machine.threads()).isEqualTo(1);
        machine.others = 0;
        machine.steps(1_000);
        assertThat(machine.threads()).isEqualTo(4);
        machine.steps(1_000);
        assertThat(machine.threads()).isEqualTo(4);
    }

    @Test
    void aTrialInVainCostsNextToNothing() {
        machine.others = 1;
        machine.steps(100);
        int tooMany = 0;
        for (int i = 0; i < 60_000; i++) { // ten minutes
            machine.steps(1);
            tooMany += machine.threads() > 3 ? 1 : 0;
        }
        assertThat(tooMany).isBetween(1, 120);
    }

    @Test
    void aShareIsKeptTo() {
        machine.threads.share(2);
        machine.steps(100);
        assertThat(machine.threads()).isEqualTo(2);
        machine.threads.share(4);
        assertThat(machine.threads()).isEqualTo(4); // at once
    }

    @Test
    void whatWasWaitedBeforeTheShareChangedIsForgotten() {
        machine.others = 2;
        machine.steps(2);
        machine.threads.share(2);
        machine.steps(2);
        machine.others = 0;
        machine.threads.share(4);
        machine.steps(50);
        assertThat(machine.threads()).isEqualTo(4);
    }

    @Test
    void ofTwoThreadsOneIsLeftBesideAProgramThatAlwaysWantsACore() {
        var small = new Machine(2);
        small.others = 1;
        small.steps(11);
        assertThat(small.threads()).isEqualTo(1);
        small.others = 0;
        small.steps(60);
        assertThat(small.threads()).isEqualTo(2);
    }
}
