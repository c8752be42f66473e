package dev.gufo.server.limits;

import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that goes on when a test says so. */
final class ManualTime implements TimeMeter, InstantSource {
    private final Instant start;
    private final AtomicLong nanos = new AtomicLong();

    ManualTime(String start) {
        this.start = Instant.parse(start);
    }

    void pass(Duration duration) {
        nanos.addAndGet(duration.toNanos());
    }

    @Override
    public Instant instant() {
        return start.plusNanos(nanos.get());
    }

    @Override
    public long currentTimeNanos() {
        return TimeUnit.MILLISECONDS.toNanos(start.toEpochMilli()) + nanos.get();
    }

    @Override
    public boolean isWallClockBased() {
        return true;
    }
}
