package dev.gufo.server;

import dev.gufo.engine.CacheUse;
import dev.gufo.engine.Drafts;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.Candidate;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationEvent.Logprobs;
import dev.gufo.engine.GenerationEvent.Timings;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.ModelInfo.FillInMiddle;
import dev.gufo.engine.Owner;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Reuse;
import dev.gufo.engine.StatusListener;
import dev.gufo.engine.StatusSource;
import dev.gufo.engine.Subscription;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * An engine that does what a test tells it: its tokens are bytes, 256 ends an answer. Without a script it answers every
 * request with {@link #answering(String) its answer}, byte by byte; while {@link #hold held} it gives nothing until the
 * test sends events itself.
 */
public final class ScriptedEngine implements Engine {
    public static final int END = 256;
    public static final int VOCABULARY = 257;

    /** What it says of an answer that it gives by itself. */
    public static final Duration QUEUED = Duration.ofMillis(4);

    public static final Duration PREFILL = Duration.ofMillis(300);

    private final ModelInfo info;
    /** Every generation that was started, in order. */
    public final BlockingQueue<Scripted> started = new LinkedBlockingQueue<>();

    /** Every embedding request, in order. */
    public final BlockingQueue<ScriptedVectors> embedded = new LinkedBlockingQueue<>();

    private final StatusSource status = new StatusSource(new EngineStatus.Ready(0, 0));
    private volatile Optional<RuntimeException> refusal = Optional.empty();
    private volatile Drafts drafts = Drafts.NONE;
    private volatile CacheUse caches = CacheUse.NONE;
    private volatile Optional<UnaryOperator<String>> script = Optional.empty();
    private volatile List<byte[]> answers = List.of("Hello!".getBytes(StandardCharsets.UTF_8));
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicInteger places = new AtomicInteger(Integer.MAX_VALUE);
    private final AtomicInteger tokenizeCalls = new AtomicInteger();
    private volatile boolean held;
    private volatile boolean framed;
    private volatile Rendering lastPrompt;

    public ScriptedEngine() {
        this(4_096, "");
    }

    public ScriptedEngine(int contextTokens, String chatTemplate) {
        this(contextTokens, chatTemplate, Optional.empty(), Set.of(ModelRole.CHAT), EmbeddingInfo.NONE);
    }

    private ScriptedEngine(
            int contextTokens,
            String chatTemplate,
            Optional<FillInMiddle> fillInMiddle,
            Set<ModelRole> roles,
            EmbeddingInfo embeddings) {
        info = ModelInfo.of("llama", "scripted")
                .parameters(1)
                .bytes(1)
                .vocabularySize(VOCABULARY)
                .trainedContextTokens(contextTokens)
                .contextTokens(contextTokens)
                .sequences(4)
                .layers(1)
                .chatTemplate(chatTemplate)
                .bosToken("<s>")
                .eosToken("</s>")
                .fillInMiddle(fillInMiddle)
                .fingerprint("fp_scripted")
                .roles(roles)
                .embeddings(embeddings)
                .targetGap(Duration.ofMillis(200))
                .build();
    }

    /** An engine of this role that makes vectors of an input's length and its first tokens, none of them 0. */
    public static ScriptedEngine of(ModelRole role, EmbeddingInfo embeddings) {
        return new ScriptedEngine(embeddings.windowTokens(), "", Optional.empty(), Set.of(role), embeddings);
    }

    /** An engine with the tokens for filling gaps. */
    public static ScriptedEngine filling(FillInMiddle marks) {
        return new ScriptedEngine(4_096, "", Optional.of(marks), Set.of(ModelRole.CHAT), EmbeddingInfo.NONE);
    }

    public ScriptedEngine answering(String text) {
        return answering(text.getBytes(StandardCharsets.UTF_8));
    }

    public ScriptedEngine answering(byte[] bytes) {
        answers = List.of(bytes);
        return this;
    }

    /** Each generation gets the next of these, after the last one the first again. */
    public ScriptedEngine answeringInTurn(String... texts) {
        answers = Stream.of(texts)
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList();
        return this;
    }

    /** Each generation gets what this makes of its prompt. */
    public ScriptedEngine answeringBy(UnaryOperator<String> texts) {
        script = Optional.of(texts);
        return this;
    }

    /** Each generation says that so many of its tokens were guessed. */
    public ScriptedEngine guessing(Drafts told) {
        drafts = told;
        return this;
    }

    public ScriptedEngine hold() {
        held = true;
        return this;
    }

    /** Answers by itself again. */
    public ScriptedEngine release() {
        held = false;
        return this;
    }

    /** Puts {@link #END} behind inputs, as encoders want it. */
    public ScriptedEngine framingInputs() {
        framed = true;
        return this;
    }

    public ScriptedEngine status(EngineStatus now) {
        status.set(now);
        return this;
    }

    /** Says that it keeps this of computed prompts. */
    public ScriptedEngine keeping(CacheUse use) {
        caches = use;
        return this;
    }

    public ScriptedEngine refusing(Refusal why) {
        refusal = Optional.of(new EngineException.Refused(why));
        return this;
    }

    /** Takes requests again. */
    public ScriptedEngine taking() {
        refusal = Optional.empty();
        return this;
    }

    /** Takes so many requests more; then it has a place only for what takes that of another one. */
    public ScriptedEngine places(int more) {
        places.set(more);
        return this;
    }

    public ScriptedEngine failing(RuntimeException why) {
        refusal = Optional.of(why);
        return this;
    }

    /** Of a token that is generated, or stands in a prompt: the smaller its byte, the likelier. */
    public static float logprob(byte piece) {
        return -(piece & 0xFF) / 256f;
    }

    /** What was tokenized last. */
    public Rendering lastPrompt() {
        return lastPrompt;
    }

    @Override
    public EngineStatus status() {
        return status.status();
    }

    @Override
    public CacheUse caches() {
        return caches;
    }

    @Override
    public Subscription onStatus(StatusListener listener) {
        return status.subscribe(listener);
    }

    @Override
    public ModelInfo model() {
        return info;
    }

    /** How often it was asked to tokenize, for one text or several. */
    public int tokenizeCalls() {
        return tokenizeCalls.get();
    }

    @Override
    public List<int[]> tokenize(List<Rendering> texts, Framing framing, Owner owner, int most) {
        tokenizeCalls.incrementAndGet();
        return texts.stream().map(text -> tokens(text, framing)).toList();
    }

    private int[] tokens(Rendering prompt, Framing framing) {
        lastPrompt = prompt;
        byte[] bytes = prompt.text().getBytes(StandardCharsets.UTF_8);
        IntStream tokens = IntStream.range(0, bytes.length).map(i -> bytes[i] & 0xFF);
        return (framed && framing == Framing.INPUT ? IntStream.concat(tokens, IntStream.of(END)) : tokens).toArray();
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
        if (!request.admitted() && places.getAndDecrement() <= 0) {
            throw new EngineException.Refused(new Refusal.QueueFull(1, Duration.ofSeconds(1)));
        }
        var generation = new Scripted(request, drafts);
        started.add(generation);
        if (!held) {
            byte[] answer = request.forced().length > 0
                    ? bytes(request.forced())
                    : script.map(texts -> texts.apply(new String(bytes(request.prompt()), StandardCharsets.UTF_8))
                                    .getBytes(StandardCharsets.UTF_8))
                            .orElseGet(() -> answers.get(answered.getAndIncrement() % answers.size()));
            generation.send(new GenerationEvent.Started(3, QUEUED, Reuse.UNKNOWN));
            generation.prompt();
            generation.send(new GenerationEvent.Prefilled(PREFILL));
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

    private static byte[] bytes(int[] tokens) {
        byte[] bytes = new byte[tokens.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) tokens[i];
        }
        return bytes;
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
        status.set(new EngineStatus.Closed());
    }

    /** Vectors that are there at once, or never: then the test says what becomes of them. */
    public static final class ScriptedVectors implements Embeddings {
        private final EmbeddingRequest request;
        private final Optional<float[][]> vectors;
        private final CountDownLatch cancelled = new CountDownLatch(1);
        private final AtomicInteger computed = new AtomicInteger();
        private volatile Optional<EngineException> failure = Optional.empty();

        private ScriptedVectors(EmbeddingRequest request, Optional<float[][]> vectors) {
            this.request = request;
            this.vectors = vectors;
            computed.set(vectors.isPresent() ? request.tokens() : 0);
        }

        public EmbeddingRequest request() {
            return request;
        }

        /** Has computed the first inputs. */
        public void compute(int inputs) {
            computed.set(request.inputs().stream()
                    .limit(inputs)
                    .mapToInt(input -> input.length)
                    .sum());
        }

        public void fail(EngineException why) {
            failure = Optional.of(why);
        }

        @Override
        public Optional<float[][]> await(Duration timeout) throws InterruptedException {
            if (vectors.isEmpty()) {
                boolean _ = cancelled.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
            }
            if (failure.isPresent()) {
                throw failure.get();
            }
            return vectors;
        }

        @Override
        public int computedTokens() {
            return computed.get();
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

        private final Drafts drafts;

        private Scripted(GenerationRequest request, Drafts drafts) {
            this.request = request;
            this.drafts = drafts;
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
            send(new GenerationEvent.Finished(
                    reason, new Timings(Duration.ZERO, Duration.ZERO, Duration.ZERO), drafts));
        }

        private void token(byte piece) {
            send(new GenerationEvent.Token(piece & 0xFF, new byte[] {piece}, false, logprobs(piece)));
        }

        private void prompt() {
            if (request.promptLogprobs()) {
                var tokens = new ArrayList<GenerationEvent.Token>();
                for (int id : request.prompt()) {
                    byte piece = (byte) id;
                    Optional<Logprobs> logprobs = tokens.isEmpty() ? Optional.empty() : logprobs(piece);
                    tokens.add(new GenerationEvent.Token(id, new byte[] {piece}, false, logprobs));
                }
                send(new GenerationEvent.Prompt(tokens));
            }
        }

        /**
         * The likeliest is always the one that is there, with {@link #logprob}; then come {@code a}, {@code b}, and so
         * on.
         */
        private Optional<Logprobs> logprobs(byte piece) {
            if (request.topLogprobs() < 0) {
                return Optional.empty();
            }
            List<Candidate> top = IntStream.range(0, request.topLogprobs())
                    .mapToObj(rank -> {
                        byte other = rank == 0 ? piece : (byte) ('a' + rank - 1);
                        return new Candidate(other & 0xFF, new byte[] {other}, logprob(piece) - rank);
                    })
                    .toList();
            return Optional.of(new Logprobs(logprob(piece), top));
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
