package dev.gufo.bench;

import org.HdrHistogram.Histogram;

/**
 * A distribution of times, in milliseconds, each within 0.1 %.
 *
 * @param count how many times it is made of; all others are 0 if this is
 */
public record Latency(long count, double mean, double p50, double p90, double p99, double p999, double max) {
    /** Summarises a histogram of microseconds. */
    static Latency of(Histogram micros) {
        return new Latency(
                micros.getTotalCount(),
                micros.getTotalCount() == 0 ? 0 : micros.getMean() / 1e3,
                micros.getValueAtPercentile(50) / 1e3,
                micros.getValueAtPercentile(90) / 1e3,
                micros.getValueAtPercentile(99) / 1e3,
                micros.getValueAtPercentile(99.9) / 1e3,
                micros.getMaxValue() / 1e3);
    }
}
