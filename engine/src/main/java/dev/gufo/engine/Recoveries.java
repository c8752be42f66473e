package dev.gufo.engine;

/**
 * What an engine came through since it was opened.
 *
 * @param restarts how often its process ended or hung, and another one was started
 * @param resumed how often a request went on in the next process
 */
public record Recoveries(long restarts, long resumed) {
    /** Nothing. */
    public static final Recoveries NONE = new Recoveries(0, 0);
}
