package dev.gufo.server.accounting;

/**
 * What a request is about to do.
 *
 * @param model id of the model
 * @param stream whether the answer is a stream
 * @param promptTokens tokens that go into the model
 * @param maxOutputTokens the most that all its answers together may have
 */
public record Work(String model, boolean stream, long promptTokens, long maxOutputTokens) {}
