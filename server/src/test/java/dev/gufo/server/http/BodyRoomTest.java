package dev.gufo.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BodyRoomTest {
    private static final long HEAP = 371L << 20;

    private final BodyRoom room = new BodyRoom(HEAP);

    @Test
    void theHeapOfTheDistributionHasRoomForTheLargestBodyByDefault() {
        assertThat(room.largestBody()).isGreaterThanOrEqualTo(16L << 20);
        long heap = BodyRoom.heapFor(64L << 20);
        assertThat(new BodyRoom(heap).largestBody()).isBetween((64L << 20) - 4_096, (64L << 20) + 4_096);
    }

    @Test
    void largeBodiesKeepNoSmallOneOut() {
        List<BodyRoom.Hold> large = new ArrayList<>();
        for (String owner : List.of("a", "b", "c", "d")) {
            fill(large, owner, 1 << 20);
        }
        assertThatThrownBy(() -> room.open("e").arrived(1 << 20)).satisfies(BodyRoomTest::isNoRoom);
        for (int i = 0; i < 10; i++) {
            room.open("small " + i).arrived(60 << 10);
        }
    }

    @Test
    void oneOwnerLeavesRoomForOthers() {
        List<BodyRoom.Hold> held = new ArrayList<>();
        fill(held, "greedy", 64 << 10);
        room.open("other").arrived(4 << 20);
        held.forEach(BodyRoom.Hold::close);
        room.open("greedy").arrived(8 << 20);
    }

    @Test
    void aBodyThatNeverFitsIsToldSo() {
        assertThatThrownBy(() -> room.open("a").arrived(room.largestBody() + (1 << 20)))
                .isInstanceOfSatisfying(
                        ApiException.class, e -> assertThat(e.problem()).isInstanceOf(Problem.BodyTooCostly.class));
    }

    @Test
    void whateverIsTakenComesBack() {
        var random = new Random(3);
        for (int round = 0; round < 2_000; round++) {
            List<BodyRoom.Hold> holds = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                var hold = room.open("owner " + random.nextInt(3));
                holds.add(hold);
                try {
                    hold.arrived(random.nextInt(2 << 20));
                    if (random.nextBoolean()) {
                        hold.rest();
                        hold.goOn();
                    }
                    if (random.nextBoolean()) {
                        hold.keep(random.nextInt(100_000));
                    }
                } catch (ApiException e) {
                    isNoRoom(e);
                }
            }
            holds.forEach(BodyRoom.Hold::close);
        }
        room.open("last").arrived(room.largestBody());
    }

    private void fill(List<BodyRoom.Hold> held, String owner, long step) {
        try {
            while (true) {
                var hold = room.open(owner);
                held.add(hold);
                hold.arrived(step);
            }
        } catch (ApiException e) {
            isNoRoom(e);
        }
    }

    private static void isNoRoom(Throwable thrown) {
        assertThat(((ApiException) thrown).problem()).isInstanceOf(Problem.NoRoom.class);
    }
}
