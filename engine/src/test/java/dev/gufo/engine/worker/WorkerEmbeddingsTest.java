package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.withPrecision;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Recoveries;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.batch.LocalEngine;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The imported embedding model in a worker gives the vectors that it gives in this process. */
@Timeout(180)
class WorkerEmbeddingsTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Path MODEL = Path.of(System.getProperty("gufo.models"), "target", "all-minilm-l6-v2.gguf");
    private static final EngineSettings SETTINGS = EngineSettings.of(MODEL, NATIVES)
            .sequences(4)
            .gpuLayers(0)
            .threads(2)
            .queueLength(4)
            .build();
    private static final Rendering TEXT = new Rendering(List.of(new Segment("The owl hunts at night.", false)));

    @TempDir
    private Path crashFolder;

    @Test
    void aWorkerEmbedsLikeTheEngineItHolds() throws InterruptedException {
        float[] expected;
        int[] tokens;
        try (LocalEngine local = LocalEngine.open(SETTINGS, percent -> {})) {
            tokens = local.tokenize(TEXT, Framing.INPUT);
            expected = vectors(local.embed(new EmbeddingRequest(List.of(tokens))))[0];
        }
        try (WorkerEngine engine = WorkerEngine.start(SETTINGS, WorkerOptions.defaults(crashFolder))) {
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            assertThat(engine.model().roles()).containsExactly(ModelRole.EMBEDDINGS);
            assertThat(engine.model().embeddings().dimensions()).isEqualTo(384);
            assertThat(engine.tokenize(TEXT, Framing.INPUT)).isEqualTo(tokens);
            float[][] vectors = vectors(engine.embed(new EmbeddingRequest(List.of(tokens, new int[] {101, 102}))));
            assertThat(vectors[0]).isEqualTo(expected);
            assertThat(vectors[1]).hasSize(384);

            assertThatExceptionOfType(EngineException.Refused.class)
                    .isThrownBy(() -> engine.embed(new EmbeddingRequest(List.of(tokens, new int[600]))))
                    .satisfies(e -> assertThat(e.refusal()).isEqualTo(new Refusal.InputTooLong(1, 600, 512)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> engine.embed(new EmbeddingRequest(List.of(new int[] {-1}))));
        }
    }

    @Test
    void vectorsThatAWorkerIsKilledWithComeFromTheNextOne() throws InterruptedException {
        try (WorkerEngine engine = WorkerEngine.start(SETTINGS, WorkerOptions.defaults(crashFolder))) {
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            int[] tokens = engine.tokenize(TEXT, Framing.INPUT);
            float[] expected = vectors(engine.embed(new EmbeddingRequest(List.of(tokens))))[0];
            List<int[]> inputs = new ArrayList<>(Collections.nCopies(24, new int[256]));
            inputs.add(tokens);
            try (Embeddings lost = engine.embed(new EmbeddingRequest(inputs))) {
                await().atMost(Toys.PATIENCE).until(() -> lost.computedTokens() > 0);
                ProcessHandle.of(engine.pid().orElseThrow()).orElseThrow().destroyForcibly();
                float[][] vectors = lost.await(Toys.PATIENCE).orElseThrow();
                assertThat(vectors).hasNumberOfRows(25);
                assertThat(vectors[24]).containsExactly(expected, withPrecision(1e-3f));
                assertThat(lost.computedTokens()).isEqualTo(24 * 256 + tokens.length);
            }
            assertThat(engine.recoveries()).isEqualTo(new Recoveries(1, 1));
        }
    }

    private static float[][] vectors(Embeddings embeddings) throws InterruptedException {
        try (embeddings) {
            return embeddings.await(Toys.PATIENCE).orElseThrow();
        }
    }
}
