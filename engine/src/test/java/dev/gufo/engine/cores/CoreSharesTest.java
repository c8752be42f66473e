package dev.gufo.engine.cores;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Who computes on how many cores, with a clock that stands still until it is moved. */
class CoreSharesTest {
    private static final Duration LINGER = Duration.ofMillis(100);

    private final Deque<Runnable> timers = new ArrayDeque<>();
    private long now;

    private CoreShares cores(int count) {
        return new CoreShares(count, LINGER, () -> now, timers::add);
    }

    /** Lets time pass, and runs what was to be run after it. */
    private void pass(Duration time) {
        now += time.toNanos();
        for (int due = timers.size(); due > 0; due--) {
            timers.remove().run();
        }
    }

    /** A model that keeps to what it is told. */
    private static final class Model {
        private final int most;
        private final CoreShares.Member member;
        private int threads;
        private int told;

        Model(CoreShares cores, int most) {
            this.most = most;
            threads = most;
            member = cores.join(most, share -> {
                threads = share;
                told++;
            });
        }
    }

    @Test
    void aModelThatIsBusyAloneHasAllCoresAndIsToldNothing() {
        Model model = new Model(cores(8), 8);
        model.member.begin();
        model.member.end();
        pass(LINGER);
        model.member.begin();
        assertThat(model.threads).isEqualTo(8);
        assertThat(model.told).isZero();
    }

    @Test
    void modelsThatAreBusyAtOnceHaveEqualParts() {
        CoreShares cores = cores(8);
        Model one = new Model(cores, 8);
        Model two = new Model(cores, 8);
        one.member.begin();
        two.member.begin();
        assertThat(List.of(one.threads, two.threads)).containsExactly(4, 4);
        two.member.end();
        assertThat(one.threads).isEqualTo(4); // the next request mostly follows at once
        pass(LINGER);
        assertThat(one.threads).isEqualTo(8);
    }

    @Test
    void whoComesBackInTimeIsBusyAllTheWhile() {
        CoreShares cores = cores(4);
        Model one = new Model(cores, 4);
        Model two = new Model(cores, 4);
        one.member.begin();
        for (int i = 0; i < 5; i++) {
            two.member.begin();
            pass(LINGER.dividedBy(4));
            two.member.end();
            pass(LINGER.dividedBy(2));
        }
        assertThat(one.told).isEqualTo(1);
        pass(LINGER);
        pass(LINGER);
        assertThat(one.threads).isEqualTo(4);
    }

    @Test
    void whatOneModelHasNoUseForTheOthersHave() {
        CoreShares cores = cores(8);
        Model small = new Model(cores, 1);
        Model one = new Model(cores, 8);
        Model two = new Model(cores, 8);
        List.of(one, small, two).forEach(model -> model.member.begin());
        assertThat(List.of(small.threads, one.threads, two.threads)).containsExactly(1, 3, 4);
    }

    @Test
    void moreModelsThanCoresHaveOneThreadEach() {
        CoreShares cores = cores(2);
        List<Model> models = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            models.add(new Model(cores, 2));
            models.getLast().member.begin();
        }
        assertThat(models).allMatch(model -> model.threads == 1);
    }

    @Test
    void whoIsGoneLeavesItsPartAtOnceWhateverItWasDoing() {
        CoreShares cores = cores(4);
        Model one = new Model(cores, 4);
        Model dead = new Model(cores, 4);
        one.member.begin();
        dead.member.begin();
        dead.member.close();
        assertThat(one.threads).isEqualTo(4);
        dead.member.end(); // its requests end when its process does
        dead.member.begin();
        assertThat(one.threads).isEqualTo(4);
    }

    @Test
    void nothingMeansOneThreadForEachCore() {
        CoreShares cores = cores(6);
        Model automatic = new Model(cores, 0);
        Model other = new Model(cores, 6);
        other.member.begin();
        automatic.member.begin();
        assertThat(List.of(automatic.threads, other.threads)).containsExactly(3, 3);
        other.member.close();
        assertThat(automatic.threads).isEqualTo(6);
    }

    @Test
    void whateverComesAndGoesNobodyIsWithoutAThreadAndCoresAreNotUsedTwice() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 300; round++) {
            int count = random.nextInt(1, 9);
            CoreShares cores = cores(count);
            List<Model> models = new ArrayList<>();
            List<Integer> requests = new ArrayList<>();
            for (int i = random.nextInt(1, 6); i > 0; i--) {
                models.add(new Model(cores, random.nextInt(1, 9)));
                requests.add(0);
            }
            for (int step = 0; step < 60; step++) {
                int i = random.nextInt(models.size());
                if (requests.get(i) > 0 && random.nextBoolean()) {
                    models.get(i).member.end();
                    requests.set(i, requests.get(i) - 1);
                } else if (random.nextInt(4) == 0) {
                    pass(LINGER.dividedBy(random.nextInt(1, 3)));
                } else {
                    models.get(i).member.begin();
                    requests.set(i, requests.get(i) + 1);
                }
                check(models, requests, count);
            }
            timers.clear();
        }
    }

    private static void check(List<Model> models, List<Integer> requests, int cores) {
        List<Model> busy = new ArrayList<>();
        for (int i = 0; i < models.size(); i++) {
            if (requests.get(i) > 0) {
                busy.add(models.get(i));
            }
        }
        assertThat(busy).allMatch(model -> model.threads >= 1 && model.threads <= model.most);
        if (busy.size() > 1) {
            assertThat(busy.stream().mapToInt(model -> model.threads).sum())
                    .isLessThanOrEqualTo(Math.max(cores, busy.size()));
        }
    }
}
