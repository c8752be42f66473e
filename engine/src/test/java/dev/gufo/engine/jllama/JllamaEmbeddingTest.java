package dev.gufo.engine.jllama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.batch.LocalEngine;
import dev.gufo.engine.batch.Sentences;
import dev.gufo.engine.worker.WorkerEngine;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Vectors of the second engine, beside those of the first. */
@Timeout(120)
class JllamaEmbeddingTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Path MODEL = Path.of(System.getProperty("gufo.models"), "target", "all-minilm-l6-v2.gguf");
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    private static Path crashFolder;

    private static WorkerEngine engine;

    @BeforeAll
    static void load() {
        engine = JllamaWorkers.ready(new EngineSettings(MODEL, NATIVES, 0, 4, 0, 2, 512, 300), crashFolder);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @Test
    void tokensAndVectorsAreThoseOfTheFirstEngine() throws InterruptedException {
        try (LocalEngine first =
                LocalEngine.open(new EngineSettings(MODEL, NATIVES, 0, 4, 0, 2, 512, 300), percent -> {})) {
            List<Rendering> texts = Sentences.varied(50).stream()
                    .map(text -> new Rendering(List.of(new Segment(text, false))))
                    .toList();
            List<int[]> inputs = texts.stream()
                    .map(text -> engine.tokenize(text, Framing.INPUT))
                    .toList();
            for (int i = 0; i < inputs.size(); i++) {
                assertThat(inputs.get(i))
                        .as(texts.get(i).text())
                        .isEqualTo(first.tokenize(texts.get(i), Framing.INPUT));
            }
            float[][] expected =
                    first.embed(new EmbeddingRequest(inputs)).await(LONG).orElseThrow();
            float[][] vectors =
                    engine.embed(new EmbeddingRequest(inputs)).await(LONG).orElseThrow();
            for (int i = 0; i < vectors.length; i++) {
                assertThat(dot(vectors[i], vectors[i])).isCloseTo(1, within(1e-5));
                assertThat(dot(vectors[i], expected[i])).as(texts.get(i).text()).isGreaterThan(0.999);
            }
            EmbeddingInfo info = engine.model().embeddings();
            assertThat(info.dimensions()).isEqualTo(first.model().embeddings().dimensions());
            assertThat(info.windowTokens()).isEqualTo(first.model().embeddings().windowTokens());
            assertThat(info.pooling()).isEqualTo(first.model().embeddings().pooling());
            assertThat(engine.model().roles()).isEqualTo(first.model().roles());
        }
    }

    private static double dot(float[] a, float[] b) {
        double dot = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
        }
        return dot;
    }

    @Test
    void anInputThatIsLongerThanTheWindowIsRefusedWithBothNumbers() {
        int[] tooLong = new int[513];
        assertThatExceptionOfType(EngineException.Refused.class)
                .isThrownBy(() -> engine.embed(new EmbeddingRequest(List.of(new int[] {101, 102}, tooLong))))
                .satisfies(e -> assertThat(e.refusal()).isEqualTo(new Refusal.InputTooLong(1, 513, 512)));
    }

    @Test
    void tokensThatNoTextHasAreRefused() {
        var request = new EmbeddingRequest(List.of(new int[] {101, 102, 102, 101, 0, 102}, new int[] {7}));
        assertThatExceptionOfType(EngineException.Refused.class)
                .isThrownBy(() -> engine.embed(request).await(LONG))
                .satisfies(e -> assertThat(e.refusal()).isEqualTo(new Refusal.Unsupported("input", "jllama")));
    }
}
