package dev.gufo.engine.worker;

import dev.gufo.engine.EmbeddingEvent;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.VectorCollector;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The server's end of one connection to a loaded worker: calls that wait for their answers, and generations that wait for their events.
 * Calls come from request threads, which park; reports and the end come from the supervisor's thread.
 */
final class WorkerClient {
    /** Text on its way to one worker's tokenizer, in characters: a bound on what both processes hold for it. */
    private static final int TEXT_IN_FLIGHT = 8 << 20;

    private final Connection connection;
    private final AtomicLong lastId = new AtomicLong();
    private final Map<Long, CompletableFuture<Report.Answer>> calls = new ConcurrentHashMap<>();
    private final Map<Long, RemoteGeneration> generations = new ConcurrentHashMap<>();
    private final Map<Long, VectorCollector> embeddings = new ConcurrentHashMap<>();
    private final Semaphore text = new Semaphore(TEXT_IN_FLIGHT, true);
    private final List<RemoteGeneration> toWake = new ArrayList<>(); // the receiving thread's

    // Null until the end. Who puts something into the maps looks at it afterwards, who sets it empties the maps
    // afterwards.
    private volatile Supplier<EngineException> end;

    WorkerClient(Connection connection) {
        this.connection = connection;
    }

    int[] tokenize(Rendering rendering, Framing framing) {
        long length = rendering.segments().stream()
                .map(Segment::text)
                .mapToLong(String::length)
                .sum();
        if (length > FrameCodec.MAX_FRAME_BYTES / 4) {
            throw new EngineException.Broken("a prompt of %d characters is more than a worker takes".formatted(length));
        }
        int permits = (int) Math.min(length, TEXT_IN_FLIGHT);
        text.acquireUninterruptibly(permits);
        try {
            long id = lastId.incrementAndGet();
            return switch (call(id, new Command.Tokenize(id, rendering, framing))) {
                case Report.Tokenized(long _, int[] tokens) -> tokens;
                case Report.Declined(long _, EngineException cause) -> throw cause;
                case Report.Invalid(long _, String message) -> throw new IllegalArgumentException(message);
                case Report.Accepted _, Report.Pieces _ -> throw wrongAnswer();
            };
        } finally {
            text.release(permits);
        }
    }

    byte[][] pieces(int[] tokens) {
        long id = lastId.incrementAndGet();
        return switch (call(id, new Command.Detokenize(id, tokens))) {
            case Report.Pieces(long _, byte[][] pieces) -> pieces;
            case Report.Declined(long _, EngineException cause) -> throw cause;
            case Report.Invalid(long _, String message) -> throw new IllegalArgumentException(message);
            case Report.Accepted _, Report.Tokenized _ -> throw wrongAnswer();
        };
    }

    private static AssertionError wrongAnswer() {
        return new AssertionError("the worker answered another question");
    }

    Generation generate(GenerationRequest request) {
        long id = lastId.incrementAndGet();
        RemoteGeneration generation = new RemoteGeneration(() -> cancel(id));
        generations.put(id, generation); // first, since events may overtake the answer
        RuntimeException refusal = refusal(call(id, new Command.Generate(id, request)));
        if (refusal != null) {
            generations.remove(id);
            throw refusal;
        }
        return generation;
    }

    Embeddings embed(EmbeddingRequest request) {
        long id = lastId.incrementAndGet();
        VectorCollector vectors = new VectorCollector(request);
        vectors.onCancel(() -> cancel(id));
        embeddings.put(id, vectors);
        RuntimeException refusal = refusal(call(id, new Command.Embed(id, request)));
        if (refusal != null) {
            embeddings.remove(id);
            throw refusal;
        }
        return vectors;
    }

    /** Why a request was not taken; null if it was. */
    private static RuntimeException refusal(Report.Answer answer) {
        return switch (answer) {
            case Report.Accepted _ -> null;
            case Report.Declined(long _, EngineException cause) -> cause;
            case Report.Invalid(long _, String message) -> new IllegalArgumentException(message);
            case Report.Tokenized _, Report.Pieces _ -> throw wrongAnswer();
        };
    }

    private Report.Answer call(long id, Command command) {
        CompletableFuture<Report.Answer> answer = new CompletableFuture<>();
        calls.put(id, answer);
        Supplier<EngineException> ended = end;
        if (ended == null) {
            connection.post(command);
        } else {
            answer(new Report.Declined(id, ended.get()));
        }
        return answer.join();
    }

    private void cancel(long id) {
        if (generations.remove(id) != null || embeddings.remove(id) != null) {
            connection.post(new Command.Cancel(id));
        }
    }

    /** Hands an answer to its caller. */
    void answer(Report.Answer answer) {
        CompletableFuture<Report.Answer> call = calls.remove(answer.id());
        if (call != null) {
            call.complete(answer);
        }
    }

    /** Hands a step's events to their readers, each of whom is woken once. */
    void step(Report.Step step) {
        for (int i = 0; i < step.ids().length; i++) {
            deliver(step.ids()[i], step.events()[i]);
        }
        toWake.forEach(RemoteGeneration::wake);
        toWake.clear();
    }

    /** Hands vectors to whoever waits for them. */
    void vectors(Report.Vectors report) {
        for (int i = 0; i < report.ids().length; i++) {
            deliver(report.ids()[i], report.events()[i]);
        }
    }

    private void deliver(Long id, EmbeddingEvent event) {
        VectorCollector vectors = event.isLast() ? embeddings.remove(id) : embeddings.get(id);
        if (vectors != null) {
            vectors.accept(event);
        }
    }

    /** Ends waits that have lasted long enough. The receiving thread's. */
    void tick() {
        generations.values().forEach(RemoteGeneration::tick);
    }

    private void deliver(Long id, GenerationEvent event) {
        boolean last = event instanceof GenerationEvent.Finished || event instanceof GenerationEvent.Failed;
        RemoteGeneration generation = last ? generations.remove(id) : generations.get(id);
        if (generation != null && generation.add(event)) {
            toWake.add(generation);
        }
    }

    /** Ends everything that is under way, and everything that is tried later. Called once, by the receiving thread. */
    void end(Supplier<EngineException> cause) {
        end = cause;
        for (Long id : List.copyOf(calls.keySet())) {
            answer(new Report.Declined(id, cause.get()));
        }
        for (Long id : List.copyOf(embeddings.keySet())) {
            deliver(id, new EmbeddingEvent.Failed(cause.get()));
        }
        for (Long id : List.copyOf(generations.keySet())) {
            deliver(id, new GenerationEvent.Failed(cause.get()));
        }
        toWake.forEach(RemoteGeneration::wake);
        toWake.clear();
    }
}
