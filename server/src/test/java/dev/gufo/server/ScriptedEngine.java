package dev.gufo.server;

import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationEvent.Timings;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.ModelRole;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Sampling;
import dev.gufo.template.Rendering;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * An engine that does what a test tells it: its tokens are bytes, 256 ends an answer. Without a script it answers every
 * request with {@link #answer}, byte by byte; while {@link #hold held} it gives nothing until the test sends events itself.
 */
public final class ScriptedEngine implements Engine {
    public static final int END = 256;
    public static final int VOCABULARY = 257;

    private final ModelInfo info;
    /** Every generation that was started, in order. */
    public final BlockingQueue<Scripted> started = new LinkedBlockingQueue<>();

    /** Every embedding request, in order. */
    public final BlockingQueue<ScriptedVectors> embedded = new LinkedBlockingQueue<>();

    private volatile EngineStatus status = new EngineStatus.Ready(0, 0);
    private volatile Optional<RuntimeException> refusal = Optional.empty();
    private volatile byte[] answer = "Hello!".getBytes(StandardCharsets.UTF_8);
    private volatile boolean held;
    private volatile Rendering lastPrompt;

    public ScriptedEngine() {
        this(4_096, "");
    }

    public ScriptedEngine(int contextTokens, String chatTemplate) {
        this(contextTokens, chatTemplate, Set.of(ModelRole.CHAT), EmbeddingInfo.NONE);
    }

    private ScriptedEngine(int contextTokens, String chatTemplate, Set<ModelRole> roles, EmbeddingInfo embeddings) {
        info = new ModelInfo(
                "llama",
                "scripted",
                1,
                1,
                VOCABULARY,
                contextTokens,
                contextTokens,
                4,
                0,
                1,
                0,
                chatTemplate,
                "<s>",
                "</s>",
                Optional.empty(),
                Sampling.LLAMA_CPP_DEFAULTS,
                "fp_scripted",
                roles,
                embeddings);
    }

    /** An engine of this role that makes vectors of an input's length and its first tokens, none of them 0. */
    public static ScriptedEngine of(ModelRole role, EmbeddingInfo embeddings) {
        return new ScriptedEngine(embeddings.windowTokens(), "", Set.of(role), embeddings);
    }

    public ScriptedEngine answering(String text) {
        return answering(text.getBytes(StandardCharsets.UTF_8));
    }

    public ScriptedEngine answering(byte[] bytes) {
        answer = bytes;
        return this;
    }

    public ScriptedEngine hold() {
        held = true;
        return this;
    }

    public ScriptedEngine status(EngineStatus now) {
        status = now;
        return this;
    }

    public ScriptedEngine refusing(Refusal why) {
        refusal = Optional.of(new EngineException.Refused(why));
        return this;
    }

    public ScriptedEngine failing(RuntimeException why) {
        refusal = Optional.of(why);
        return this;
    }

    /** What was tokenized last. */
    public Rendering lastPrompt() {
        return lastPrompt;
    }

    @Override
    public EngineStatus status() {
        return status;
    }

    @Override
    public ModelInfo model() {
        return info;
    }

    @Override
    public int[] tokenize(Rendering prompt, Framing framing) {
        lastPrompt = prompt;
        byte[] bytes = prompt.text().getBytes(StandardCharsets.UTF_8);
        return IntStream.range(0, bytes.length).map(i -> bytes[i] & 0xFF).toArray();
    }

    @Override
    public byte[][] pieces(int[] tokens) {
        return IntStream.of(tokens).mapToObj(token -> new byte[] {(byte) token}).toArray(byte[][]::new);
    }

    @Override
    public Generation generate(GenerationRequest request) {
        if (refusal.isPresent()) {
            throw refusal.get();
        }
        var generation = new Scripted(request);
        started.add(generation);
        if (!held) {
            generation.send(new GenerationEvent.Started(3));
            if (request.promptLogprobs()) {
                generation.prompt();
            }
            int room = Math.min(request.maxTokens(), answer.length);
            for (int i = 0; i < room; i++) {
                generation.token(answer[i]);
            }
            if (room == answer.length && room < request.maxTokens()) {
                generation.send(new GenerationEvent.Token(END, new byte[0]));
                generation.finish(FinishReason.STOP);
            } else {
                generation.finish(FinishReason.LENGTH);
            }
        }
        return generation;
    }

    @Override
    public Embeddings embed(EmbeddingRequest request) {
        if (refusal.isPresent()) {
            throw refusal.get();
        }
        var vectors = new ScriptedVectors(request, held ? Optional.empty() : Optional.of(vectors(request)));
        embedded.add(vectors);
        return vectors;
    }

    private float[][] vectors(EmbeddingRequest request) {
        EmbeddingInfo embeddings = info.embeddings();
        return request.inputs().stream()
                .map(input -> embeddings.pooling() == Pooling.RANK
                        ? new float[] {-input.length}
                        : direction(input, embeddings.dimensions()))
                .toArray(float[][]::new);
    }

    /** Points where its length and its first tokens say. */
    public static float[] direction(int[] input, int dimensions) {
        double[] vector = new double[dimensions];
        double squares = 0;
        for (int i = 0; i < dimensions; i++) {
            vector[i] = i == 0 ? input.length : i <= input.length ? input[i - 1] + 1 : 0;
            squares += vector[i] * vector[i];
        }
        float[] direction = new float[dimensions];
        for (int i = 0; i < dimensions; i++) {
            direction[i] = (float) (vector[i] / Math.sqrt(squares));
        }
        return direction;
    }

    @Override
    public void close() {
        status = new EngineStatus.Closed();
    }

    /** Vectors that are there at once, or never. */
    public record ScriptedVectors(EmbeddingRequest request, Optional<float[][]> vectors, CountDownLatch cancelled)
            implements Embeddings {
        private ScriptedVectors(EmbeddingRequest request, Optional<float[][]> vectors) {
            this(request, vectors, new CountDownLatch(1));
        }

        @Override
        public Optional<float[][]> await(Duration timeout) throws InterruptedException {
            if (vectors.isEmpty()) {
                boolean _ = cancelled.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
            }
            return vectors;
        }

        @Override
        public void cancel() {
            cancelled.countDown();
        }

        /** Waits until the server cancels it. */
        public boolean awaitCancelled() throws InterruptedException {
            return cancelled.await(20, TimeUnit.SECONDS);
        }
    }

    /** A generation whose events come from the test. */
    public static final class Scripted implements Generation {
        private final GenerationRequest request;
        private final BlockingQueue<GenerationEvent> events = new LinkedBlockingQueue<>();
        private final CountDownLatch cancelled = new CountDownLatch(1);

        private Scripted(GenerationRequest request) {
            this.request = request;
        }

        public GenerationRequest request() {
            return request;
        }

        public void send(GenerationEvent event) {
            events.add(event);
        }

        public void text(String text) {
            List.of(text.split(""))
                    .forEach(part -> send(new GenerationEvent.Token(0, part.getBytes(StandardCharsets.UTF_8))));
        }

        public void finish(FinishReason reason) {
            send(new GenerationEvent.Finished(reason, new Timings(Duration.ZERO, Duration.ZERO, Duration.ZERO)));
        }

        private void token(byte piece) {
            send(scored(piece, request.topLogprobs() >= 0));
        }

        private void prompt() {
            int[] prompt = request.prompt();
            send(new GenerationEvent.Prompt(IntStream.range(0, prompt.length)
                    .mapToObj(i -> scored((byte) prompt[i], i > 0))
                    .toList()));
        }

        /** Every token has the same logprob, and itself as the likeliest ones. */
        private GenerationEvent.Token scored(byte piece, boolean withLogprobs) {
            byte[] bytes = {piece};
            int id = piece & 0xFF;
            var candidates = Collections.nCopies(
                    Math.max(0, request.topLogprobs()), new GenerationEvent.Candidate(id, bytes, -0.5f));
            return new GenerationEvent.Token(
                    id,
                    bytes,
                    false,
                    withLogprobs ? Optional.of(new GenerationEvent.Logprobs(-0.5f, candidates)) : Optional.empty());
        }

        /** Waits until the server cancels it. */
        public boolean awaitCancelled() throws InterruptedException {
            return cancelled.await(20, TimeUnit.SECONDS);
        }

        @Override
        public Optional<GenerationEvent> next(Duration timeout) throws InterruptedException {
            return Optional.ofNullable(events.poll(timeout.toNanos(), TimeUnit.NANOSECONDS));
        }

        @Override
        public void cancel() {
            cancelled.countDown();
        }
    }
}
