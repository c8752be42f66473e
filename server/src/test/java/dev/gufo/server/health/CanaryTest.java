package dev.gufo.server.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.TestModel;
import dev.gufo.server.TestModels;
import dev.gufo.server.TestStorage;
import dev.gufo.server.database.Database;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.usage.Intent;
import dev.gufo.store.ModelRole;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CanaryTest {
    private static final Duration NEVER = Duration.ofDays(1);

    private final ScriptedEngine engine = new ScriptedEngine();
    private final TestModels pool = new TestModels(new TestModel("m", engine));
    private final ServedModels models = pool.served();

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void anIdleModelIsAskedForOneTokenWhenAProbeComes() throws InterruptedException {
        var canary = new Canary(Duration.ZERO, NEVER);
        canary.look(models);
        var asked = engine.started.poll(20, TimeUnit.SECONDS);
        assertThat(asked.request().maxTokens()).isEqualTo(1);
        assertThat(asked.request().cacheScope()).isNotEmpty();
        assertThat(asked.awaitCancelled()).isTrue();
        assertThat(isSilent(canary)).isFalse();
    }

    @Test
    void aModelThatComputesNothingIsFoundOutAndForgivenWhenItDoes() {
        var canary = new Canary(Duration.ZERO, Duration.ofMillis(1));
        engine.hold();
        canary.look(models);
        await().until(() -> isSilent(canary));
        canary.firstToken(new Intent("r", "", "", "m", "", "/", false, Instant.EPOCH, 0), Duration.ZERO);
        assertThat(isSilent(canary)).isFalse();
    }

    @Test
    void whatTheServerTellsFollowsTheCanary() {
        var canary = new Canary(Duration.ZERO, Duration.ofMillis(1));
        engine.hold();
        try (Database database = TestStorage.database(folder);
                var health = Health.start(models, canary, database, Optional::empty)) {
            assertThat(health.parts()).noneMatch(Part::isFailing);
            health.probe();
            await().until(() -> health.parts().stream().anyMatch(Part::isFailing));
            assertThat(health.parts().getFirst().reason()).contains("1 do not answer");
        }
    }

    @Test
    void realWorkIsNotDisturbed() {
        var canary = new Canary(Duration.ZERO, NEVER);
        engine.status(new EngineStatus.Ready(1, 0));
        canary.look(models);
        engine.status(new EngineStatus.Ready(0, 3));
        canary.look(models);
        assertThat(engine.started).isEmpty();
    }

    @Test
    void aCanaryGivesWayToRealWork() throws InterruptedException {
        var canary = new Canary(Duration.ZERO, NEVER);
        engine.hold();
        canary.look(models);
        var asked = engine.started.poll(20, TimeUnit.SECONDS);
        engine.status(new EngineStatus.Ready(1, 1));
        assertThat(asked.awaitCancelled()).isTrue();
        assertThat(isSilent(canary)).isFalse();
    }

    @Test
    void recentTokensAreProofEnough() {
        var canary = new Canary(NEVER, NEVER);
        canary.look(models);
        assertThat(engine.started).isEmpty();
    }

    @Test
    void aModelForVectorsIsAskedForOne() throws InterruptedException {
        var vectors = ScriptedEngine.of(ModelRole.EMBEDDINGS, new EmbeddingInfo(Pooling.MEAN, 4, 512, PairFormat.NONE));
        try (var served = new TestModels(new TestModel("m", vectors))) {
            new Canary(Duration.ZERO, NEVER).look(served.served());
            assertThat(vectors.embedded.poll(20, TimeUnit.SECONDS).awaitCancelled())
                    .isTrue();
        }
    }

    /** As the pool has lent it. */
    private boolean isSilent(Canary canary) {
        return canary.isSilent("m", models.defaultModel().residence().engine().orElseThrow());
    }
}
