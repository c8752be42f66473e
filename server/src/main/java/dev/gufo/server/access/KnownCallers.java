package dev.gufo.server.access;

import java.time.InstantSource;
import java.util.Optional;

/**
 * Callers whose requests are computed after they have gone. Safe for any thread.
 *
 * @param configured the keys that the operator gave
 * @param stored the keys of the database
 * @param clock by which keys expire
 */
public record KnownCallers(ApiKeys configured, StoredKeys stored, InstantSource clock) {
    private static final String CONFIGURED = "api-key-";

    /**
     * Who has an id.
     *
     * @return empty if the key is gone, or can't be used any more
     * @throws dev.gufo.server.database.DatabaseException if the database is needed to know, and fails
     */
    public Optional<Caller> find(String id) {
        var anonymous = new Caller.Anonymous();
        if (id.equals(anonymous.id())) {
            return Optional.of(anonymous);
        }
        if (id.matches(CONFIGURED + "[0-9]{1,6}")) {
            return Optional.of(Integer.valueOf(id.substring(CONFIGURED.length())))
                    .filter(configured::has)
                    .map(number -> new Caller.Configured(number, configured.fingerprint(number)));
        }
        return stored.store()
                .find(id)
                .filter(key -> key.refusal(clock.instant()).isEmpty())
                .map(Caller.Holder::new);
    }
}
