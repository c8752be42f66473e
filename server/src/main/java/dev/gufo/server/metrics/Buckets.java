package dev.gufo.server.metrics;

/**
 * Upper bounds of the histograms: those of vLLM 0.2x, {@code vllm/v1/metrics/loggers.py}, so that its dashboards and
 * alerts fit.
 */
final class Buckets {
    /** Seconds to the first token. */
    static final double[] FIRST_TOKEN = {
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
        2_560
    };

    /** Seconds between two tokens. */
    static final double[] INTER_TOKEN = {
        0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
    };

    /** Seconds of a request or of a stage of it. */
    static final double[] REQUEST = {
        0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1_920, 7_680
    };

    /** Tokens of a request. */
    static final double[] TOKENS = {
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
        1_000_000
    };

    private Buckets() {}
}
