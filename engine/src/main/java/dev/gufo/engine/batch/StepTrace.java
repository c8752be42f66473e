package dev.gufo.engine.batch;

import java.util.List;

/** Takes the times of one step into its {@link StepEvent}, while flight recordings ask for such. */
final class StepTrace {
    private final StepEvent event = new StepEvent();
    private final boolean on = event.isEnabled();
    private final long movedBefore;
    private long last;

    /** @param moved bytes of states that went to main memory before */
    StepTrace(long moved) {
        movedBefore = moved;
        if (on) {
            event.begin();
            last = System.nanoTime();
        }
    }

    /** Waiting requests have got their slots. */
    void started(int requests, long moved) {
        event.started = requests;
        event.movedOut = moved - movedBefore;
        event.starting = lap();
    }

    /** The batch is written. */
    void planned(List<StepBatch.Share> shares, int tokens) {
        if (on) {
            event.sequences = shares.size();
            event.promptTokens = shares.stream()
                    .mapToInt(StepBatch.Share::own)
                    .filter(own -> own > 1)
                    .sum();
        }
        event.batchTokens = tokens;
        event.planning = lap();
    }

    /** The work is queued. */
    void submitted() {
        event.submitting = lap();
    }

    /** The device has done it. */
    void computed() {
        event.waiting = lap();
    }

    /** The step is over. */
    void handedOut() {
        event.handingOut = lap();
        event.commit();
    }

    private long lap() {
        if (!on) {
            return 0;
        }
        long now = System.nanoTime();
        long lap = now - last;
        last = now;
        return lap;
    }
}
