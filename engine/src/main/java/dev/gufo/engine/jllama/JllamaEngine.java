package dev.gufo.engine.jllama;

import dev.gufo.engine.Admission;
import dev.gufo.engine.EmbeddingEvent;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.QueuedGeneration;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.RequestCheck;
import dev.gufo.engine.StatusListener;
import dev.gufo.engine.StatusSource;
import dev.gufo.engine.StepEngine;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.VectorCollector;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model in this process, run by java-llama.cpp. Which thread does what is told in the package's description.
 *
 * <p>It generates, with any sampling and any number of sequences, and makes vectors of texts. It has no logprobs,
 * follows no grammar, shares no prefixes and serves requests in the order of their arrival. A cancelled request keeps
 * its sequence until its prompt is computed.
 */
public final class JllamaEngine implements StepEngine {
    private static final Logger LOG = LoggerFactory.getLogger(JllamaEngine.class);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
    private static final long CLOSING_SECONDS = 5;

    /** The library's tokenizer recurses for every character. The memory is only taken as far as it is used. */
    private static final long STACK_BYTES = 512L << 20;

    private final JllamaPlan plan;
    private final JllamaModel model;
    private final JllamaVocabulary vocabulary;
    private final ModelInfo info;
    private final Admission admission;
    private final HandOver handOver = new HandOver();
    private final ThreadPoolExecutor threads;
    private final Set<JllamaGeneration> generations = ConcurrentHashMap.newKeySet();
    private final Set<JllamaEmbedding> embeddings = ConcurrentHashMap.newKeySet();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicLong kvTokens = new AtomicLong();
    private final StatusSource life = new StatusSource(new EngineStatus.Ready(0, 0)); // or closed

    private JllamaEngine(JllamaPlan plan, JllamaModel model, JllamaVocabulary vocabulary) {
        this.plan = plan;
        this.model = model;
        this.vocabulary = vocabulary;
        EngineSettings settings = plan.settings();
        admission = new Admission(settings.sequences(), settings.queueLength());
        threads = new ThreadPoolExecutor(
                settings.sequences(),
                settings.sequences(),
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> new Thread(null, task, "jllama", STACK_BYTES),
                (late, _) -> late.run()); // which was failed by then, and only has to say so
        info = JllamaInfo.of(plan, vocabulary, plan.role() == ModelRole.EMBEDDINGS ? vectors() : EmbeddingInfo.NONE);
    }

    /** How long a vector is, is seen from one. */
    private EmbeddingInfo vectors() {
        int dimensions = model.embed("a").length;
        return new EmbeddingInfo(plan.pooling(), dimensions, plan.settings().contextTokens(), PairFormat.NONE);
    }

    /**
     * Whether a folder holds a build of the library, which may be one for GPUs and then decides about memory by itself.
     */
    public static boolean hasOwnLibrary(Path natives) {
        return JllamaLibrary.isIn(natives);
    }

    /**
     * Loads a model; returns when it is ready.
     *
     * @param percent is told 0 and 100: the library does not say how far it is
     * @throws EngineException.Broken if the file is no valid GGUF, this engine can't run it, memory is short, or there
     *     is no library for this machine
     */
    public static JllamaEngine open(EngineSettings settings, IntConsumer percent) {
        JllamaPlan plan = JllamaPlan.of(settings);
        percent.accept(0);
        VocabularyFile file;
        try {
            file = VocabularyFile.of(plan.file().shards().getFirst());
        } catch (IOException e) {
            throw new EngineException.Broken(String.valueOf(e.getMessage()), e);
        }
        JllamaLibrary.load(settings.natives());
        JllamaModel model = JllamaModel.load(plan.parameters());
        var engine = new JllamaEngine(plan, model, new JllamaVocabulary(file, model::encode, model::decode));
        percent.accept(100);
        return engine;
    }

    @Override
    public EngineStatus status() {
        if (isClosed()) {
            return life.status();
        }
        int now = running.get();
        float cells = (float) info.contextTokens() * info.sequences();
        return new EngineStatus.Ready(
                now, Math.max(0, admission.taken() - now), Math.min(1, kvTokens.get() / cells), 0);
    }

    @Override
    public Subscription onStatus(StatusListener listener) {
        return life.subscribe(listener);
    }

    private boolean isClosed() {
        return life.status() instanceof EngineStatus.Closed;
    }

    @Override
    public ModelInfo model() {
        return info;
    }

    @Override
    public int[] tokenize(Rendering text, Framing framing, int most) {
        requireOpen();
        return vocabulary.tokenize(text, framing);
    }

    @Override
    public byte[][] pieces(int[] tokens) {
        requireOpen();
        byte[][] pieces = new byte[tokens.length][];
        for (int i = 0; i < tokens.length; i++) {
            RequestCheck.requireToken(tokens[i], info);
            pieces[i] = vocabulary.piece(tokens[i]);
        }
        return pieces;
    }

    @Override
    public void onStepEnd(Runnable action) {
        handOver.onStepEnd(action);
    }

    /** Without effect: the library has its threads from the moment it loads a model. */
    @Override
    public void useThreads(int most) {}

    /**
     * The library has the thread that computes, and tells nothing of it between two tokens: this tells of the process
     * alone.
     */
    @Override
    public long pulse() {
        return System.nanoTime();
    }

    @Override
    public Generation generate(GenerationRequest request) {
        QueuedGeneration generation = new QueuedGeneration();
        generation.onCancel(submit(request, generation::put));
        return generation;
    }

    @Override
    public Runnable submit(GenerationRequest request, Consumer<GenerationEvent> events) {
        requireOpen();
        RequestCheck.require(request, info);
        JllamaFields.requireSupported(request);
        int most = Math.min(request.maxTokens(), info.contextTokens() - request.prompt().length);
        Map<String, String> fields = JllamaFields.of(
                request, most, info.contextTokens(), vocabulary.file().suppressed());
        var counted = new Counted(admission.take(request));
        var generation = new JllamaGeneration(request, fields, most, model, vocabulary, handOver, events, counted);
        counted.generation = generation;
        generations.add(generation);
        if (isClosed()) { // after it can be seen by close: one of the two fails it
            generation.fail(closing());
        }
        threads.execute(generation);
        return () -> {
            generation.cancel();
            if (threads.remove(generation)) {
                generations.remove(generation);
                counted.placeFreed.run();
            }
        };
    }

    /** What a generation takes of the engine. */
    private final class Counted implements JllamaGeneration.Load {
        private final Runnable placeFreed;
        private @Nullable JllamaGeneration generation; // set before it runs

        Counted(Runnable placeFreed) {
            this.placeFreed = placeFreed;
        }

        @Override
        public void begin(int tokens) {
            running.incrementAndGet();
            kvTokens.addAndGet(tokens);
        }

        @Override
        public void grow() {
            kvTokens.incrementAndGet();
        }

        @Override
        public void end(int tokens) {
            running.decrementAndGet();
            kvTokens.addAndGet(-tokens);
            generations.remove(generation);
            placeFreed.run();
        }
    }

    @Override
    public Embeddings embed(EmbeddingRequest request) {
        VectorCollector vectors = new VectorCollector(request);
        vectors.onCancel(submit(request, vectors::accept));
        return vectors;
    }

    @Override
    public Runnable submit(EmbeddingRequest request, Consumer<EmbeddingEvent> events) {
        requireOpen();
        RequestCheck.require(request, info);
        Runnable placeFreed = admission.take(request);
        var embedding =
                new JllamaEmbedding(request, model::embed, vocabulary, handOver, events, threads::execute, over -> {
                    embeddings.remove(over);
                    placeFreed.run();
                });
        embeddings.add(embedding);
        if (isClosed()) {
            embedding.fail(closing());
        }
        threads.execute(embedding);
        return embedding::cancel;
    }

    private void requireOpen() {
        if (isClosed()) {
            throw new EngineException.Refused(new Refusal.NotReady("the engine is closed", RETRY_AFTER));
        }
    }

    private static EngineException closing() {
        return new EngineException.Broken("the engine was closed");
    }

    /**
     * Ends all requests, with their next token. The model's memory is given back when the process ends: see
     * {@link JllamaModel}.
     */
    @Override
    public void close() {
        life.set(new EngineStatus.Closed());
        generations.forEach(generation -> generation.fail(closing()));
        embeddings.forEach(embedding -> embedding.fail(closing()));
        threads.shutdown(); // what is queued runs, and fails
        try {
            if (!threads.awaitTermination(CLOSING_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("a prompt is still being computed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
