package dev.gufo.server.batches;

import dev.gufo.server.access.Caller;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.exchange.Exchange;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import dev.gufo.store.ModelRole;
import java.io.IOException;
import java.util.Optional;

/**
 * An endpoint that lines may name: the same that answers clients at their connections.
 *
 * @param path for instance {@code /v1/embeddings}
 * @param models which of them a line needs
 * @param route answers an exchange
 */
public record BatchEndpoint(String path, Models models, Route route) {
    /** From a request that was read to the end of its answer. */
    @FunctionalInterface
    public interface Route {
        void answer(Exchange exchange) throws IOException, InterruptedException;
    }

    /** What the names of models mean in lines for an endpoint. */
    @FunctionalInterface
    public interface Models {
        /**
         * The model that has a name.
         *
         * @param name {@code ""} if the line has none
         * @return empty if such a line needs no model
         * @throws ApiException if the caller can't use it for this
         */
        Optional<ServedModel> of(Caller caller, String name);
    }

    /** An endpoint each of whose lines needs a model for this role. */
    public static BatchEndpoint of(String path, ServedModels models, ModelRole role, Route route) {
        return new BatchEndpoint(path, ofRole(models, role), route);
    }

    /** Names of models for this role. */
    public static Models ofRole(ServedModels models, ModelRole role) {
        return (caller, name) -> {
            ServedModel model = models.byId(name, role, caller::allowsModel);
            model.requireRole(role);
            return Optional.of(model);
        };
    }

    /**
     * Id of the model that a line needs; {@code ""} if it needs none.
     *
     * @throws ApiException if the caller can't use it for this
     */
    String modelId(Caller caller, String name) {
        return models.of(caller, name).map(ServedModel::id).orElse("");
    }
}
