package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.ModelInfo;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LifeSignsTest {
    private final Patience patience = Patience.of(Duration.ofSeconds(10));
    private long now;
    private final LifeSigns signs = new LifeSigns(patience, () -> now);
    private SocketChannel channel;
    private WorkerClient calls;

    @BeforeEach
    void open() throws IOException {
        channel = SocketChannel.open();
        calls = new WorkerClient(new Connection(channel));
    }

    @AfterEach
    void close() throws IOException {
        channel.close();
    }

    @Test
    void aSilentWorkerIsHung() throws NotAnswering {
        look(100); // it loads
        signs.saw(loaded());
        look(10);
        signs.saw(new Report.Beat(0));
        look(10);
        assertThatThrownBy(() -> look(1)).hasMessage("it has sent nothing for 10 s");
    }

    @Test
    void timeInWhichThisProcessDidNotLookIsNotTheWorkersSilence() {
        now += Duration.ofHours(1).toNanos();
        assertThatCode(() -> signs.look(calls, false)).doesNotThrowAnyException();
        assertThatCode(() -> look(8)).doesNotThrowAnyException();
    }

    @Test
    void anEngineWhosePulseStandsStillIsHungAfterItsFirstStep() throws NotAnswering {
        signs.saw(new Report.Beat(0));
        beat(0, 100); // still loading
        signs.saw(loaded());
        beat(0, 100); // the first step may take long
        signs.saw(new Report.Vectors(new long[0], new dev.gufo.engine.EmbeddingEvent[0]));
        beat(1, 10);
        beat(2, 10);
        assertThatThrownBy(() -> beat(2, 1)).hasMessage("its engine has not moved for 10 s");
    }

    @Test
    void aDeviceMayCompileCodeInAnyStepAndLongestInTheFirst() throws NotAnswering {
        ModelInfo onDevice =
                ModelInfo.of("toy", "on a device").layers(1).gpuLayers(1).build();
        signs.saw(new Report.Loaded(onDevice));
        beat(1, 14 * 60);
        signs.saw(new Report.Vectors(new long[0], new dev.gufo.engine.EmbeddingEvent[0]));
        beat(1, 100);
        beat(2, 100);
        assertThatThrownBy(() -> beat(2, 30)).hasMessage("its engine has not moved for 120 s");
    }

    @Test
    void aWorkerThatClosesIsHungSoonerUntilItsEngineIsClosed() throws NotAnswering {
        for (int second = 0; second < 3; second++) {
            now += Duration.ofSeconds(1).toNanos();
            signs.look(calls, true);
        }
        now += 1;
        assertThatThrownBy(() -> signs.look(calls, true)).isInstanceOf(NotAnswering.class);
        signs.saw(new Report.Closed());
        for (int second = 0; second < 60; second++) {
            now += Duration.ofSeconds(1).toNanos();
            signs.look(calls, true);
        }
    }

    private static Report.Loaded loaded() {
        return new Report.Loaded(
                ToyEngine.open(Toys.settings(ToyEngine.FINE), percent -> {}).model());
    }

    private void look(int seconds) throws NotAnswering {
        for (int second = 0; second < seconds; second++) {
            now += Duration.ofSeconds(1).toNanos();
            signs.look(calls, false);
        }
    }

    private void beat(long pulse, int seconds) throws NotAnswering {
        for (int second = 0; second < seconds; second++) {
            now += Duration.ofSeconds(1).toNanos();
            signs.saw(new Report.Beat(pulse));
            signs.look(calls, false);
        }
    }
}
