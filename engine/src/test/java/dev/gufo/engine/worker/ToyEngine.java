package dev.gufo.engine.worker;

import dev.gufo.engine.Drafts;
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
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationEvent.Timings;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Reuse;
import dev.gufo.engine.StatusListener;
import dev.gufo.engine.StatusSource;
import dev.gufo.engine.StepEngine;
import dev.gufo.engine.Subscription;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.slf4j.LoggerFactory;

/**
 * An engine without a model: every token follows from the prompt's first one. The name of the model file says how
 * loading goes, the prompt's first token how generating does. {@link EngineSettings#threads} is how long a step takes,
 * in tens of microseconds.
 */
final class ToyEngine implements StepEngine {
    /** Loading never ends. */
    static final String STUCK = "stuck.gguf";
    /** Loading aborts the process as ggml does. */
    static final String ABORTS = "aborts.gguf";
    /** The file is refused. */
    static final String INVALID = "invalid.gguf";
    /** Loads. */
    static final String FINE = "toy.gguf";

    /** A prompt that aborts the process in its second step. */
    static final int ABORT = 666;
    /** A prompt after which the engine is broken. */
    static final int BREAK = 667;
    /** A prompt with which the engine's thread gets stuck. */
    static final int HANG = 668;
    /** A prompt whose first step takes seconds, in which the engine's thread shows that it lives. */
    static final int SLOW = 669;
    /** A prompt that an engine's thread dies of, and one that its submitter dies of. */
    static final int ERROR = 670;

    static final int ERROR_AT_ONCE = 671;
    /** A text that is never tokenized, and one that its tokenizer dies of. */
    static final String ENDLESS_TEXT = "endless";

    static final String ERROR_TEXT = "error";
    static final Duration SLOW_STEP = Duration.ofSeconds(4);

    /** A prompt that ends by itself after this many tokens. */
    static final int STOP = 7;

    static final int CONTEXT = 1_000_000;
    static final int VOCABULARY = 1_000;
    static final String ABORT_MESSAGE = "/llama.cpp/ggml/src/toy.cpp:12: GGML_ASSERT(toy) failed";

    private record Sequence(GenerationRequest request, Consumer<GenerationEvent> events, AtomicInteger tokens) {}

    private record Cancel(Sequence sequence) {}

    private final EngineSettings settings;
    private final BlockingQueue<Object> inbox = new LinkedBlockingQueue<>();
    private final List<Sequence> waiting = new ArrayList<>();
    private final List<Sequence> running = new ArrayList<>();
    private final Thread thread = new Thread(this::run, "toy");
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicInteger finished = new AtomicInteger();
    private final AtomicLong pulse = new AtomicLong();
    private final StatusSource status = new StatusSource(new EngineStatus.Ready(0, 0));
    private volatile Runnable stepEnd = () -> {};
    private volatile int toldThreads; // 0 until told

    private ToyEngine(EngineSettings settings) {
        this.settings = settings;
        thread.setDaemon(true);
    }

    static ToyEngine open(EngineSettings settings, IntConsumer percent) {
        percent.accept(50);
        switch (settings.model().getFileName().toString()) {
            case STUCK -> hang();
            case ABORTS -> abort();
            case INVALID -> throw new EngineException.Broken("it is no model");
            default -> {}
        }
        LoggerFactory.getLogger(ToyEngine.class).info("toy model {} is loaded", "{}");
        ToyEngine engine = new ToyEngine(settings);
        engine.thread.start();
        return engine;
    }

    static int token(int first, int index) {
        return Math.floorMod(first * 31 + index * 17, VOCABULARY);
    }

    static byte[] piece(int token) {
        return token % 10 == 0
                ? new byte[] {(byte) 0xe2, (byte) 0x82}
                : (" t" + token).getBytes(StandardCharsets.UTF_8);
    }

    /** Generations that ended by themselves. */
    int finished() {
        return finished.get();
    }

    @Override
    public EngineStatus status() {
        return status.status();
    }

    @Override
    public Subscription onStatus(StatusListener listener) {
        return status.subscribe(listener);
    }

    @Override
    public ModelInfo model() {
        return ModelInfo.of("toy", "toy 1 Q8_0")
                .parameters(1L << 40)
                .bytes(2)
                .vocabularySize(VOCABULARY)
                .contextTokens(CONTEXT)
                .sequences(settings.sequences())
                .kvBytes(3)
                .layers(4)
                .chatTemplate("{{ messages }}")
                .bosToken("<s>")
                .fingerprint("toy-1")
                .roles(EnumSet.of(ModelRole.CHAT, ModelRole.EMBEDDINGS))
                .embeddings(new EmbeddingInfo(Pooling.LAST, 2, CONTEXT, PairFormat.NONE))
                .build();
    }

    /**
     * One id for each character, above the vocabulary if it is trusted; recursing as deep as the text is long, as some
     * regular expressions do.
     */
    @Override
    public int[] tokenize(Rendering prompt, Framing framing, int most) {
        IntStream ids = IntStream.empty();
        for (Segment segment : prompt.segments()) {
            switch (segment.text()) {
                case ENDLESS_TEXT -> hang();
                case ERROR_TEXT -> throw new AssertionError("a tokenizer's end");
                default -> {}
            }
            if (depth(segment.text(), 0) != segment.text().length()) {
                throw new AssertionError("depth is length");
            }
            ids = IntStream.concat(ids, segment.text().chars().map(c -> segment.trusted() ? -c : c));
        }
        return ids.toArray();
    }

    @Override
    public byte[][] pieces(int[] tokens) {
        for (int token : tokens) {
            if (token < 0 || token >= VOCABULARY) {
                throw new IllegalArgumentException("no token " + token);
            }
        }
        return IntStream.of(tokens).mapToObj(ToyEngine::piece).toArray(byte[][]::new);
    }

    private static int depth(String text, int index) {
        return index == text.length() ? 0 : 1 + depth(text, index + 1);
    }

    @Override
    public void onStepEnd(Runnable action) {
        stepEnd = action;
    }

    @Override
    public long pulse() {
        return pulse.get();
    }

    @Override
    public Generation generate(GenerationRequest request) {
        throw new UnsupportedOperationException("a worker submits");
    }

    @Override
    public Runnable submit(GenerationRequest request, Consumer<GenerationEvent> events) {
        if (request.prompt().length >= CONTEXT) {
            throw new EngineException.Refused(new Refusal.ContextExceeded(request.prompt().length, CONTEXT));
        }
        if (request.prompt()[0] >= VOCABULARY) {
            throw new IllegalArgumentException("token ids must be below " + VOCABULARY);
        }
        if (request.prompt()[0] == ERROR_AT_ONCE) {
            throw new AssertionError("a submitter's end");
        }
        if (underWay.incrementAndGet() > settings.sequences() + settings.queueLength()
                && request.resumed().isEmpty()) {
            underWay.decrementAndGet();
            throw new EngineException.Refused(new Refusal.QueueFull(settings.queueLength(), Duration.ofSeconds(3)));
        }
        Sequence sequence = new Sequence(request, events, new AtomicInteger(request.generated().length));
        inbox.add(sequence);
        return () -> inbox.add(new Cancel(sequence));
    }

    /** It has no threads, and shows the number in place of {@link EngineStatus.Ready#preemptions}. */
    @Override
    public void useThreads(int most) {
        toldThreads = most;
    }

    @Override
    public Embeddings embed(EmbeddingRequest request) {
        throw new UnsupportedOperationException("a worker submits");
    }

    /**
     * A vector is an input's first token and its length; one that begins with {@link #ABORT} aborts, with {@link #STOP}
     * never comes.
     */
    @Override
    public Runnable submit(EmbeddingRequest request, Consumer<EmbeddingEvent> events) {
        if (request.inputs().getFirst()[0] >= VOCABULARY) {
            throw new IllegalArgumentException("token ids must be below " + VOCABULARY);
        }
        Runnable work = () -> {
            List<int[]> inputs = request.inputs();
            for (int i = 0; i < inputs.size() && inputs.get(i)[0] != STOP; i++) {
                if (inputs.get(i)[0] == ABORT) {
                    abort();
                }
                float[][] vector = {{inputs.get(i)[0], inputs.get(i).length}};
                events.accept(new EmbeddingEvent.Computed(new int[] {i}, vector, i == inputs.size() - 1));
            }
            stepEnd.run();
        };
        inbox.add(work);
        return finished::incrementAndGet;
    }

    @Override
    public void close() {
        inbox.add(this);
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void run() {
        try {
            while (true) {
                pulse.incrementAndGet();
                boolean idle = running.isEmpty() && waiting.isEmpty();
                Object message = idle ? inbox.poll(200, TimeUnit.MILLISECONDS) : inbox.poll();
                for (; message != null; message = inbox.poll()) {
                    switch (message) {
                        case Sequence sequence -> waiting.add(sequence);
                        case Runnable work -> work.run();
                        case Cancel(Sequence sequence) -> {
                            if (waiting.remove(sequence) || running.remove(sequence)) {
                                underWay.decrementAndGet();
                            }
                        }
                        default -> {
                            return;
                        }
                    }
                }
                step();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void step() {
        while (running.size() < settings.sequences() && !waiting.isEmpty()) {
            Sequence sequence = waiting.removeFirst();
            running.add(sequence);
            sequence.events()
                    .accept(new GenerationEvent.Started(
                            sequence.request().prompt().length - 1, Duration.ofMillis(7), Reuse.UNKNOWN));
        }
        if (settings.threads() > 0) {
            LockSupport.parkNanos(settings.threads() * 10_000L);
        }
        EngineStatus after = null;
        for (Iterator<Sequence> i = running.iterator(); i.hasNext(); ) {
            Sequence sequence = i.next();
            int first = sequence.request().prompt()[0];
            int made = sequence.tokens().getAndIncrement();
            if (made == 1 && first == ABORT) {
                abort();
            }
            switch (first) {
                case HANG -> hang();
                case ERROR -> throw new AssertionError("an engine's end");
                case SLOW -> compute();
                default -> {}
            }
            if (first == BREAK) {
                sequence.events().accept(new GenerationEvent.Failed(new EngineException.Broken("decode failed")));
                after = new EngineStatus.Failed("decode failed");
                i.remove();
                underWay.decrementAndGet();
                continue;
            }
            int token = token(first, made);
            sequence.events().accept(new GenerationEvent.Token(token, piece(token)));
            boolean stop = first == STOP && made + 1 == STOP;
            if (stop || made + 1 == sequence.request().maxTokens()) {
                Timings timings = new Timings(Duration.ZERO, Duration.ofNanos(5), Duration.ofSeconds(1, made));
                sequence.events()
                        .accept(new GenerationEvent.Finished(
                                stop ? FinishReason.STOP : FinishReason.LENGTH, timings, Drafts.NONE));
                finished.incrementAndGet();
                i.remove();
                underWay.decrementAndGet();
            }
        }
        status.set(after != null ? after : new EngineStatus.Ready(running.size(), waiting.size(), 0, toldThreads));
        stepEnd.run();
    }

    private static void abort() {
        System.err.println(ABORT_MESSAGE);
        Runtime.getRuntime().halt(134);
    }

    private void compute() {
        long end = System.nanoTime() + SLOW_STEP.toNanos();
        while (System.nanoTime() - end < 0) {
            LockSupport.parkNanos(50_000_000);
            pulse.incrementAndGet();
        }
    }

    private static void hang() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
