package dev.gufo.server.batches;

import dev.gufo.server.metrics.Metrics;
import io.micrometer.core.instrument.Tag;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;

/** What metrics tell of batches. Safe for any thread. */
final class BatchMeters {
    private static final String RUNNING = "gufo_batch_running";
    private static final String LINES = "gufo_batch_lines";

    private final AtomicInteger running = new AtomicInteger();
    private final LongAdder completed = new LongAdder();
    private final LongAdder failed = new LongAdder();

    /** @param batches how many this server works at */
    BatchMeters(Metrics metrics, IntSupplier batches) {
        String now = "Batches that this server works at, and lines of them that run.";
        metrics.gauge(RUNNING, now, Tag.of("what", "batches"), batches::getAsInt);
        metrics.gauge(RUNNING, now, Tag.of("what", "lines"), running::get);
        String done = "Lines of batches that this server has done.";
        metrics.counter(LINES, done, Tag.of("outcome", "completed"), completed::sum);
        metrics.counter(LINES, done, Tag.of("outcome", "failed"), failed::sum);
    }

    void begun() {
        running.incrementAndGet();
    }

    void ended() {
        running.decrementAndGet();
    }

    void kept(boolean wrong) {
        (wrong ? failed : completed).increment();
    }
}
