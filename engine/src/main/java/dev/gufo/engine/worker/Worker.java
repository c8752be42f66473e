package dev.gufo.engine.worker;

import dev.gufo.engine.EmbeddingEvent;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Owner;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.StepEngine;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * The worker's end of the connection: an engine that does what frames say.
 *
 * <p>The I/O thread, inside {@link #receive()}, takes commands and does none of them that lasts. The thread inside
 * {@link #serve} loads the model and closes it. Tokenizers and submitters call the engine. The engine's thread brings
 * events and posts them at each step's end.
 */
final class Worker {
    /**
     * llama.cpp splits text by regular expressions that recurse for every character. The memory is only taken as far as
     * it is used.
     */
    private static final long TOKENIZER_STACK_BYTES = 512L << 20;

    private static final int TOKENIZERS = 2;

    /** Submitting takes a sampler's set-up, which looks through the whole vocabulary for some of them. */
    private static final int SUBMITTERS = 2;

    /** A grammar takes up to a tenth of a second to compile: those who have none do not wait for it. */
    private static final int COMPILERS = 2;

    private static final long DEFAULT_STACK = 0;

    /** Threads end when idle, so that the pages of a deep stack are given back. */
    private static final long IDLE_SECONDS = 10;

    private record Loaded(StepEngine engine, StepCollector steps) {}

    private final Connection connection;
    private final EngineFactory factory;
    private final Consumer<Level> logLevel;
    private final ThreadPoolExecutor tokenizers = threads("tokenizer", TOKENIZERS, TOKENIZER_STACK_BYTES);
    private final Executor submitters = threads("submitter", SUBMITTERS, DEFAULT_STACK);
    private final Executor compilers = threads("compiler", COMPILERS, DEFAULT_STACK);
    private final BlockingQueue<Command.Open> opening = new LinkedBlockingQueue<>();
    private final CountDownLatch ending = new CountDownLatch(1);
    private final IdleHeap heap = new IdleHeap(); // the I/O thread's
    private final Map<Long, Served> served = new ConcurrentHashMap<>();

    // Set before the Loaded frame is posted; the server calls only after it.
    private volatile @Nullable Loaded loaded;

    /** @param logLevel told what the server's log takes */
    Worker(Connection connection, EngineFactory factory, Consumer<Level> logLevel) {
        this.connection = connection;
        this.factory = factory;
        this.logLevel = logLevel;
    }

    /**
     * Takes commands until the connection ends, by itself or because a model is not to be loaded any more.
     *
     * @throws IOException if the connection broke
     */
    void receive() throws IOException {
        connection.run(this::receive, this::beat);
    }

    /** Shows that this process lives, and passes on what its engine shows. */
    private void beat() {
        Loaded current = loaded;
        connection.offer(new Report.Beat(current == null ? 0 : current.engine().pulse()));
        heap.look(current != null && served.isEmpty() && tokenizers.getActiveCount() == 0);
    }

    /**
     * Loads the model and stays until the server says that it is to be closed.
     *
     * @throws InterruptedException if the calling thread was interrupted
     */
    void serve() throws InterruptedException {
        Command.Open open = opening.take();
        logLevel.accept(open.logLevel());
        try (StepEngine engine =
                factory.open(open.settings(), percent -> connection.post(new Report.Progress(percent)))) {
            StepCollector steps = new StepCollector(connection, engine);
            engine.onStepEnd(steps::flush);
            loaded = new Loaded(engine, steps);
            connection.post(new Report.Loaded(engine.model()));
            ending.await();
        } catch (EngineException.Broken e) {
            connection.post(new Report.Failed(String.valueOf(e.getMessage())));
            ending.await(); // the server reads this and closes the connection
        }
        connection.post(new Report.Closed());
    }

    private void receive(Frame frame) throws IOException {
        if (!(frame instanceof Command command)) {
            throw new BrokenFrame("a worker is sent commands, not " + frame.getClass());
        }
        switch (command) {
            case Command.Open open -> opening.add(open);
            case Command.Tokenize tokenize -> {
                StepEngine engine = loaded().engine();
                tokenizers.execute(() -> connection.post(tokenize(engine, tokenize)));
            }
            case Command.Detokenize(long id, int[] tokens) -> {
                StepEngine engine = loaded().engine();
                tokenizers.execute(() -> connection.post(detokenize(engine, id, tokens)));
            }
            case Command.Generate(long id, GenerationRequest request) -> {
                Loaded model = loaded();
                Served generation = new Served(id);
                Consumer<GenerationEvent> events = event -> generation.accept(model.steps(), event);
                Executor threads = request.constraint().isPresent() ? compilers : submitters;
                submit(threads, generation, () -> model.engine().submit(request, events));
            }
            case Command.Embed(long id, EmbeddingRequest request) -> {
                Loaded model = loaded();
                Served embedding = new Served(id);
                Consumer<EmbeddingEvent> events = event -> embedding.accept(model.steps(), event);
                served.put(id, embedding);
                // Here and now: unlike a sampler, this takes no time to set up.
                connection.post(embedding.submit(() -> model.engine().submit(request, events)));
            }
            case Command.Cancel(long id) -> {
                Served cancelled = served.remove(id);
                if (cancelled != null) {
                    cancelled.cancel();
                }
            }
            case Command.UseThreads(int most) -> loaded().engine().useThreads(most);
            case Command.Shutdown() -> {
                if (loaded == null) {
                    connection.close(); // nothing can stop the loading but the end of the process
                }
                ending.countDown();
            }
        }
    }

    private void submit(Executor threads, Served request, Supplier<Runnable> submission) {
        served.put(request.id, request); // here, so that a cancellation finds it
        threads.execute(() -> connection.post(request.submit(submission)));
    }

    private Loaded loaded() throws BrokenFrame {
        Loaded current = loaded;
        if (current == null) {
            throw new BrokenFrame("a call before the model was loaded");
        }
        return current;
    }

    private static Report.Answer tokenize(StepEngine engine, Command.Tokenize command) {
        try {
            List<int[]> tokens = engine.tokenize(command.texts(), command.framing(), Owner.ANYONE, command.most());
            int all = tokens.stream().mapToInt(each -> each.length).sum();
            if (all + tokens.size() <= FrameCodec.MAX_TOKENS) { // the length of each takes as much as a token
                return new Report.Tokenized(command.id(), tokens);
            }
            int contextTokens = engine.model().contextTokens();
            return new Report.Declined(
                    command.id(), new EngineException.Refused(new Refusal.ContextExceeded(all, contextTokens)));
        } catch (EngineException e) {
            return new Report.Declined(command.id(), e);
        }
    }

    private static Report.Answer detokenize(StepEngine engine, long id, int[] tokens) {
        try {
            return new Report.Pieces(id, engine.pieces(tokens));
        } catch (EngineException e) {
            return new Report.Declined(id, e);
        } catch (IllegalArgumentException e) {
            return new Report.Invalid(id, String.valueOf(e.getMessage()));
        }
    }

    /**
     * One request: submitted by one thread, cancelled by the I/O thread, even before, and told of events by the
     * engine's.
     */
    private final class Served {
        private final long id;
        private volatile boolean cancelled;
        private volatile @Nullable Runnable canceller; // null until submitted

        Served(long id) {
            this.id = id;
        }

        void accept(StepCollector steps, GenerationEvent event) {
            if (cancelled) {
                return;
            }
            steps.add(id, event);
            if (event instanceof GenerationEvent.Finished || event instanceof GenerationEvent.Failed) {
                served.remove(id);
            }
        }

        void accept(StepCollector steps, EmbeddingEvent event) {
            if (cancelled) {
                return;
            }
            steps.add(id, event);
            if (event.isLast()) {
                served.remove(id);
            }
        }

        /** @param submission hands the request to the engine and returns what cancels it */
        Report.Answer submit(Supplier<Runnable> submission) {
            try {
                canceller = submission.get();
                if (cancelled) {
                    canceller.run(); // it may be done twice, but not never
                }
                return new Report.Accepted(id);
            } catch (EngineException e) {
                served.remove(id);
                return new Report.Declined(id, e);
            } catch (IllegalArgumentException e) {
                served.remove(id);
                return new Report.Invalid(id, String.valueOf(e.getMessage()));
            }
        }

        void cancel() {
            cancelled = true;
            Runnable submitted = canceller;
            if (submitted != null) {
                submitted.run();
            }
        }
    }

    private static ThreadPoolExecutor threads(String name, int count, long stackBytes) {
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                count,
                count,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> new Thread(null, task, name, stackBytes));
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }
}
