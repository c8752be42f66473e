package dev.gufo.engine.worker;

import dev.gufo.engine.CacheUse;
import dev.gufo.engine.EmbeddingEvent;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.StepEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Gathers the events of one step and posts them as one frame. Where a CPU computes the model, tokens of several streams
 * wait for the next ones if steps are very short: whoever hands them on needs the same cores, and nobody reads that
 * fast. A stream that is alone has its tokens as they come. Belongs to the engine's thread, which never waits here.
 */
final class StepCollector {
    private static final int FIRST_CAPACITY = 64;

    /** How long tokens of several streams may wait for the next ones. */
    private static final Duration TOGETHER = Duration.ofMillis(5);

    private final Connection connection;
    private final StepEngine engine;
    private final boolean onCpu;

    private long[] ids = new long[FIRST_CAPACITY];
    private GenerationEvent[] events = new GenerationEvent[FIRST_CAPACITY];
    private final List<Long> vectorIds = new ArrayList<>();
    private final List<EmbeddingEvent> vectors = new ArrayList<>();
    private int count;
    private int running;
    private int waiting;
    private boolean onlyTokens = true; // is what was gathered
    private long posted; // nanoTime
    private CacheUse caches = CacheUse.NONE;

    StepCollector(Connection connection, StepEngine engine) {
        this.connection = connection;
        this.engine = engine;
        this.onCpu = engine.model().computesOnCpu();
    }

    /**
     * Notes an event. That a request has started is sent at once: the server has to know which requests were running if
     * this process does not come to the end of the step.
     */
    void add(long id, GenerationEvent event) {
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, 2 * count);
            events = Arrays.copyOf(events, 2 * count);
        }
        ids[count] = id;
        events[count++] = event;
        onlyTokens &= event instanceof GenerationEvent.Token;
        if (event instanceof GenerationEvent.Started && engine.status() instanceof EngineStatus.Ready ready) {
            post(ready);
            forget();
        }
    }

    /** Notes an event of an embedding request. */
    void add(long id, EmbeddingEvent event) {
        vectorIds.add(id);
        vectors.add(event);
    }

    /**
     * Ends the step. An engine that broke has failed all generations; the server does that too when this process ends.
     */
    void flush() {
        if (!vectors.isEmpty()) {
            long[] requests = vectorIds.stream().mapToLong(Long::longValue).toArray();
            connection.post(new Report.Vectors(requests, vectors.toArray(EmbeddingEvent[]::new)));
            vectorIds.clear();
            vectors.clear();
        }
        CacheUse kept = engine.caches();
        if (!kept.equals(caches)) {
            caches = kept;
            connection.post(new Report.Caches(kept));
        }
        switch (engine.status()) {
            case EngineStatus.Ready ready -> {
                if (mayWait(ready)) {
                    return;
                }
                post(ready);
            }
            case EngineStatus.Failed(String reason) -> connection.post(new Report.Failed(reason));
            case EngineStatus.Closed(), EngineStatus.Loading _, EngineStatus.Restarting _ -> {}
        }
        forget();
    }

    /** Only while streams go on: what begins or ends one is told at once, and so are the tokens before it. */
    private boolean mayWait(EngineStatus.Ready now) {
        return onCpu
                && onlyTokens
                && now.running() > 1
                && now.running() == running
                && now.waiting() == waiting
                && System.nanoTime() - posted < TOGETHER.toNanos();
    }

    private void forget() {
        Arrays.fill(events, 0, count, null);
        count = 0;
        onlyTokens = true;
    }

    /** A step that changed nothing is not worth a frame. */
    private void post(EngineStatus.Ready now) {
        if (count == 0 && now.running() == running && now.waiting() == waiting) {
            return;
        }
        running = now.running();
        waiting = now.waiting();
        posted = System.nanoTime();
        connection.post(new Report.Step(
                running,
                waiting,
                now.kvUsage(),
                now.preemptions(),
                Arrays.copyOf(ids, count),
                Arrays.copyOf(events, count)));
    }
}
