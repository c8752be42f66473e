package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Framing;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.Refusal;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The embedding model that the build imports, against ONNX Runtime with the file that it was imported from. */
@Tag("device")
@Timeout(120)
class EmbeddingEngineTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Path MODEL = Path.of(System.getProperty("gufo.models"), "target", "all-minilm-l6-v2.gguf");
    private static final Duration LONG = OnDevice.PATIENCE;

    private static LocalEngine engine;

    @BeforeAll
    static void load() {
        engine = LocalEngine.open(
                EngineSettings.of(MODEL, NATIVES)
                        .sequences(4)
                        .gpuLayers(OnDevice.LAYERS)
                        .threads(2)
                        .queueLength(300)
                        .build(),
                percent -> {});
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @Test
    void tokensAndVectorsAreThoseOfTheModelThatWasImported() throws Exception {
        List<String> sentences = Sentences.varied(200);
        float[][] vectors =
                embed(sentences.stream().map(EmbeddingEngineTest::tokens).toList());
        try (var reference = new OnnxReference()) {
            for (int i = 0; i < vectors.length; i++) {
                String sentence = sentences.get(i);
                assertThat(Arrays.stream(tokens(sentence)).asLongStream().toArray())
                        .as(sentence)
                        .isEqualTo(reference.tokens(sentence));
                assertThat(cosine(vectors[i], reference.vector(sentence)))
                        .as(sentence)
                        .isGreaterThan(0.999);
            }
        }
    }

    @Test
    void aTextHasTheSameVectorAloneAndInAnyBatch() throws InterruptedException {
        List<int[]> inputs =
                Sentences.varied(120).stream().map(EmbeddingEngineTest::tokens).toList();
        float[][] together = embed(inputs);
        for (int i = 0; i < inputs.size(); i += 7) {
            assertThat(cosine(embed(List.of(inputs.get(i)))[0], together[i])).isGreaterThan(0.9999);
        }
    }

    @Test
    void requestsOfManyClientsShareBatchesAndGetTheirOwnVectors() throws Exception {
        List<int[]> inputs =
                Sentences.varied(64).stream().map(EmbeddingEngineTest::tokens).toList();
        float[][] expected = embed(inputs);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<float[][]>> vectors = new ArrayList<>();
            for (int[] input : inputs) {
                vectors.add(threads.submit(() -> embed(List.of(input, inputs.getFirst()))));
            }
            for (int i = 0; i < vectors.size(); i++) {
                assertThat(cosine(vectors.get(i).get()[0], expected[i])).isGreaterThan(0.9999);
                assertThat(cosine(vectors.get(i).get()[1], expected[0])).isGreaterThan(0.9999);
            }
        }
    }

    @Test
    void vectorsHaveTheLengthOne() throws InterruptedException {
        for (float[] vector : embed(List.of(tokens("hello"), tokens("The owl hunts at night.")))) {
            double squares = 0;
            for (float value : vector) {
                squares += (double) value * value;
            }
            assertThat(vector).hasSize(384);
            assertThat(squares).isCloseTo(1, within(1e-5));
        }
    }

    @Test
    void anInputLongerThanTheWindowIsRefusedWithItsPlaceAndTheNumbers() {
        int[] fits = new int[512];
        int[] tooLong = new int[513];
        assertThatExceptionOfType(EngineException.Refused.class)
                .isThrownBy(() -> engine.embed(new EmbeddingRequest(List.of(fits, tooLong))))
                .satisfies(e -> assertThat(e.refusal()).isEqualTo(new Refusal.InputTooLong(1, 513, 512)));
    }

    @Test
    void theWholeWindowCanBeUsed() throws InterruptedException {
        assertThat(embed(List.of(new int[512], new int[511], new int[] {101}))).hasNumberOfRows(3);
    }

    @Test
    void whatIsNoTokenIsToldApart() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> engine.embed(new EmbeddingRequest(List.of(new int[] {30_522}))))
                .withMessageContaining("30521");
    }

    @Test
    void itDoesNotChat() {
        var chat = GenerationRequest.of(new int[] {1}, 1).build();
        assertThatIllegalArgumentException().isThrownBy(() -> engine.generate(chat));
        assertThat(engine.model().roles()).containsExactly(ModelRole.EMBEDDINGS);
        assertThat(engine.model().embeddings().pooling()).isEqualTo(Pooling.MEAN);
    }

    @Test
    void aCancelledRequestMakesRoomForOthers() throws InterruptedException {
        List<int[]> many = Collections.nCopies(2_000, new int[50]);
        for (int i = 0; i < 2; i++) {
            List<Embeddings> all = new ArrayList<>();
            for (int j = 0; j < 300; j++) { // nearly as many as may be under way
                all.add(engine.embed(new EmbeddingRequest(many)));
            }
            all.forEach(Embeddings::close);
            embed(List.of(tokens("hello")));
        }
    }

    private static float[][] embed(List<int[]> inputs) throws InterruptedException {
        try (var embeddings = engine.embed(new EmbeddingRequest(inputs))) {
            return embeddings.await(LONG).orElseThrow();
        }
    }

    private static int[] tokens(String text) {
        return engine.tokenize(new Rendering(List.of(new Segment(text, false))), Framing.INPUT);
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        double squaresOfA = 0;
        double squaresOfB = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            squaresOfA += (double) a[i] * a[i];
            squaresOfB += (double) b[i] * b[i];
        }
        return dot / Math.sqrt(squaresOfA * squaresOfB);
    }
}
