package dev.gufo.engine;

/**
 * Whether layers with a sliding window keep keys and values of the whole context, or of little more than the window.
 * With the window alone a prompt can go on from an earlier position only near the end of what was computed, and from
 * checkpoints.
 */
public enum SwaFull {
    /** The window alone where checkpoints have main memory, else the whole context. */
    AUTO,
    ON,
    OFF
}
