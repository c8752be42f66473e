package dev.gufo.server.accounting;

/** Who may read {@code /metrics}. */
public enum MetricsAccess {
    /** Those who may use the API: everyone, or if keys are set, holders of one. */
    KEY,
    /** Everyone who reaches the port. */
    OPEN,
    /** There is no such path. */
    OFF
}
