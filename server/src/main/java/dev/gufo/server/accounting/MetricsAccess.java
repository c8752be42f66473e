package dev.gufo.server.accounting;

/** Who may read {@code /metrics}. */
public enum MetricsAccess {
    /** Whoever may use the API: everyone, or if keys are set, who has one. */
    KEY,
    /** Everyone who reaches the port. */
    OPEN,
    /** There is no such path. */
    OFF
}
