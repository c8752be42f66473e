package dev.gufo.server.batches;

import dev.gufo.server.exchange.Exchange;
import dev.gufo.store.ModelRole;
import java.io.IOException;

/**
 * An endpoint that lines may name: the same that answers clients at their connections.
 *
 * @param path for instance {@code /v1/embeddings}
 * @param role what the model has to be for
 * @param route answers an exchange
 */
public record BatchEndpoint(String path, ModelRole role, Route route) {
    /** From a request that was read to the end of its answer. */
    @FunctionalInterface
    public interface Route {
        void answer(Exchange exchange) throws IOException, InterruptedException;
    }
}
