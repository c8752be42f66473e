package dev.gufo.engine;

/** Whether attention is computed in tiles, without a buffer for all scores. */
public enum FlashAttention {
    /** Where the device can. */
    AUTO,
    ON,
    OFF
}
