package dev.gufo.server.models;

import dev.gufo.engine.Engine;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.pool.Lease;
import dev.gufo.server.error.ApiException;
import dev.gufo.store.ModelRole;

/**
 * A model that a request uses, loaded until this is closed.
 *
 * @param model as the request named it
 * @param lease keeps it in memory
 */
public record ModelInUse(ServedModel model, Lease lease) implements AutoCloseable {
    /** Runs it. */
    public Engine engine() {
        return lease.engine();
    }

    /** What clients call it. */
    public String id() {
        return model.id();
    }

    /**
     * What is loaded, for a request that wants {@code role} of it.
     *
     * @throws ApiException with {@link dev.gufo.server.error.Problem.WrongRole} if the model is for something else
     */
    public ModelInfo requireRole(ModelRole role) {
        ModelInfo info = engine().model();
        model.requireRole(role, info.roles());
        return info;
    }

    @Override
    public void close() {
        lease.close();
    }
}
