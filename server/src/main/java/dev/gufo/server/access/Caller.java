package dev.gufo.server.access;

import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import io.javalin.http.Context;

/** Who asks. Every request that reached a route has one: {@link #of}. */
public sealed interface Caller {
    /** Everybody without a key, together: the server has no keys, or the route needs none. */
    record Anonymous() implements Caller {
        @Override
        public String id() {
            return "anonymous";
        }

        @Override
        public String name() {
            return "anonymous";
        }
    }

    /**
     * The holder of a key that the operator gave on the command line or in the settings; not limited, and no
     * administrator.
     *
     * @param number which one, from 1
     * @param fingerprint {@link ApiKeys#fingerprint}: another key may have its place after a restart
     */
    record Configured(int number, String fingerprint) implements Caller {
        @Override
        public String id() {
            return "api-key-" + number;
        }

        @Override
        public String name() {
            return id();
        }

        @Override
        public String cacheScope() {
            return "configured " + fingerprint; // it may get another number
        }
    }

    /** The holder of a key in the database. */
    record Holder(StoredKey key) implements Caller {
        @Override
        public String id() {
            return key.id();
        }

        @Override
        public String name() {
            return key.terms().name();
        }

        @Override
        public String cacheScope() {
            String group = key.terms().cacheGroup();
            return group.isEmpty() ? id() : "group " + group; // no id has a space in this place
        }
    }

    /** The server itself, where it asks a guard model about the content of others' requests; not limited. */
    record ContentPolicy() implements Caller {
        @Override
        public String id() {
            return "content-policy";
        }

        @Override
        public String name() {
            return id();
        }
    }

    /** Tells callers apart; stays the same for the same key, and is no secret. */
    String id();

    /** Whose computed prompts are used for this caller, and who uses the caller's. */
    default String cacheScope() {
        return id();
    }

    /** For people. */
    String name();

    /** The caller's share against others': 1 to 10. */
    default int priority() {
        return this instanceof Holder holder ? holder.key().terms().priority() : StoredKey.DEFAULT_PRIORITY;
    }

    /** Name of the content policy for it; {@code ""} for the server's default. */
    default String policy() {
        return this instanceof Holder holder ? holder.key().terms().policy() : "";
    }

    /** Whether it may call {@code /admin}. */
    default boolean admin() {
        return this instanceof Holder holder && holder.key().terms().admin();
    }

    /** Whether it may use, and see, a model. */
    default boolean allowsModel(String id) {
        return !(this instanceof Holder holder) || holder.key().terms().models().allow(id);
    }

    /** Whether it may call a path. */
    default boolean allowsEndpoint(String path) {
        return !(this instanceof Holder holder)
                || holder.key().terms().endpoints().allow(path);
    }

    /**
     * Refuses a model that the caller may not use as if it did not exist, so that a caller does not learn what others
     * have.
     *
     * @throws ApiException with {@link Problem.ModelNotFound}
     */
    default void requireModel(String id) {
        if (!allowsModel(id)) {
            throw new ApiException(new Problem.ModelNotFound(id));
        }
    }

    /** Who sent this request, as {@link Access} found out. */
    static Caller of(Context ctx) {
        Caller caller = ctx.attribute(ATTRIBUTE);
        return caller == null ? new Anonymous() : caller;
    }

    /** Says who sent a request. */
    static void set(Context ctx, Caller caller) {
        ctx.attribute(ATTRIBUTE, caller);
    }

    /** The name under which a request carries its caller. */
    String ATTRIBUTE = "gufo.caller";
}
