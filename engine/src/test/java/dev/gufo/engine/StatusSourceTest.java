package dev.gufo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusSourceTest {
    private static final EngineStatus LOADING = new EngineStatus.Loading(10);
    private static final EngineStatus READY = new EngineStatus.Ready(0, 0);
    private static final EngineStatus RESTARTING = new EngineStatus.Restarting("it was killed", Duration.ofSeconds(1));

    private final StatusSource source = new StatusSource(LOADING);
    private final List<EngineStatus> heard = new ArrayList<>();

    @Test
    void aListenerHearsWhatItIsAndWhatItBecomes() {
        try (Subscription _ = source.subscribe(heard::add)) {
            source.set(new EngineStatus.Loading(20));
            source.set(READY);
            source.set(RESTARTING);
        }
        assertThat(heard).containsExactly(LOADING, new EngineStatus.Loading(20), READY, RESTARTING);
    }

    @Test
    void theSameAgainAndNumbersAloneAreNotTold() {
        source.set(READY);
        try (Subscription _ = source.subscribe(heard::add)) {
            source.set(new EngineStatus.Ready(3, 1));
            source.set(RESTARTING);
            source.set(RESTARTING);
        }
        assertThat(heard).containsExactly(READY, RESTARTING);
    }

    @Test
    void nothingComesAfterClosed() {
        try (Subscription _ = source.subscribe(heard::add)) {
            source.set(new EngineStatus.Closed());
            source.set(READY);
        }
        assertThat(source.status()).isEqualTo(new EngineStatus.Closed());
        assertThat(heard).containsExactly(LOADING, new EngineStatus.Closed());
    }

    @Test
    void eachSubscriptionEndsAlone() {
        StatusListener listener = heard::add;
        Subscription first = source.subscribe(listener);
        try (Subscription _ = source.subscribe(listener)) {
            first.close();
            first.close();
            source.set(READY);
        }
        source.set(RESTARTING);
        assertThat(heard).containsExactly(LOADING, LOADING, READY);
    }
}
