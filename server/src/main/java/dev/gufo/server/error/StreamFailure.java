package dev.gufo.server.error;

import jakarta.servlet.ServletRequest;
import java.util.Optional;

/** How the stream of one answer ends when the answer fails in the middle. Called on the request's thread. */
@FunctionalInterface
public interface StreamFailure {
    /** The last events, UTF-8; empty for an event that is the error in the form of the API. */
    Optional<byte[]> events(ApiError error);

    /** Has a request's stream end this way. */
    default void attachTo(ServletRequest request) {
        request.setAttribute(StreamFailure.class.getName(), this);
    }

    /** What was attached to a request. */
    static Optional<StreamFailure> of(ServletRequest request) {
        return Optional.ofNullable((StreamFailure) request.getAttribute(StreamFailure.class.getName()));
    }
}
