package dev.gufo.template;

/**
 * A stretch of a rendered prompt that has one origin.
 *
 * @param text never empty
 * @param trusted true if the template's author wrote it, so that it may hold special tokens; false if it came in with the request
 */
public record Segment(String text, boolean trusted) {}
