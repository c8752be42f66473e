package dev.gufo.template;

/**
 * A run of rendered text that came from one kind of place.
 *
 * @param text never empty
 * @param trusted true if the template, the model or the server wrote it; false if any of it came from the request's
 *     variables. Special tokens may be read from trusted text only
 */
public record Segment(String text, boolean trusted) {}
