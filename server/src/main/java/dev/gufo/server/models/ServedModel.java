package dev.gufo.server.models;

import dev.gufo.engine.EngineStatus;
import dev.gufo.gguf.GgufModel;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.store.ModelContents;
import dev.gufo.store.ModelRole;
import dev.gufo.store.StoredModel;
import java.nio.file.Files;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A model as clients see it.
 *
 * @param id what they put into {@code model}; not blank
 * @param residence where its engine comes from
 * @param profile what the operator wants of it under this id
 * @param file what is on disk, if that is known; of another id if this one is an alias
 * @param created told to clients, whatever it means: usually the time of the model's file
 */
public record ServedModel(
        String id, Residence residence, Profile profile, Optional<StoredModel> file, Instant created) {
    public ServedModel {
        Objects.requireNonNull(residence);
        Objects.requireNonNull(profile);
        Objects.requireNonNull(file);
        Objects.requireNonNull(created);
        if (id.isBlank()) {
            throw new IllegalArgumentException("a model needs an id");
        }
    }

    /** Whether this is another name of a file's model. */
    public boolean isAlias() {
        return file.stream().anyMatch(stored -> !stored.id().equals(id));
    }

    /** Whether it had files of which one is not there any more. A shard that was never there is another matter. */
    boolean fileIsGone() {
        return file.stream().flatMap(stored -> stored.files().stream()).anyMatch(path -> !Files.exists(path));
    }

    /** What it may be used for: what its engine says, else its file; none if that can't be read. */
    public Set<ModelRole> roles() {
        return residence
                .engine()
                .filter(engine -> engine.status() instanceof EngineStatus.Ready)
                .map(engine -> engine.model().roles())
                .orElseGet(this::rolesOfFile);
    }

    /** Tokens that a request may have, prompt and answer; empty while it is not loaded. */
    OptionalInt contextTokens() {
        return residence
                .engine()
                .filter(engine -> engine.status() instanceof EngineStatus.Ready)
                .map(engine -> OptionalInt.of(engine.model().contextTokens()))
                .orElse(OptionalInt.empty());
    }

    /** Ids of its LoRA adapters; none while it is not loaded. */
    List<String> adapters() {
        return residence
                .engine()
                .filter(engine -> engine.status() instanceof EngineStatus.Ready)
                .map(engine -> engine.model().adapters())
                .orElse(List.of());
    }

    private Set<ModelRole> rolesOfFile() {
        Set<ModelRole> roles = EnumSet.noneOf(ModelRole.class);
        if (file.isPresent() && file.get().contents() instanceof ModelContents.Loadable(GgufModel contents)) {
            roles.add(ModelRole.of(contents));
            if (profile.embeddings() && roles.contains(ModelRole.CHAT)) {
                roles.add(ModelRole.EMBEDDINGS);
            }
        }
        return roles;
    }

    /**
     * Refuses, before anything is loaded, what this model is not for. What is not known passes.
     *
     * @throws ApiException with {@link Problem.WrongRole}
     */
    public void requireRole(ModelRole role) {
        Set<ModelRole> roles = roles();
        if (!roles.isEmpty()) {
            requireRole(role, roles);
        }
    }

    /** @throws ApiException with {@link Problem.WrongRole} if {@code role} is not one of {@code roles} */
    void requireRole(ModelRole role, Set<ModelRole> roles) {
        if (!roles.contains(role)) {
            throw new ApiException(
                    switch (role) {
                        case CHAT -> new Problem.WrongRole(id, "does not chat", "name a model whose roles hold chat");
                        case EMBEDDINGS ->
                            new Problem.WrongRole(
                                    id,
                                    "makes no embeddings",
                                    "name a model whose roles hold embeddings, or start Gufo with --embeddings " + id);
                        case RERANK ->
                            new Problem.WrongRole(id, "does not rerank", "name a model whose roles hold rerank");
                    });
        }
    }
}
