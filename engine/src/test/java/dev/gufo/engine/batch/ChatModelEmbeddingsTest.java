package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.EmbeddingSettings;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Framing;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Pooling;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A model that reads from left to right makes vectors, of long texts in pieces. */
@Tag("device")
@Timeout(60)
class ChatModelEmbeddingsTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Path DEMO = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");
    private static final String LONG = "The owl hunts at night and sleeps by day. ".repeat(25);

    @ParameterizedTest
    @EnumSource(
            value = Pooling.class,
            names = {"MEAN", "CLS", "LAST"})
    void aTextInPiecesHasTheVectorThatItHasAtOnce(Pooling pooling) throws InterruptedException {
        float[][] atOnce;
        try (LocalEngine engine = open(OnDevice.stepTokens(1_024), pooling)) {
            atOnce = embed(engine, List.of(tokens(engine, LONG), tokens(engine, "Hello"), tokens(engine, "Owls hunt")));
        }
        try (LocalEngine engine = open(OnDevice.stepTokens(1_024) / 16, pooling)) {
            float[][] inPieces =
                    embed(engine, List.of(tokens(engine, LONG), tokens(engine, "Hello"), tokens(engine, "Owls hunt")));
            for (int i = 0; i < atOnce.length; i++) {
                assertThat(cosine(inPieces[i], atOnce[i])).isGreaterThan(0.999);
            }
            if (pooling != Pooling.CLS) { // all begin with the same token
                assertThat(cosine(atOnce[1], atOnce[2])).isLessThan(0.99);
            }
        }
    }

    @Test
    void itChatsMeanwhile() throws InterruptedException {
        try (LocalEngine engine = open(64, Pooling.MEAN)) {
            assertThat(engine.model().roles()).containsExactlyInAnyOrder(ModelRole.CHAT, ModelRole.EMBEDDINGS);
            int[] prompt = tokens(engine, "Hello");
            var request = GenerationRequest.of(prompt, 20).ignoreEnd(true).build();
            try (var generation = engine.generate(request);
                    Embeddings vectors = engine.embed(new EmbeddingRequest(List.of(tokens(engine, LONG), prompt)))) {
                assertThat(vectors.await(OnDevice.PATIENCE)).isPresent();
                GenerationEvent last;
                do {
                    last = generation.next(OnDevice.PATIENCE).orElseThrow();
                } while (!(last instanceof GenerationEvent.Finished));
            }
        }
    }

    @Test
    void aCancelledTextInPiecesMakesRoom() throws InterruptedException {
        try (LocalEngine engine = open(16, Pooling.MEAN)) {
            engine.embed(new EmbeddingRequest(List.of(tokens(engine, LONG)))).close();
            assertThat(embed(engine, List.of(tokens(engine, "Hello")))).hasNumberOfRows(1);
        }
    }

    private static LocalEngine open(int stepTokens, Pooling pooling) {
        var embeddings = new EmbeddingSettings(true, Optional.of(pooling));
        return LocalEngine.open(
                EngineSettings.of(DEMO, NATIVES)
                        .contextTokens(1_024)
                        .sequences(2)
                        .gpuLayers(OnDevice.LAYERS)
                        .threads(2)
                        .stepTokens(stepTokens)
                        .queueLength(4)
                        .embeddings(embeddings)
                        .build(),
                percent -> {});
    }

    private static int[] tokens(LocalEngine engine, String text) {
        return engine.tokenize(new Rendering(List.of(new Segment(text, false))), Framing.INPUT);
    }

    private static float[][] embed(LocalEngine engine, List<int[]> inputs) throws InterruptedException {
        try (var vectors = engine.embed(new EmbeddingRequest(inputs))) {
            return vectors.await(OnDevice.PATIENCE).orElseThrow();
        }
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
        }
        return dot; // both have the length 1
    }
}
