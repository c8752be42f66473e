package dev.gufo.server.exchange;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Refusal;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.ScriptedEngine.Scripted;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class GenerationsTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final GenerationRequest REQUEST =
            GenerationRequest.of(new int[] {1}, 8).build();

    private final ScriptedEngine engine = new ScriptedEngine().hold();

    @Test
    void choicesTakeTurnsInOnePlaceWhileTheQueueIsFull() throws InterruptedException {
        engine.places(1);
        try (Generations three = Generations.start(engine, Collections.nCopies(3, REQUEST))) {
            for (int choice = 0; choice < 3; choice++) {
                next().finish(FinishReason.STOP);
                assertThat(three.next(LONG)).hasValueSatisfying(end(choice));
            }
            assertThat(engine.started).isEmpty();
        }
    }

    @Test
    void choicesStartTogetherOnceThereAreMorePlaces() throws InterruptedException {
        engine.places(1);
        try (Generations three = Generations.start(engine, Collections.nCopies(3, REQUEST))) {
            engine.places(5);
            next().finish(FinishReason.STOP);
            assertThat(three.next(LONG)).hasValueSatisfying(end(0));
            assertThat(engine.started).hasSize(2);
        }
    }

    @Test
    void theNextChoiceWaitsForAWorkerThatIsStartedAgain() throws InterruptedException {
        engine.places(1);
        try (Generations two = Generations.start(engine, Collections.nCopies(2, REQUEST))) {
            var again = new EngineStatus.Restarting("it was killed", Duration.ofSeconds(1));
            engine.status(again).refusing(new Refusal.NotReady(again.reason(), again.retryAfter()));
            next().finish(FinishReason.STOP);
            assertThat(two.next(LONG)).hasValueSatisfying(end(0));
            assertThat(two.next(Duration.ofMillis(20))).isEmpty();
            engine.taking().status(new EngineStatus.Ready(0, 0));
            assertThat(two.next(Duration.ofMillis(20))).isEmpty();
            next().finish(FinishReason.STOP);
            assertThat(two.next(LONG)).hasValueSatisfying(end(1));
        }
    }

    private Scripted next() throws InterruptedException {
        return requireNonNull(engine.started.poll(LONG.toSeconds(), TimeUnit.SECONDS));
    }

    private static Consumer<Generations.Event> end(int choice) {
        return event -> {
            assertThat(event.choice()).isEqualTo(choice);
            assertThat(event.event()).isInstanceOf(GenerationEvent.Finished.class);
        };
    }
}
