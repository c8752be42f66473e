package dev.gufo.engine.pool;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.Engine;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One request for a model. Any thread may wait for its answer; the rest is guarded by the pool's lock. */
final class Claim {
    /** What becomes of a claim. */
    sealed interface Answer {
        /** The model may be used until the claim is given back. */
        record Granted(Engine engine) implements Answer {}

        /** The model can't be loaded. */
        record Failed(String reason) implements Answer {}

        /** Nothing is loaded any more. */
        record Shut() implements Answer {}
    }

    private final Resident resident;
    private final CountDownLatch decided = new CountDownLatch(1);
    private @Nullable Answer answer; // written once, before the latch opens
    private boolean held; // the model is used on behalf of this claim

    Claim(Resident resident) {
        this.resident = resident;
    }

    Resident resident() {
        return resident;
    }

    /** Waits for the answer; empty if there is none in time. Takes no lock. */
    Optional<Answer> await(Duration timeout) throws InterruptedException {
        boolean known = decided.await(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
        return known ? Optional.of(requireNonNull(answer)) : Optional.empty();
    }

    /** The answer, if it is known. Never blocks. */
    Optional<Answer> answer() {
        return decided.getCount() == 0 ? Optional.of(requireNonNull(answer)) : Optional.empty();
    }

    void decide(Answer decision) {
        if (decided.getCount() == 0) {
            throw new AssertionError("a claim is answered once, not %s and then %s".formatted(answer, decision));
        }
        answer = decision;
        held = decision instanceof Answer.Granted;
        decided.countDown();
    }

    /** Whether the model was used for it until now; true once. */
    boolean giveBack() {
        boolean was = held;
        held = false;
        return was;
    }
}
