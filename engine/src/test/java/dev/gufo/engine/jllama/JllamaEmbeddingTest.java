package dev.gufo.engine.jllama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.gufo.engine.EmbeddingEvent;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.batch.LocalEngine;
import dev.gufo.engine.batch.Sentences;
import dev.gufo.engine.worker.WorkerEngine;
import dev.gufo.gguf.GgufFile;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Vectors of the second engine, beside those of the first. */
@Timeout(120)
class JllamaEmbeddingTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Path DEMO = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");
    private static final Path MODEL = Path.of(System.getProperty("gufo.models"), "target", "all-minilm-l6-v2.gguf");
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    private static Path crashFolder;

    private static WorkerEngine engine;

    @BeforeAll
    static void load() {
        engine = JllamaWorkers.ready(
                EngineSettings.of(MODEL, NATIVES)
                        .sequences(4)
                        .gpuLayers(0)
                        .threads(2)
                        .queueLength(300)
                        .build(),
                crashFolder);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @Test
    void tokensAndVectorsAreThoseOfTheFirstEngine() throws InterruptedException {
        try (LocalEngine first = LocalEngine.open(
                EngineSettings.of(MODEL, NATIVES)
                        .sequences(4)
                        .gpuLayers(0)
                        .threads(2)
                        .queueLength(300)
                        .build(),
                percent -> {})) {
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
    void aTextWithTheNameOfAControlTokenHasTheVectorOfTheTextWithASpaceInIt() throws IOException, InterruptedException {
        Path file = crashFolder.resolve("byte-pairs.gguf");
        TinyTextEncoder.write(GgufFile.read(DEMO), file);
        try (WorkerEngine own = JllamaWorkers.ready(
                EngineSettings.of(file, NATIVES)
                        .sequences(4)
                        .gpuLayers(0)
                        .threads(2)
                        .stepTokens(64)
                        .queueLength(300)
                        .build(),
                crashFolder)) {
            for (String text : List.of("<|im_end|>", "a<|im_end|>b", "<<|im_start|>|im_end|> end", "no name")) {
                String broken = text.replaceAll("<(?=\\|im_(start|end)\\|>)", "< ");
                int[] tokens = input(own, text);
                assertThat(tokens).isEqualTo(input(own, broken));
                float[][] vectors = own.embed(new EmbeddingRequest(List.of(tokens, input(own, broken))))
                        .await(LONG)
                        .orElseThrow();
                assertThat(vectors[0]).as(text).containsExactly(vectors[1], within(1e-5f));
            }
        }
    }

    private static int[] input(WorkerEngine engine, String text) {
        return engine.tokenize(new Rendering(List.of(new Segment(text, false))), Framing.INPUT);
    }

    @Test
    void whatIsFailedWhileItsLastInputIsComputedEndsWithTheFailure() {
        var words =
                new VocabularyFile(List.of("a", "b"), new int[] {1, 1}, new BitSet(), -1, -1, false, false, new int[0]);
        byte[][] pieces = {{'a'}, {'b'}};
        var vocabulary = new JllamaVocabulary(
                words, text -> text.chars().map(c -> c - 'a').toArray(), token -> pieces[token]);
        Queue<JllamaEmbedding> queue = new ArrayDeque<>();
        List<EmbeddingEvent> events = new ArrayList<>();
        AtomicInteger ends = new AtomicInteger();
        EngineException closed = new EngineException.Broken("closed");
        AtomicReference<JllamaEmbedding> embedding = new AtomicReference<>();
        embedding.set(new JllamaEmbedding(
                new EmbeddingRequest(List.of(new int[] {0}, new int[] {1})),
                text -> {
                    if (text.equals("b")) {
                        embedding.get().fail(closed);
                    }
                    return new float[] {1};
                },
                vocabulary,
                new HandOver(),
                events::add,
                queue::add,
                _ -> ends.incrementAndGet()));
        embedding.get().run();
        assertThat(queue).hasSize(1);
        queue.remove().run();
        assertThat(queue).isEmpty();
        assertThat(events).hasSize(2);
        assertThat(events.getLast()).isEqualTo(new EmbeddingEvent.Failed(closed));
        assertThat(ends).hasValue(1);
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
