package dev.gufo.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.gufo.server.database.Database;
import dev.gufo.server.database.PostgresqlServer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StoredKeysTest {
    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");

    @TempDir
    private Path folder;

    private final AtomicLong nanos = new AtomicLong();

    @Test
    void whatAnotherProcessChangesIsSeenWithinALife() {
        try (Database database = Database.open("", folder)) {
            var store = new KeyStore(database, InstantSource.fixed(NOW), new SecureRandom());
            try (var keys = new StoredKeys(store, InstantSource.fixed(NOW), nanos::get)) {
                assertThat(keys.required()).isFalse();
                var created = store.create(StoredKey.Terms.named("other process"));
                assertThat(keys.required()).as("still kept").isFalse();
                nanos.addAndGet(StoredKeys.LIFE.toNanos() + 1);
                assertThat(keys.required()).isTrue();
                assertThat(keys.find(created.secret())).contains(created.key());
                store.revoke(created.key().id());
                assertThat(keys.find(created.secret()).orElseThrow().refusal(NOW))
                        .isEmpty();
                nanos.addAndGet(StoredKeys.LIFE.toNanos() + 1);
                assertThat(keys.find(created.secret()).orElseThrow().refusal(NOW))
                        .isPresent();
            }
        }
    }

    @Test
    void whatThisProcessChangesIsSeenAtOnceAlsoKeysThatDidNotExist() {
        try (Database database = Database.open("", folder)) {
            var store = new KeyStore(database, InstantSource.fixed(NOW), new SecureRandom());
            try (var keys = new StoredKeys(store, InstantSource.fixed(NOW), nanos::get)) {
                var created = store.create(StoredKey.Terms.named("a"));
                keys.changed();
                String unknown =
                        created.secret().substring(0, 47) + (created.secret().endsWith("x") ? "y" : "x");
                assertThat(keys.find(unknown)).isEmpty();
                assertThat(keys.find(created.secret())).isPresent();
                store.update(created.key().id(), terms -> terms.withDisabled(true));
                keys.changed();
                assertThat(keys.find(created.secret()).orElseThrow().refusal(NOW))
                        .contains("This API key is disabled.");
            }
        }
    }

    @Test
    void everythingOfAKeyComesBackFromEitherDatabase() throws Exception {
        try (Database database = Database.open("", folder)) {
            keepsEverything(database);
        }
        assumeThat(PostgresqlServer.installed()).isPresent();
        try (PostgresqlServer server = PostgresqlServer.start();
                Database database = Database.open(server.url(), folder)) {
            keepsEverything(database);
        }
    }

    private static void keepsEverything(Database database) {
        var store = new KeyStore(database, InstantSource.fixed(NOW), new SecureRandom());
        assertThat(store.any()).isFalse();
        var terms = new StoredKey.Terms(
                "näme; DROP TABLE api_key --",
                "o'wner",
                new Patterns(List.of("a*", "\"quoted\"")),
                new Patterns(List.of("/v1/*")),
                Optional.of(NOW.plusSeconds(60)),
                new Limits(Map.of(Limit.TOKENS_PER_DAY, 1_000_000L, Limit.MAX_TOKENS, Limits.UNLIMITED)),
                10,
                "team ö",
                "strict",
                true,
                true);
        var created = store.create(terms);
        assertThat(store.find(created.key().id())).contains(created.key());
        assertThat(created.key().terms()).isEqualTo(terms);
        assertThat(store.byPrefix(created.key().prefix()).orElseThrow().key()).isEqualTo(created.key());
        assertThat(store.byPrefix("' OR ''='")).isEmpty();
        var plain = store.create(StoredKey.Terms.named("plain"));
        assertThat(store.list()).containsExactlyInAnyOrder(created.key(), plain.key());
        store.used(Map.of(plain.key().id(), NOW));
        store.used(Map.of(plain.key().id(), NOW.minusSeconds(5)));
        assertThat(store.find(plain.key().id()).orElseThrow().lastUsed()).contains(NOW);
        assertThat(store.update(plain.key().id(), known -> known.withPriority(1).withAdmin(true))
                        .orElseThrow()
                        .terms())
                .isEqualTo(plain.key().terms().withPriority(1).withAdmin(true));
        assertThat(store.revoke(plain.key().id()).orElseThrow().revoked()).contains(NOW);
        assertThat(store.update("key_none", known -> known)).isEmpty();
        assertThat(store.revoke("key_none")).isEmpty();
        assertThat(store.any()).isTrue();
    }

    @Test
    void keysAreAllDifferentAndOnlyTheirOwnHashFits() {
        var random = new SecureRandom();
        var seen = new HashSet<String>();
        KeySecret.Hash first = KeySecret.random(random).hash(random);
        for (int i = 0; i < 1_000; i++) {
            KeySecret secret = KeySecret.random(random);
            assertThat(seen.add(secret.text())).isTrue();
            assertThat(KeySecret.of(secret.text())).contains(secret);
            assertThat(secret.hash(random).isOf(secret)).isTrue();
            assertThat(secret.hash(random)).isNotEqualTo(secret.hash(random));
            assertThat(first.isOf(secret)).isFalse();
        }
    }

    @Test
    void addressesAreSlowedEachForItself() {
        var wrong = new WrongKeys(new io.github.bucket4j.TimeMeter() {
            @Override
            public long currentTimeNanos() {
                return nanos.get();
            }

            @Override
            public boolean isWallClockBased() {
                return false;
            }
        });
        for (int i = 0; i < 20; i++) {
            assertThat(wrong.count("10.0.0.1")).isEmpty();
            assertThat(wrong.count("2001:db8:0:1::" + i)).isEmpty();
        }
        assertThat(wrong.count("10.0.0.1")).contains(Duration.ofSeconds(3));
        assertThat(wrong.count("[2001:db8:0:1:ffff::1]")).isPresent();
        assertThat(wrong.count("2001:db8:0:2::1")).isEmpty();
        assertThat(wrong.count("10.0.0.2")).isEmpty();
        assertThat(wrong.allow("10.0.0.1", 1)).contains(Duration.ofSeconds(3));
        assertThat(wrong.allow("10.0.0.2", 1)).isEmpty();
        nanos.addAndGet(Duration.ofSeconds(3).toNanos());
        assertThat(wrong.allow("10.0.0.1", 1)).isEmpty();
        assertThat(wrong.count("10.0.0.1")).isEmpty();
        assertThat(wrong.allow("10.0.0.1", 1)).as("was right before").isEmpty();
        assertThat(wrong.allow("10.0.0.1", 2)).isPresent();
        assertThat(wrong.count("10.0.0.1")).isPresent();
    }

    @Test
    void starsStandForAnything() {
        assertThat(new Patterns(List.of("a*b*c")).allow("axxbyyc")).isTrue();
        assertThat(new Patterns(List.of("a*b*c")).allow("abbbc")).isTrue();
        assertThat(new Patterns(List.of("a*b*c")).allow("abcb")).isFalse();
        assertThat(new Patterns(List.of("*")).allow("")).isTrue();
        assertThat(new Patterns(List.of("llama")).allow("llama-3")).isFalse();
        assertThat(new Patterns(List.of("x", "llama*")).allow("llama-3")).isTrue();
        assertThat(new Patterns(List.of("a.c")).allow("abc"))
                .as("no regular expression")
                .isFalse();
        assertThat(Patterns.ALL.allow("anything")).isTrue();
        assertThat(new Patterns(List.of("*a".repeat(100))).allow("a".repeat(99) + "b"))
                .isFalse();
    }
}
