package dev.gufo.engine.worker;

import dev.gufo.engine.EmbeddingEvent;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Owner;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.VectorCollector;
import dev.gufo.engine.cores.CoreShares;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The server's end of one connection to a loaded worker: calls that wait for their answers, and generations that wait
 * for their events. Calls come from request threads, which park; reports and the end come from the supervisor's thread.
 */
final class WorkerClient {
    /** Longest text that a frame can carry, in characters, whatever they are. */
    private static final int MAX_CHARACTERS = FrameCodec.MAX_FRAME_BYTES / 4;

    /**
     * How long a single call is waited for, of whichever kind: longer than the worker takes for all the text that may
     * be on its way. One that takes longer ends alone; that no call is answered ends the worker much sooner.
     */
    private static final Duration LONGEST_CALL = Duration.ofMinutes(5);

    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final Connection connection;
    private final AtomicLong lastId = new AtomicLong();
    private final Map<Long, Call> calls = new ConcurrentHashMap<>();
    private final CallLane tokenizing = new CallLane("to tokenize");
    private final CallLane submitting = new CallLane("to submit a request");
    private final CallLane compiling = new CallLane("to compile a grammar");
    private final CallLane embedding = new CallLane("to embed");
    private final Map<Long, RemoteGeneration> generations = new ConcurrentHashMap<>();
    private final Map<Long, VectorCollector> embeddings = new ConcurrentHashMap<>();
    private final TextTurns turns = new TextTurns();
    private final List<RemoteGeneration> toWake = new ArrayList<>(); // the receiving thread's

    private record Call(CallLane lane, CompletableFuture<Report.Answer> answer) {}

    // Null until the end. Who puts something into the maps looks at it afterwards, who sets it empties the maps
    // afterwards.
    private volatile @Nullable Supplier<EngineException> end;

    private volatile Optional<CoreShares.Member> share = Optional.empty(); // set before the first call

    WorkerClient(Connection connection) {
        this.connection = connection;
    }

    /**
     * Has the worker share the machine's cores with others: it counts as busy while it has requests.
     *
     * @param threads that it uses alone; 0 for one on each core
     */
    void share(CoreShares cores, int threads) {
        share = Optional.of(cores.join(threads, most -> connection.post(new Command.UseThreads(most))));
    }

    private void begin() {
        share.ifPresent(CoreShares.Member::begin);
    }

    /** Once for each request, by whoever took it out of its map. */
    private void ended() {
        share.ifPresent(CoreShares.Member::end);
    }

    /**
     * The token ids of texts, as {@link dev.gufo.engine.Engine#tokenize} has it. One call for all of them, or several
     * where they are more than a short text: so a list takes turns with the texts of others as its texts alone would.
     */
    List<int[]> tokenize(List<Rendering> texts, Framing framing, Owner owner, int most) {
        for (Rendering text : texts) {
            if (length(text) > MAX_CHARACTERS) {
                throw new EngineException.Refused(new Refusal.TextTooLong(length(text), MAX_CHARACTERS));
            }
        }
        List<int[]> all = new ArrayList<>(texts.size());
        while (all.size() < texts.size()) {
            List<Rendering> some = texts.subList(all.size(), endOfCall(texts, all.size()));
            List<int[]> tokens = tokenizeAtOnce(some, framing, owner, most);
            all.addAll(tokens);
            if (all.getLast().length > most) {
                break; // the texts behind it are not wanted any more
            }
            if (tokens.size() != some.size()) {
                throw wrongAnswer();
            }
        }
        return all;
    }

    private static long length(Rendering text) {
        return text.segments().stream()
                .map(Segment::text)
                .mapToLong(String::length)
                .sum();
    }

    /** Behind the last of the texts that go together: at least one, and no longer than a short text in all. */
    private static int endOfCall(List<Rendering> texts, int from) {
        int end = from + 1;
        for (long length = length(texts.get(from)); end < texts.size(); end++) {
            length += length(texts.get(end));
            if (length > TextTurns.SHORT) {
                break;
            }
        }
        return end;
    }

    private List<int[]> tokenizeAtOnce(List<Rendering> texts, Framing framing, Owner owner, int most) {
        long length = texts.stream().mapToLong(WorkerClient::length).sum();
        try (TextTurns.Turn _ = turns.await(owner, length)) {
            long id = lastId.incrementAndGet();
            return switch (call(tokenizing, id, new Command.Tokenize(id, texts, framing, most))) {
                case Report.Tokenized(long _, List<int[]> tokens) when tokens.isEmpty() -> throw wrongAnswer();
                case Report.Tokenized(long _, List<int[]> tokens) -> tokens;
                case Report.Declined(long _, EngineException cause) -> throw cause;
                case Report.Invalid(long _, String message) -> throw new IllegalArgumentException(message);
                case Report.Accepted _, Report.Pieces _ -> throw wrongAnswer();
            };
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static EngineException interrupted() {
        Thread.currentThread().interrupt();
        return new EngineException.Interrupted();
    }

    byte[][] pieces(int[] tokens) {
        long id = lastId.incrementAndGet();
        return switch (call(tokenizing, id, new Command.Detokenize(id, tokens))) {
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
        begin();
        generations.put(id, generation); // first, since events may overtake the answer
        submit(request.constraint().isPresent() ? compiling : submitting, id, new Command.Generate(id, request));
        return generation;
    }

    Embeddings embed(EmbeddingRequest request) {
        long id = lastId.incrementAndGet();
        VectorCollector vectors = new VectorCollector(request);
        vectors.onCancel(() -> cancel(id));
        begin();
        embeddings.put(id, vectors);
        submit(embedding, id, new Command.Embed(id, request));
        return vectors;
    }

    /** Throws why a request was not taken; one that is not waited for any more is cancelled. */
    private void submit(CallLane lane, long id, Command command) {
        RuntimeException refusal;
        try {
            refusal = refusal(call(lane, id, command));
        } catch (EngineException e) {
            cancel(id);
            throw e;
        }
        if (refusal != null) {
            if (generations.remove(id) != null || embeddings.remove(id) != null) {
                ended();
            }
            throw refusal;
        }
    }

    /** Why a request was not taken; null if it was. */
    private static @Nullable RuntimeException refusal(Report.Answer answer) {
        return switch (answer) {
            case Report.Accepted _ -> null;
            case Report.Declined(long _, EngineException cause) -> cause;
            case Report.Invalid(long _, String message) -> new IllegalArgumentException(message);
            case Report.Tokenized _, Report.Pieces _ -> throw wrongAnswer();
        };
    }

    /** Waits for an answer; interruptibly, and not for ever. */
    private Report.Answer call(CallLane lane, long id, Command command) {
        CompletableFuture<Report.Answer> answer = new CompletableFuture<>();
        lane.add();
        calls.put(id, new Call(lane, answer));
        Supplier<EngineException> ended = end;
        if (ended == null) {
            connection.post(command);
        } else {
            answer(new Report.Declined(id, ended.get()));
        }
        try {
            return answer.get(LONGEST_CALL.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw interrupted();
        } catch (TimeoutException e) {
            throw new EngineException.Refused(new Refusal.NotReady(
                    "its worker has not answered within %d s".formatted(LONGEST_CALL.toSeconds()), RETRY_AFTER));
        } catch (ExecutionException e) {
            throw new AssertionError("answers are values", e);
        } finally {
            forget(id);
        }
    }

    private @Nullable Call forget(long id) {
        Call call = calls.remove(id);
        if (call != null) {
            call.lane().remove();
        }
        return call;
    }

    private void cancel(long id) {
        if (generations.remove(id) != null || embeddings.remove(id) != null) {
            ended();
            connection.post(new Command.Cancel(id));
        }
    }

    /** Hands an answer to its caller. */
    void answer(Report.Answer answer) {
        Call call = forget(answer.id());
        if (call != null) {
            call.lane().answered();
            call.answer().complete(answer);
        }
    }

    /**
     * Lets time pass for calls that wait. The receiving thread's.
     *
     * @param nanos since the last time
     * @throws NotAnswering if calls of a kind wait and none was answered for longer than {@code most}
     */
    void requireAnswers(long nanos, Duration most) throws NotAnswering {
        for (CallLane lane : List.of(tokenizing, submitting, compiling, embedding)) {
            lane.requireAnswers(nanos, most);
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
            if (event.isLast()) {
                ended();
            }
        }
    }

    /** Ends waits that have lasted long enough. The receiving thread's. */
    void tick() {
        generations.values().forEach(RemoteGeneration::tick);
    }

    private void deliver(Long id, GenerationEvent event) {
        boolean last = event instanceof GenerationEvent.Finished || event instanceof GenerationEvent.Failed;
        RemoteGeneration generation = last ? generations.remove(id) : generations.get(id);
        if (last && generation != null) {
            ended();
        }
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
        share.ifPresent(CoreShares.Member::close);
        toWake.forEach(RemoteGeneration::wake);
        toWake.clear();
    }
}
