package dev.gufo.server.accounting;

/**
 * What a request is about to do.
 *
 * @param model id of the model
 * @param digest of the model's file, or {@code ""}
 * @param stream whether the answer is a stream
 * @param promptTokens tokens that go into the model
 * @param maxOutputTokens the most that all its answers together may have
 */
public record Work(String model, String digest, boolean stream, long promptTokens, long maxOutputTokens) {
    /** With a model's file that is not known. */
    public Work(String model, boolean stream, long promptTokens, long maxOutputTokens) {
        this(model, "", stream, promptTokens, maxOutputTokens);
    }
}
