package dev.gufo.engine.worker;

import dev.gufo.engine.Drafts;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Resumed;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A generation that outlives its worker. It keeps the tokens that it has told; when the worker is lost, the next one
 * gets the request with them ({@link Resumed}) and goes on behind them. Its reader sees one generation: nothing comes
 * twice, and times are those of the whole, with what the restart took.
 *
 * <p>Where the next worker can't go on, it ends as lost: the second engine with tokens told, and a grammar that does
 * not take the answer so far, which is not known to happen.
 *
 * <p>Read by one thread, which also submits it again; {@link #cancel} may come from any.
 */
final class ContinuedGeneration implements Generation {
    private static final int FIRST_CAPACITY = 64;

    private final GenerationRequest request;
    private final int mostTokens;
    private final Attempts<Generation> attempts;
    private final long submitted = System.nanoTime();

    // The reader's, of all attempts.
    private int[] tokens = {};
    private int count;
    private int promptTold; // tokens of the prompt, with their logprobs
    private Optional<Duration> queued = Optional.empty();
    private Optional<Duration> prefill = Optional.empty();
    private long firstToken;
    private long lastToken;

    // The reader's, of the attempt that runs.
    private int submissions; // this one is among them
    private long attempted = submitted;
    private boolean started;
    private Duration queuedHere = Duration.ZERO;
    private int promptSeen;

    private ContinuedGeneration(Supervisor supervisor, GenerationRequest request, int contextTokens) {
        this.request = request;
        this.mostTokens = Math.min(request.maxTokens(), contextTokens - request.prompt().length);
        this.attempts = new Attempts<>(supervisor, this::submit, Generation::cancel);
    }

    /**
     * Queues a request, whose prompt is shorter than the context. While a worker is on its way to replace a lost one,
     * the request waits for it.
     *
     * @param contextTokens most tokens of prompt and answer
     * @throws EngineException if the worker does not take it, or there will be none
     */
    static ContinuedGeneration start(Supervisor supervisor, GenerationRequest request, int contextTokens) {
        var generation = new ContinuedGeneration(supervisor, request, contextTokens);
        generation.attempts.begin();
        if (generation.submissions == 1) {
            generation.attempted = generation.submitted; // it went there at once
        }
        return generation;
    }

    private Generation submit(WorkerClient worker) {
        GenerationRequest now = submissions++ == 0 ? request : resumed();
        attempted = System.nanoTime();
        started = false;
        promptSeen = 0;
        return worker.generate(now);
    }

    private GenerationRequest resumed() {
        return request.with()
                .promptLogprobs(request.promptLogprobs() && count == 0)
                .resumed(new Resumed(Arrays.copyOf(tokens, count)))
                .build();
    }

    @Override
    public Optional<GenerationEvent> next(Duration timeout) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        try {
            while (true) {
                Optional<Generation> running = attempts.running(left(end));
                Optional<GenerationEvent> event =
                        running.isEmpty() ? Optional.empty() : running.get().next(left(end));
                if (event.isEmpty()) {
                    return event;
                }
                Optional<GenerationEvent> told = tell(event.get());
                if (told.isPresent()) {
                    return told;
                }
            }
        } catch (EngineException e) {
            return Optional.of(new GenerationEvent.Failed(submissions > 1 ? asLost(e) : e));
        }
    }

    private static Duration left(long end) {
        return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    }

    /** The first worker took it, so what the next one can't go on with is lost. */
    private static EngineException asLost(EngineException e) {
        return e instanceof EngineException.Refused refused
                        && (refused.refusal() instanceof Refusal.ConstraintFailed
                                || refused.refusal() instanceof Refusal.Unsupported)
                ? new EngineException.Restarted("the worker ended, and the next one can't go on: " + e.getMessage())
                : e;
    }

    /** An event as the reader is told it; empty if an earlier attempt told it. */
    private Optional<GenerationEvent> tell(GenerationEvent event) {
        return switch (event) {
            case GenerationEvent.Started begun -> started(begun);
            case GenerationEvent.Prompt(List<GenerationEvent.Token> some) -> prompt(some);
            case GenerationEvent.Prefilled(Duration took) -> prefilled(took);
            case GenerationEvent.Token token -> {
                keep(token.id());
                yield Optional.of(token);
            }
            case GenerationEvent.Finished(GenerationEvent.FinishReason reason, GenerationEvent.Timings _, Drafts drafts)
            when submissions > 1 -> Optional.of(new GenerationEvent.Finished(reason, timings(), drafts));
            case GenerationEvent.Failed(EngineException.Restarted cause) -> lost(cause);
            case GenerationEvent.Finished _, GenerationEvent.Failed _ -> Optional.of(event);
        };
    }

    private Optional<GenerationEvent> started(GenerationEvent.Started begun) {
        started = true;
        queuedHere = begun.queued();
        if (queued.isPresent()) {
            return Optional.empty();
        }
        queued = Optional.of(begun.queued().plus(Duration.ofNanos(attempted - submitted)));
        return Optional.of(new GenerationEvent.Started(begun.cachedTokens(), queued.get(), begun.reuse()));
    }

    private Optional<GenerationEvent> prompt(List<GenerationEvent.Token> some) {
        int known = Math.clamp((long) promptTold - promptSeen, 0, some.size());
        promptSeen += some.size();
        promptTold = Math.max(promptTold, promptSeen);
        return known == some.size()
                ? Optional.empty()
                : Optional.of(new GenerationEvent.Prompt(some.subList(known, some.size())));
    }

    /** From the first start on, if an earlier attempt had started. */
    private Optional<GenerationEvent> prefilled(Duration took) {
        if (prefill.isPresent()) {
            return Optional.empty();
        }
        Duration sinceSubmission =
                Duration.ofNanos(attempted - submitted).plus(queuedHere).plus(took);
        prefill = Optional.of(sinceSubmission.minus(queued.orElse(Duration.ZERO)));
        return Optional.of(new GenerationEvent.Prefilled(prefill.get()));
    }

    private void keep(int token) {
        if (count == tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(FIRST_CAPACITY, count + count / 2));
        }
        tokens[count++] = token;
        lastToken = System.nanoTime();
        firstToken = count == 1 ? lastToken : firstToken;
    }

    private GenerationEvent.Timings timings() {
        return new GenerationEvent.Timings(
                queued.orElse(Duration.ZERO), prefill.orElse(Duration.ZERO), Duration.ofNanos(lastToken - firstToken));
    }

    /** One that waited in a queue is not what the worker died of. */
    private Optional<GenerationEvent> lost(EngineException.Restarted cause) {
        if (count >= mostTokens) { // only its end was lost
            attempts.cancel();
            return Optional.of(
                    new GenerationEvent.Finished(GenerationEvent.FinishReason.LENGTH, timings(), Drafts.NONE));
        }
        attempts.lost(cause, started);
        return Optional.empty();
    }

    @Override
    public void cancel() {
        attempts.cancel();
    }
}
