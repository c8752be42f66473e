package dev.gufo.server.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.server.database.Database;
import dev.gufo.server.database.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The keys in the database. Safe for any thread; every call is a statement or two. */
public final class KeyStore {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<List<String>> STRINGS = new TypeReference<>() {};
    private static final TypeReference<Map<String, Long>> NUMBERS = new TypeReference<>() {};
    private static final String COLUMNS =
            "id, prefix, name, owner, models, endpoints, limits, priority, cache_group, policy, admin, disabled,"
                    + " created_at, expires_at, last_used_at, revoked_at";

    private final Database database;
    private final InstantSource clock;
    private final RandomGenerator random;

    /**
     * A key that was just made.
     *
     * @param secret the key itself; this is the only time that it is seen
     */
    public record Created(String secret, StoredKey key) {
        /** Without the key: records end up in logs. */
        @Override
        public String toString() {
            return "Created[%s]".formatted(key.id());
        }
    }

    /** A key and what a presented one is compared with. */
    record Hashed(StoredKey key, KeySecret.Hash hash) {}

    /** @param random makes keys, so it must be one that can't be predicted; safe for any thread */
    public KeyStore(Database database, InstantSource clock, RandomGenerator random) {
        this.database = database;
        this.clock = clock;
        this.random = random;
    }

    /** Makes a key. */
    public Created create(StoredKey.Terms terms) {
        KeySecret secret = KeySecret.random(random);
        KeySecret.Hash hash = secret.hash(random);
        String id = "key_" + KeySecret.random(random).text().substring("gufo_".length(), "gufo_".length() + 16);
        var key = new StoredKey(id, secret.prefix(), terms, now(), Optional.empty(), Optional.empty());
        database.write(session -> session.update(
                "INSERT INTO api_key (id, prefix, salt, hash, created_at, name, owner, models, endpoints, limits, priority, cache_group, policy, admin,"
                        + " disabled, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                with(
                        terms,
                        id,
                        key.prefix(),
                        hash.salt(),
                        hash.digest(),
                        key.created().toEpochMilli())));
        return new Created(secret.text(), key);
    }

    /** All keys, revoked ones too, oldest first. */
    public List<StoredKey> list() {
        return database.read(
                session -> session.list("SELECT " + COLUMNS + " FROM api_key ORDER BY created_at, id", KeyStore::key));
    }

    /** The key with this id. */
    public Optional<StoredKey> find(String id) {
        return database.read(session -> byId(session, id));
    }

    /**
     * Changes what an administrator decides of a key.
     *
     * @return the key as it is now; empty if there is none with this id
     */
    public Optional<StoredKey> update(String id, UnaryOperator<StoredKey.Terms> change) {
        return database.write(session -> {
            Optional<StoredKey> before = byId(session, id);
            if (before.isEmpty()) {
                return before;
            }
            session.update(
                    "UPDATE api_key SET name = ?, owner = ?, models = ?, endpoints = ?, limits = ?, priority = ?, cache_group = ?, policy = ?, admin = ?,"
                            + " disabled = ?, expires_at = ? WHERE id = ?",
                    append(with(change.apply(before.get().terms())), id));
            return byId(session, id);
        });
    }

    /**
     * Ends a key for good. Its row stays, so that what it used can still be told by name.
     *
     * @return the key as it is now; empty if there is none with this id
     */
    public Optional<StoredKey> revoke(String id) {
        return database.write(session -> {
            session.update("UPDATE api_key SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?", clock.millis(), id);
            return byId(session, id);
        });
    }

    /** Whether there ever was a key: the last one's end must not open the server to everyone. */
    public boolean any() {
        return database.read(session -> session.first("SELECT 1 FROM api_key LIMIT 1", row -> true))
                .isPresent();
    }

    /** The key with this prefix. */
    Optional<Hashed> byPrefix(String prefix) {
        return database.read(session -> session.first(
                "SELECT " + COLUMNS + ", salt, hash FROM api_key WHERE prefix = ?",
                row -> new Hashed(key(row), new KeySecret.Hash(row.getString("salt"), row.getString("hash"))),
                prefix));
    }

    /** Notes when keys were used last, by id. */
    void used(Map<String, Instant> lastUsed) {
        var rows = new ArrayList<Object[]>();
        lastUsed.forEach((id, at) -> rows.add(new Object[] {at.toEpochMilli(), id, at.toEpochMilli()}));
        database.write(session -> session.updateAll(
                "UPDATE api_key SET last_used_at = ? WHERE id = ? AND COALESCE(last_used_at, 0) < ?", rows));
    }

    private Instant now() {
        return Instant.ofEpochMilli(clock.millis());
    }

    private static Optional<StoredKey> byId(Session session, String id) throws SQLException {
        return session.first("SELECT " + COLUMNS + " FROM api_key WHERE id = ?", KeyStore::key, id);
    }

    private static StoredKey key(ResultSet row) throws SQLException {
        var terms = new StoredKey.Terms(
                row.getString("name"),
                row.getString("owner"),
                new Patterns(read(row.getString("models"), STRINGS)),
                new Patterns(read(row.getString("endpoints"), STRINGS)),
                instant(row, "expires_at"),
                limits(read(row.getString("limits"), NUMBERS)),
                row.getInt("priority"),
                row.getString("cache_group"),
                row.getString("policy"),
                row.getBoolean("admin"),
                row.getBoolean("disabled"));
        return new StoredKey(
                row.getString("id"),
                row.getString("prefix"),
                terms,
                Instant.ofEpochMilli(row.getLong("created_at")),
                instant(row, "last_used_at"),
                instant(row, "revoked_at"));
    }

    private static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }

    /** The values of the columns that terms are kept in, after those that are given. */
    private static Object[] with(StoredKey.Terms terms, Object... first) {
        return append(
                first,
                terms.name(),
                terms.owner(),
                write(terms.models().patterns()),
                write(terms.endpoints().patterns()),
                write(words(terms.limits())),
                terms.priority(),
                terms.cacheGroup(),
                terms.policy(),
                terms.admin(),
                terms.disabled(),
                terms.expires().map(Instant::toEpochMilli).orElse(null));
    }

    private static Object[] append(Object[] first, @Nullable Object... more) {
        Object[] all = java.util.Arrays.copyOf(first, first.length + more.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return all;
    }

    private static Map<String, Long> words(Limits limits) {
        return limits.values().entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().word(), Map.Entry::getValue));
    }

    private static Limits limits(Map<String, Long> words) {
        return new Limits(words.entrySet().stream()
                .collect(Collectors.toMap(
                        entry -> Limit.named(entry.getKey())
                                .orElseThrow(() -> new IllegalArgumentException("no limit: " + entry.getKey())),
                        Map.Entry::getValue)));
    }

    private static <T> T read(String json, TypeReference<T> type) {
        try {
            return JSON.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a key's row holds no JSON", e);
        }
    }

    private static String write(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new AssertionError("strings and numbers can be written as JSON", e);
        }
    }
}
