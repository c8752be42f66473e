package dev.gufo.engine.batch;

import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.StepEngine;
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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * A model in this process. One platform thread, the engine thread, opens the model's context and runs the {@link Scheduler}; it
 * alone touches both. Other threads tokenize, build samplers, and put arrivals and cancellations into the inbox.
 *
 * <p>{@code underWay} counts requests from their acceptance to their end; whoever accepts or ends one changes it.
 */
public final class LocalEngine implements StepEngine {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    /** Grammars that are costly to follow are followed one after the other, so that those who have none wait little. */
    private static final Duration CHOOSING = Duration.ofMillis(50);

    /** Handing tokens over costs about as much as computing one with a very small model, so it is done this often at most. */
    private static final long HAND_OVER_NANOS = Duration.ofMillis(5).toNanos();

    private final EngineSettings settings;
    private final Duration choosing;
    private final LinkedBlockingQueue<Command> inbox = new LinkedBlockingQueue<>();
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final Thread engineThread;
    private final CompletableFuture<LoadedModel> loaded = new CompletableFuture<>();
    private volatile EngineStatus end;
    private volatile int running;
    private long lastHandOver; // the engine thread's
    private volatile Runnable stepEnd = () -> {};

    private sealed interface Command {
        record Arrive(Sequence sequence) implements Command {}

        record Cancel(Sequence sequence) implements Command {}

        record Close() implements Command {}
    }

    private LocalEngine(EngineSettings settings, Duration choosing, IntConsumer percent) {
        this.settings = settings;
        this.choosing = choosing;
        this.engineThread = Thread.ofPlatform().name("engine").unstarted(() -> run(percent));
    }

    /**
     * Loads a model; returns when it is ready.
     *
     * @param percent is told how far the loading is, 0 to 100, on another thread
     * @throws EngineException.Broken if the file is no valid GGUF, llama.cpp can't run it, or memory is short
     */
    public static LocalEngine open(EngineSettings settings, IntConsumer percent) {
        return open(settings, CHOOSING, percent);
    }

    /** @param choosing what the choice of constrained tokens may take of a step before others are put off */
    static LocalEngine open(EngineSettings settings, Duration choosing, IntConsumer percent) {
        LocalEngine engine = new LocalEngine(settings, choosing, percent);
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
        EngineStatus over = end;
        return over != null ? over : new EngineStatus.Ready(running, Math.max(0, underWay.get() - running));
    }

    @Override
    public ModelInfo model() {
        return loaded.join().info();
    }

    @Override
    public int[] tokenize(Rendering text, Framing framing) {
        requireOpen();
        return loaded.join().vocabulary().tokenize(text, framing);
    }

    @Override
    public byte[][] pieces(int[] tokens) {
        requireOpen();
        LoadedModel model = loaded.join();
        byte[][] pieces = new byte[tokens.length][];
        for (int i = 0; i < tokens.length; i++) {
            requireToken(tokens[i], model.info());
            pieces[i] = model.vocabulary().piece(tokens[i]);
        }
        return pieces;
    }

    @Override
    public void onStepEnd(Runnable action) {
        stepEnd = action;
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
        ModelInfo model = model();
        check(request, model);
        reservePlace();
        Sequence sequence;
        try {
            sequence = sequence(request, events);
        } catch (RuntimeException | Error e) {
            underWay.decrementAndGet();
            throw e;
        }
        Command arrival = new Command.Arrive(sequence);
        inbox.add(arrival);
        if (end != null && inbox.remove(arrival)) { // the engine thread may have looked for the last time
            sequence.cancel();
            requireOpen();
        }
        return () -> inbox.add(new Command.Cancel(sequence));
    }

    private Sequence sequence(GenerationRequest request, Consumer<GenerationEvent> events) {
        LoadedModel model = loaded.join();
        Optional<TextConstraint> constraint =
                request.constraint().map(wanted -> model.constraints().of(wanted, request.ignoreEnd()));
        return new Sequence(
                request,
                samplerOf(request),
                constraint,
                model.info().contextTokens(),
                events,
                underWay::decrementAndGet);
    }

    private static void check(GenerationRequest request, ModelInfo model) {
        if (request.prompt().length >= model.contextTokens()) {
            throw new EngineException.Refused(
                    new Refusal.ContextExceeded(request.prompt().length, model.contextTokens()));
        }
        for (int token : request.prompt()) {
            requireToken(token, model);
        }
        request.sampling().logitBias().keySet().forEach(token -> requireToken(token, model));
    }

    private static void requireToken(int token, ModelInfo model) {
        if (token < 0 || token >= model.vocabularySize()) {
            throw new IllegalArgumentException(
                    "token ids must be 0 to %d, one is %d".formatted(model.vocabularySize() - 1, token));
        }
    }

    private void reservePlace() {
        int places = settings.sequences() + settings.queueLength();
        if (underWay.incrementAndGet() > places) {
            int waiting = underWay.decrementAndGet() - settings.sequences();
            throw new EngineException.Refused(new Refusal.QueueFull(Math.max(0, waiting), RETRY_AFTER));
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
        return Optional.of(chain);
    }

    private void requireOpen() {
        switch (end) {
            case null -> {}
            case EngineStatus.Failed(String reason) -> throw new EngineException.Broken(reason);
            default -> throw new EngineException.Refused(new Refusal.NotReady("the engine is closed", RETRY_AFTER));
        }
    }

    /** The engine thread's life. */
    private void run(IntConsumer percent) {
        LoadedModel model;
        try {
            model = LoadedModel.load(settings, percent);
        } catch (LoadFailed | LibraryMismatch e) {
            loaded.completeExceptionally(new EngineException.Broken(e.getMessage(), e));
            return;
        } catch (EngineException.Broken e) {
            loaded.completeExceptionally(e);
            return;
        } catch (RuntimeException | Error e) {
            loaded.completeExceptionally(e);
            throw e;
        }
        try (model) {
            Scheduler scheduler = model.newScheduler(settings, choosing);
            loaded.complete(model);
            try {
                serve(scheduler);
            } catch (DecodeFailed e) {
                end = new EngineStatus.Failed(e.getMessage());
                scheduler.failAll(new EngineException.Broken(e.getMessage(), e));
                stepEnd.run();
            } finally {
                scheduler.close();
            }
        }
        refuseTheRest();
    }

    private void serve(Scheduler scheduler) {
        while (true) {
            Command command = scheduler.isIdle() ? await() : inbox.poll();
            for (; command != null; command = inbox.poll()) {
                switch (command) {
                    case Command.Arrive(Sequence sequence) -> scheduler.enqueue(sequence);
                    case Command.Cancel(Sequence sequence) -> scheduler.cancel(sequence);
                    case Command.Close() -> {
                        end = new EngineStatus.Closed();
                        scheduler.failAll(new EngineException.Broken("the engine was closed"));
                        stepEnd.run();
                        return;
                    }
                }
            }
            if (!scheduler.isIdle()) {
                boolean milestone = scheduler.step();
                running = scheduler.running();
                handOver(milestone || scheduler.isIdle());
            } else {
                running = 0;
            }
        }
    }

    /** Ends a step for those who collect events; tokens of very short steps go over together, to the reader they look the same. */
    private void handOver(boolean atOnce) {
        long now = System.nanoTime();
        if (atOnce || now - lastHandOver >= HAND_OVER_NANOS) {
            lastHandOver = now;
            stepEnd.run();
        }
    }

    private Command await() {
        try {
            return inbox.take();
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts the engine thread", e);
        }
    }

    /** Whoever came while it ended. */
    private void refuseTheRest() {
        for (Command command = inbox.poll(); command != null; command = inbox.poll()) {
            if (command instanceof Command.Arrive(Sequence sequence)) {
                sequence.fail(new EngineException.Broken("the engine was closed"));
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
