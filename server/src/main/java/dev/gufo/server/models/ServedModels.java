package dev.gufo.server.models;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.store.ModelCard;
import dev.gufo.store.ModelDigests;
import dev.gufo.store.ModelRole;
import dev.gufo.store.StoredModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The models that this server answers for, by id; the first is the default. Those that were named at the start stay the
 * same, but for aliases, which can be moved; others are as they come and go in the models folder.
 */
public final class ServedModels {
    /** How long a request for a pinned version waits for its file to be hashed. */
    private static final Duration HASHING = Duration.ofSeconds(10);

    private volatile SequencedMap<String, ServedModel> named; // replaced as a whole, behind this object's monitor
    private final Supplier<List<StoredModel>> stored;
    private final Function<StoredModel, Optional<ServedModel>> onDemand;
    private final BiFunction<String, StoredModel, ServedModel> aliased;
    private final ModelDigests digests;

    /** @param models at least one, with different ids */
    public ServedModels(List<ServedModel> models) {
        this(models, List::of);
    }

    /**
     * The same, beside others on disk, which are not served.
     *
     * @param models at least one, with different ids
     * @param stored the models folder as it is now, served or not; asked by any thread
     */
    public ServedModels(List<ServedModel> models, Supplier<List<StoredModel>> stored) {
        this(models, stored, _ -> Optional.empty(), ServedModels::unmoved, ModelDigests.inMemory(stored));
    }

    private static ServedModel unmoved(String alias, StoredModel file) {
        throw new ApiException(new Problem.ModelNotFound(alias));
    }

    /**
     * The same, beside others on disk that are served when someone names them.
     *
     * @param onDemand how one of {@code stored} is served; asked by any thread, at each request
     * @param aliased how a file is served under an alias; likewise
     * @param digests of their files
     */
    public ServedModels(
            List<ServedModel> models,
            Supplier<List<StoredModel>> stored,
            Function<StoredModel, Optional<ServedModel>> onDemand,
            BiFunction<String, StoredModel, ServedModel> aliased,
            ModelDigests digests) {
        this.aliased = aliased;
        this.digests = digests;
        this.stored = stored;
        this.onDemand = onDemand;
        var map = new LinkedHashMap<String, ServedModel>();
        for (ServedModel model : models) {
            if (map.putIfAbsent(model.id(), model) != null) {
                throw new IllegalArgumentException("two models have the id " + model.id());
            }
        }
        if (map.isEmpty()) {
            throw new IllegalArgumentException("a server needs a model");
        }
        this.named = Collections.unmodifiableSequencedMap(map);
    }

    /** All that requests may name, the default one first. */
    public List<ServedModel> all() {
        var all = new ArrayList<>(named.values());
        for (StoredModel file : stored.get()) {
            if (!named.containsKey(file.id())) {
                onDemand.apply(file).ifPresent(all::add);
            }
        }
        return all;
    }

    /** What a request gets that names no model. */
    public ServedModel defaultModel() {
        return named.firstEntry().getValue();
    }

    /** The model with this id, if requests for it are answered. */
    Optional<ServedModel> served(String id) {
        return Optional.ofNullable(named.get(id)).or(() -> stored(id).flatMap(onDemand));
    }

    private Optional<StoredModel> stored(String id) {
        return stored.get().stream().filter(file -> file.id().equals(id)).findFirst();
    }

    /** The other names of files' models, as they are now. */
    Map<String, ServedModel> aliases() {
        var aliases = new TreeMap<String, ServedModel>();
        named.forEach((id, model) -> {
            if (model.isAlias()) {
                aliases.put(id, model);
            }
        });
        return aliases;
    }

    /**
     * An alias as it is when it means another model; nothing is changed yet.
     *
     * @param id of a file's model, pinned to a version if it says so
     * @throws ApiException if there is no such alias, or as {@link #byId(String)}
     */
    ServedModel moved(String alias, String id) {
        ServedModel now = named.get(alias);
        if (now == null || !now.isAlias()) {
            throw ApiException.invalid("alias", "There is no alias '%s'.".formatted(alias));
        }
        ServedModel target = byId(id);
        if (target.isAlias()) {
            throw ApiException.invalid("model", "'%s' is an alias itself; name a model.".formatted(id));
        }
        return aliased.apply(alias, file(target).orElseThrow(() -> new ApiException(new Problem.ModelNotFound(id))));
    }

    /**
     * Has an alias mean what {@link #moved} has made of it. Requests that have found it before go on with the model
     * that it meant then.
     */
    synchronized void put(ServedModel moved) {
        var map = new LinkedHashMap<>(named);
        map.put(moved.id(), moved);
        named = Collections.unmodifiableSequencedMap(map);
    }

    /** The digest of the file that a model has now, if it is known; else it will be. Never blocks. */
    public Optional<String> digest(ServedModel model) {
        Optional<StoredModel> file = file(model);
        file.ifPresent(digests::begin);
        return file.flatMap(digests::known);
    }

    /** Has the files of the models hashed that were named at the start, so that requests find their digests. */
    public void hashNamed() {
        named.values().forEach(model -> file(model).ifPresent(digests::begin));
    }

    /** The same of a file that nobody has asked for: it is not hashed for that. */
    Optional<String> knownDigest(StoredModel file) {
        return digests.known(file);
    }

    private Optional<StoredModel> file(ServedModel model) {
        return model.file().or(() -> stored(model.id()));
    }

    /**
     * The model with this id, pinned to a version if the id says so; the default one for {@code ""}. Waits until its
     * file has been hashed then.
     *
     * @throws ApiException with {@link Problem.ModelNotFound}, {@link Problem.ModelNotLoaded},
     *     {@link Problem.ModelVersionNotFound} or {@link Problem.VersionUnknown}
     */
    public ServedModel byId(String id) {
        ModelName name = ModelName.of(id);
        ServedModel model = unpinned(name.model());
        name.version().ifPresent(version -> requireVersion(model, version));
        return model;
    }

    private void requireVersion(ServedModel model, String version) {
        Optional<StoredModel> file = file(model);
        try {
            Optional<String> digest = file.isPresent() ? digests.await(file.get(), HASHING) : Optional.empty();
            if (file.isPresent() && digest.isEmpty()) {
                throw new ApiException(new Problem.VersionUnknown(model.id(), HASHING));
            }
            if (!digest.orElse("").startsWith(version)) {
                throw new ApiException(new Problem.ModelVersionNotFound(model.id(), version, digest));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiException(new Problem.VersionUnknown(model.id(), HASHING));
        }
    }

    private ServedModel unpinned(String id) {
        return id.isEmpty()
                ? defaultModel()
                : served(id)
                        .orElseThrow(() -> new ApiException(
                                stored(id).isPresent()
                                        ? new Problem.ModelNotLoaded(id)
                                        : new Problem.ModelNotFound(id)));
    }

    /**
     * The model with this id, if the caller may use it; for {@code ""} the first that it may.
     *
     * @param allowed which models the caller may use; of others it is not told whether they exist
     * @throws ApiException with {@link Problem.ModelNotFound}, {@link Problem.ModelNotLoaded} or
     *     {@link Problem.NoModel}
     */
    public ServedModel byId(String id, Predicate<String> allowed) {
        if (id.isEmpty()) {
            return first(model -> allowed.test(model.id())).orElseThrow(() -> new ApiException(new Problem.NoModel()));
        }
        if (!allowed.test(ModelName.of(id).model())) {
            throw new ApiException(new Problem.ModelNotFound(id));
        }
        return byId(id);
    }

    /**
     * The same; for {@code ""} the first that has this role, whether or not it is loaded, if there is one.
     *
     * @throws ApiException with {@link Problem.ModelNotFound}, {@link Problem.ModelNotLoaded} or
     *     {@link Problem.NoModel}
     */
    public ServedModel byId(String id, ModelRole role, Predicate<String> allowed) {
        Optional<ServedModel> fitting = id.isEmpty()
                ? first(model -> allowed.test(model.id()) && model.roles().contains(role))
                : Optional.empty();
        return fitting.orElseGet(() -> byId(id, allowed));
    }

    private Optional<ServedModel> first(Predicate<ServedModel> wanted) {
        return all().stream().filter(wanted).findFirst();
    }

    /** What is in the models folder and not served, by id. */
    Map<String, StoredModel> unserved() {
        var files = new TreeMap<String, StoredModel>();
        for (StoredModel file : stored.get()) {
            if (served(file.id()).isEmpty()) {
                files.put(file.id(), file);
            }
        }
        return files;
    }

    /** What the files say of a served model. */
    Optional<ModelCard> card(ServedModel model) {
        return file(model).map(ModelCard::of);
    }
}
