package dev.gufo.server.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.server.ScriptedEngine;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.usage.Intent;
import dev.gufo.store.ModelRole;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CanaryTest {
    private static final Duration NEVER = Duration.ofDays(1);

    private final ScriptedEngine engine = new ScriptedEngine();
    private final ServedModels models = models(engine);

    @Test
    void anIdleModelIsAskedForOneTokenWhenAProbeComes() throws InterruptedException {
        var canary = new Canary(Duration.ZERO, NEVER);
        canary.look(models);
        var asked = engine.started.poll(20, TimeUnit.SECONDS);
        assertThat(asked.request().maxTokens()).isEqualTo(1);
        assertThat(asked.request().cacheScope()).isNotEmpty();
        assertThat(asked.awaitCancelled()).isTrue();
        assertThat(canary.isSilent("m", engine)).isFalse();
    }

    @Test
    void aModelThatComputesNothingIsFoundOutAndForgivenWhenItDoes() {
        var canary = new Canary(Duration.ZERO, Duration.ofMillis(1));
        engine.hold();
        canary.look(models);
        await().until(() -> canary.isSilent("m", engine));
        canary.firstToken(new Intent("r", "", "", "m", "/", false, Instant.EPOCH, 0), Duration.ZERO);
        assertThat(canary.isSilent("m", engine)).isFalse();
    }

    @Test
    void whatTheServerTellsFollowsTheCanary() {
        var canary = new Canary(Duration.ZERO, Duration.ofMillis(1));
        engine.hold();
        try (var health = Health.start(models, canary, Optional.empty(), Optional::empty)) {
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
        assertThat(canary.isSilent("m", engine)).isFalse();
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
        new Canary(Duration.ZERO, NEVER).look(models(vectors));
        assertThat(vectors.embedded.poll(20, TimeUnit.SECONDS).awaitCancelled()).isTrue();
    }

    private static ServedModels models(ScriptedEngine engine) {
        return new ServedModels(List.of(new ServedModel("m", engine, Optional.empty(), Instant.EPOCH)));
    }
}
