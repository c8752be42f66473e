package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Framing;
import dev.gufo.engine.PairFormat;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("device")
@Timeout(60)
class RankingTest {
    /** A device rounds a batch of another size more differently than a CPU does. */
    private static final float ROUNDING = OnDevice.LAYERS == 0 ? 1e-4f : 1e-3f;

    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));

    @TempDir
    private Path folder;

    @Test
    void aModelWithAClassifierGivesOneNumberForEachPairWhateverIsComputedBesideIt()
            throws IOException, InterruptedException {
        Path model = TinyEncoder.write(folder.resolve("ranks.gguf"));
        try (var engine = LocalEngine.open(
                EngineSettings.of(model, NATIVES)
                        .sequences(1)
                        .gpuLayers(OnDevice.LAYERS)
                        .threads(1)
                        .stepTokens(32)
                        .queueLength(4)
                        .build(),
                percent -> {})) {
            assertThat(engine.model().roles()).containsExactly(ModelRole.RERANK);
            assertThat(engine.model().embeddings().dimensions()).isEqualTo(1);
            assertThat(engine.model().embeddings().windowTokens()).isEqualTo(TinyEncoder.WINDOW);
            PairFormat pairs = engine.model().embeddings().pairs();
            assertThat(pairs.before()).containsExactly(TinyEncoder.CLS);
            assertThat(pairs.between()).containsExactly(TinyEncoder.SEP);
            assertThat(pairs.template()).isEmpty();

            int[] owl = engine.tokenize(new Rendering(List.of(new Segment("Öwl hunts", false))), Framing.INPUT);
            int[] whole = new int[TinyEncoder.WINDOW];
            float[][] together = embed(engine, List.of(owl, whole, new int[] {2, 9, 3}, owl));
            assertThat(together[0]).hasSize(1);
            assertThat(together[0][0]).isNotCloseTo(together[2][0], within(2e-3f));
            assertThat(embed(engine, List.of(owl))[0][0]).isCloseTo(together[0][0], within(ROUNDING));
            assertThat(together[3][0]).isCloseTo(together[0][0], within(ROUNDING));
        }
    }

    private static float[][] embed(LocalEngine engine, List<int[]> inputs) throws InterruptedException {
        try (var vectors = engine.embed(new EmbeddingRequest(inputs))) {
            return vectors.await(OnDevice.PATIENCE).orElseThrow();
        }
    }
}
