package dev.gufo.engine.batch;

import static java.util.Objects.requireNonNull;

import dev.gufo.engine.Admission;
import dev.gufo.engine.CacheUse;
import dev.gufo.engine.EmbeddingEvent;
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
import dev.gufo.engine.QueuedGeneration;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.RequestCheck;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.Speculation;
import dev.gufo.engine.StatusListener;
import dev.gufo.engine.StatusSource;
import dev.gufo.engine.StepEngine;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.VectorCollector;
import dev.gufo.engine.cores.CoreShares;
import dev.gufo.engine.llama.DecodeFailed;
import dev.gufo.engine.llama.LibraryMismatch;
import dev.gufo.engine.llama.LoadFailed;
import dev.gufo.engine.llama.SamplerChain;
import dev.gufo.engine.llama.Vocabulary;
import dev.gufo.template.Rendering;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * A model in this process. One platform thread, the engine thread, opens the model's context and runs the
 * {@link Scheduler}; it alone touches both. Other threads tokenize, build samplers, and put arrivals and cancellations
 * into the inbox.
 */
public final class LocalEngine implements StepEngine {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    /** An idle engine thread wakes up as often, to show that it lives. */
    private static final Duration IDLE_BEAT = Duration.ofMillis(500);

    /** Grammars that are costly to follow are followed one after the other, so that those who have none wait little. */
    private static final Duration CHOOSING = Duration.ofMillis(50);

    private final EngineSettings settings;
    private final Optional<CoreShares> cores;
    private final Duration choosing;
    private final LinkedBlockingQueue<Command> inbox = new LinkedBlockingQueue<>();
    private final Admission admission;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final Thread engineThread;
    private final CompletableFuture<LoadedModel> loaded = new CompletableFuture<>();
    private final StatusSource life = new StatusSource(new EngineStatus.Ready(0, 0)); // the engine thread sets it
    private volatile Load load = new Load(0, 0, 0);
    private volatile CacheUse caches = CacheUse.NONE; // the engine thread sets it
    private volatile int threads;
    private long lookedAtCaches; // the engine thread's; nanoTime
    private final AtomicLong pulse = new AtomicLong(); // the engine thread writes it
    private volatile Runnable stepEnd = () -> {};

    /** What the engine thread last told of its work; see {@link EngineStatus.Ready}. */
    private record Load(int running, float kvUsage, long preemptions) {}

    private sealed interface Command {
        record Arrive(Sequence sequence) implements Command {}

        record Cancel(Sequence sequence) implements Command {}

        record ArriveToEmbed(EmbeddingJob job) implements Command {}

        record CancelEmbedding(EmbeddingJob job) implements Command {}

        record Close() implements Command {}
    }

    private LocalEngine(Sizing sizing, Duration choosing, Optional<CoreShares> cores, IntConsumer percent) {
        this.settings = sizing.settings();
        this.cores = cores;
        this.choosing = choosing;
        this.admission = new Admission(settings.sequences(), settings.queueLength());
        this.engineThread = Thread.ofPlatform().name("engine").unstarted(() -> run(sizing, percent));
    }

    /**
     * Loads a model; returns when it is ready.
     *
     * @param percent is told how far the loading is, 0 to 100, on another thread
     * @throws EngineException.Broken if the file is no valid GGUF, llama.cpp can't run it, or memory is short
     */
    public static LocalEngine open(EngineSettings settings, IntConsumer percent) {
        return open(settings, CHOOSING, Optional.empty(), percent);
    }

    /**
     * The same for one of several models in this process.
     *
     * @param cores what they share
     */
    public static LocalEngine open(EngineSettings settings, CoreShares cores, IntConsumer percent) {
        return open(settings, CHOOSING, Optional.of(cores), percent);
    }

    /** @param choosing what the choice of constrained tokens may take of a step before others are deferred */
    static LocalEngine open(EngineSettings settings, Duration choosing, IntConsumer percent) {
        return open(settings, choosing, Optional.empty(), percent);
    }

    private static LocalEngine open(
            EngineSettings settings, Duration choosing, Optional<CoreShares> cores, IntConsumer percent) {
        LocalEngine engine = new LocalEngine(Sizing.of(settings), choosing, cores, percent);
        engine.engineThread.start();
        try {
            engine.loaded.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof EngineException.Broken broken) {
                throw broken;
            }
            throw e;
        }
        return engine;
    }

    @Override
    public EngineStatus status() {
        EngineStatus now = life.status();
        return now instanceof EngineStatus.Ready ? ready() : now;
    }

    @Override
    public Subscription onStatus(StatusListener listener) {
        return life.subscribe(listener);
    }

    private EngineStatus ready() {
        Load now = load;
        return new EngineStatus.Ready(
                now.running(), Math.max(0, admission.taken() - now.running()), now.kvUsage(), now.preemptions());
    }

    @Override
    public CacheUse caches() {
        return caches;
    }

    @Override
    public ModelInfo model() {
        return loaded.join().info();
    }

    @Override
    public int[] tokenize(Rendering text, Framing framing, int most) {
        requireOpen();
        return loaded.join().vocabulary().tokenize(text, framing, most);
    }

    @Override
    public byte[][] pieces(int[] tokens) {
        requireOpen();
        LoadedModel model = loaded.join();
        byte[][] pieces = new byte[tokens.length][];
        for (int i = 0; i < tokens.length; i++) {
            RequestCheck.requireToken(tokens[i], model.info());
            pieces[i] = model.vocabulary().piece(tokens[i]);
        }
        return pieces;
    }

    @Override
    public void onStepEnd(Runnable action) {
        stepEnd = action;
    }

    @Override
    public void useThreads(int most) {
        loaded.join().threads().share(most);
    }

    /** CPU threads of the last step. */
    int threads() {
        return threads;
    }

    @Override
    public long pulse() {
        return pulse.get();
    }

    private void beat() {
        pulse.lazySet(pulse.getPlain() + 1);
    }

    @Override
    public Generation generate(GenerationRequest request) {
        QueuedGeneration generation = new QueuedGeneration();
        generation.onCancel(submit(request, generation::put));
        return generation;
    }

    @Override
    public Runnable submit(GenerationRequest request, Consumer<GenerationEvent> events) {
        long submitted = System.nanoTime(); // a grammar that has to be compiled is waited for, too
        requireOpen();
        ModelInfo model = model();
        RequestCheck.require(request, model);
        if (request.deterministic() && settings.compute().sharesKv()) {
            // Where its cells lie in the pool changes the order of sums, and that the last bits.
            throw new EngineException.Refused(new Refusal.Unsupported("deterministic", "llama.cpp with --kv shared"));
        }
        if (request.forced().length > 0 && loaded.join().vocabulary().ends().isEmpty()) {
            throw new EngineException.Refused(
                    new Refusal.Unsupported("labels", "a model whose vocabulary has no end of an answer"));
        }
        Runnable placeFreed = admission.take(request);
        Sequence sequence;
        try {
            sequence = sequence(request, submitted, events, placeFreed);
        } catch (RuntimeException | Error e) {
            placeFreed.run();
            throw e;
        }
        arrive(new Command.Arrive(sequence), sequence::cancel);
        return () -> inbox.add(new Command.Cancel(sequence));
    }

    private Sequence sequence(
            GenerationRequest request, long submitted, Consumer<GenerationEvent> events, Runnable placeFreed) {
        LoadedModel model = loaded.join();
        Optional<TextConstraint> constraint =
                request.constraint().map(wanted -> model.constraints().of(wanted, request.ignoreEnd()));
        constraint.ifPresent(following -> follow(following, request.generated()));
        return new Sequence(
                request,
                samplerOf(request),
                constraint,
                drafterOf(request, constraint),
                model.info().contextTokens(),
                submitted,
                events,
                placeFreed);
    }

    private Optional<Drafter> drafterOf(GenerationRequest request, Optional<TextConstraint> constraint) {
        boolean guessed = request.speculate()
                && !request.deterministic()
                && !request.promptLogprobs()
                && request.forced().length == 0;
        Speculation speculation = settings.speculation();
        return guessed && speculation != Speculation.OFF
                ? Optional.of(new Drafter(
                        constraint, speculation.looksUp(), loaded.join().draft()))
                : Optional.empty();
    }

    /** Brings a constraint to where the answer is already. */
    private static void follow(TextConstraint constraint, int[] generated) {
        try {
            constraint.follow(generated);
        } catch (EngineException.Refused e) {
            constraint.close();
            throw e;
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
        RequestCheck.require(request, model());
        EmbeddingJob job = new EmbeddingJob(request, events, admission.take(request));
        arrive(new Command.ArriveToEmbed(job), job::cancel);
        return () -> inbox.add(new Command.CancelEmbedding(job));
    }

    private void arrive(Command arrival, Runnable cancellation) {
        inbox.add(arrival);
        if (!(life.status() instanceof EngineStatus.Ready)
                && inbox.remove(arrival)) { // the engine thread may have looked for the last time
            cancellation.run();
            requireOpen();
        }
    }

    private Optional<SamplerChain> samplerOf(GenerationRequest request) {
        Sampling sampling = request.sampling();
        Vocabulary vocabulary = loaded.join().vocabulary();
        if (sampling.isPlainArgmax() && !vocabulary.suppressesTokens()) {
            return Optional.empty();
        }
        SamplerChain chain = new SamplerChain(vocabulary, sampling, model().contextTokens());
        chain.acceptPrompt(request.prompt());
        chain.acceptAnswer(request.generated());
        return Optional.of(chain);
    }

    private void requireOpen() {
        switch (life.status()) {
            case EngineStatus.Ready _ -> {}
            case EngineStatus.Failed(String reason) -> throw new EngineException.Broken(reason);
            default -> throw new EngineException.Refused(new Refusal.NotReady("the engine is closed", RETRY_AFTER));
        }
    }

    /** The engine thread's life. */
    private void run(Sizing sizing, IntConsumer percent) {
        LoadedModel model;
        try {
            model = LoadedModel.load(sizing, percent);
        } catch (LoadFailed | LibraryMismatch e) {
            loaded.completeExceptionally(new EngineException.Broken(requireNonNull(e.getMessage()), e));
            return;
        } catch (EngineException.Broken e) {
            loaded.completeExceptionally(e);
            return;
        } catch (RuntimeException | Error e) {
            loaded.completeExceptionally(e);
            throw e;
        }
        Optional<CoreShares.Member> share = cores.filter(_ -> model.info().computesOnCpu())
                .map(all -> all.join(settings.threads(), model.threads()::share));
        try (model) {
            Schedulers scheduler = model.newSchedulers(sizing, choosing);
            model.whileComputing(this::beat);
            loaded.complete(model);
            try {
                share.ifPresent(CoreShares.Member::begin); // until it is found to be idle
                serve(scheduler, model.threads(), share);
            } catch (DecodeFailed e) {
                life.set(new EngineStatus.Failed(requireNonNull(e.getMessage())));
                scheduler.failAll(new EngineException.Broken(requireNonNull(e.getMessage()), e));
                stepEnd.run();
            } finally {
                share.ifPresent(CoreShares.Member::close);
                scheduler.close();
            }
        }
        refuseTheRest();
    }

    /** @param share where models of this process share cores: it counts as busy while there is something to do */
    private void serve(Schedulers scheduler, ComputeThreads threads, Optional<CoreShares.Member> share) {
        lookedAtCaches = System.nanoTime();
        while (true) {
            beat();
            Command command = inbox.poll();
            if (command == null && scheduler.isIdle()) {
                share.ifPresent(CoreShares.Member::end);
                command = await(scheduler);
                share.ifPresent(CoreShares.Member::begin);
            }
            for (; command != null; command = inbox.poll()) {
                switch (command) {
                    case Command.Arrive(Sequence sequence) -> scheduler.enqueue(sequence);
                    case Command.Cancel(Sequence sequence) -> scheduler.cancel(sequence);
                    case Command.ArriveToEmbed(EmbeddingJob job) -> scheduler.enqueue(job);
                    case Command.CancelEmbedding(EmbeddingJob job) -> scheduler.cancel(job);
                    case Command.Close() -> {
                        life.set(new EngineStatus.Closed());
                        scheduler.failAll(new EngineException.Broken("the engine was closed"));
                        stepEnd.run();
                        scheduler.putAway();
                        return;
                    }
                }
            }
            if (!scheduler.isIdle()) {
                threads.prepare();
                scheduler.step();
                threads.observe();
                this.threads = threads.used();
                load = loadOf(scheduler);
                if (System.nanoTime() - lookedAtCaches > IDLE_BEAT.toNanos()) {
                    lookAtCaches(scheduler);
                }
                stepEnd.run();
            } else {
                load = loadOf(scheduler);
                stepEnd.run(); // a request may have been refused without a step
            }
        }
    }

    private Load loadOf(Schedulers scheduler) {
        return new Load(scheduler.running(), (float) scheduler.kvUsage(), scheduler.preemptions());
    }

    /** Not at each step: what is kept is summed up. */
    private void lookAtCaches(Schedulers scheduler) {
        lookedAtCaches = System.nanoTime();
        caches = scheduler.caches(model().kvBytes());
    }

    private Command await(Schedulers scheduler) {
        try {
            Command command = inbox.poll(IDLE_BEAT.toNanos(), TimeUnit.NANOSECONDS);
            while (command == null) {
                beat();
                CacheUse before = caches;
                lookAtCaches(scheduler);
                if (!caches.equals(before)) {
                    stepEnd.run();
                }
                command = inbox.poll(IDLE_BEAT.toNanos(), TimeUnit.NANOSECONDS);
            }
            return command;
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts the engine thread", e);
        }
    }

    /** Requests that came while it ended. */
    private void refuseTheRest() {
        EngineException closed = new EngineException.Broken("the engine was closed");
        for (Command command = inbox.poll(); command != null; command = inbox.poll()) {
            switch (command) {
                case Command.Arrive(Sequence sequence) -> sequence.fail(closed);
                case Command.ArriveToEmbed(EmbeddingJob job) -> job.fail(closed);
                case Command.Cancel _, Command.CancelEmbedding _, Command.Close() -> {}
            }
        }
        stepEnd.run();
    }

    @Override
    public void close() {
        if (closing.compareAndSet(false, true)) {
            inbox.add(new Command.Close());
        }
        boolean interrupted = false;
        while (engineThread.isAlive()) {
            try {
                engineThread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
