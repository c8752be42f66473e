package dev.gufo.server.health;

import dev.gufo.engine.Drafts;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.server.models.ServedModel;
import dev.gufo.server.models.ServedModels;
import dev.gufo.server.usage.Intent;
import dev.gufo.server.usage.Outcome;
import dev.gufo.server.usage.RequestObserver;
import dev.gufo.server.usage.Status;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether loaded models still compute. Tokens of real requests are the proof. If there were none for a while and
 * nothing runs, a model is given a tiny request of its own: a few tokens of prompt and one of answer, at most one at a
 * time and one a minute. It never stands before real work: it is not begun while any is there, and given up when some
 * comes.
 *
 * <p>It uses engines without a lease, since a look must neither load a model nor keep it in memory. A model that is
 * unloaded meanwhile ends it, which says nothing about the model. Its prompt is always the same and shares nothing with
 * others, so on a model with several sequences it stays in one of them; a model with one only is asked to tokenize,
 * because a decode would cost it the conversation it holds.
 *
 * <p>Safe for any thread; each canary has a virtual thread of its own.
 */
public final class Canary implements RequestObserver {
    private static final Logger LOG = LoggerFactory.getLogger(Canary.class);
    private static final Rendering PROMPT = new Rendering(List.of(new Segment("1 2 3 4 5 6 7 8 9", false)));
    private static final String SCOPE = "canary";
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final Duration AGAIN = Duration.ofSeconds(10);

    private final Duration quiet;
    private final Duration patience;
    private final Map<String, Pulse> byModel = new ConcurrentHashMap<>();
    private final Map<String, String> aliased = new ConcurrentHashMap<>(); // ids of models by those of their aliases

    /** What is known of one engine. */
    private static final class Pulse {
        private final Engine engine;
        private final AtomicBoolean probing = new AtomicBoolean();
        private volatile long proof = System.nanoTime(); // its loading is one
        private volatile long begun = proof; // of the last canary
        private volatile boolean failed; // the last canary that came to an end; written only by whoever holds probing

        Pulse(Engine engine) {
            this.engine = engine;
        }

        /** Whether the last canary failed, or takes too long, and nothing has been computed since it began. */
        boolean isSilent(Duration patience) {
            boolean stuck = probing.get() && System.nanoTime() - begun > patience.toNanos();
            return (failed || stuck) && proof - begun <= 0;
        }
    }

    /** As a server has it. */
    public Canary() {
        this(Duration.ofMinutes(1), Duration.ofSeconds(30));
    }

    /**
     * With other times.
     *
     * @param quiet without a token for this long, an idle model is asked for one
     * @param patience how long that may take
     */
    Canary(Duration quiet, Duration patience) {
        this.quiet = quiet;
        this.patience = patience;
    }

    /** Begins canaries where they are due, and returns at once. */
    void look(ServedModels models) {
        for (ServedModel model : models.all()) {
            Optional<Engine> engine = model.residence().engine();
            if (model.isAlias()) {
                model.file().ifPresent(file -> aliased.put(model.id(), file.id()));
            } else if (engine.isPresent()) {
                look(model.id(), pulse(model.id(), engine.get()));
            }
        }
    }

    private void look(String id, Pulse pulse) {
        long now = System.nanoTime();
        boolean silent = pulse.isSilent(patience);
        boolean due = silent
                ? now - pulse.begun > AGAIN.toNanos()
                : now - pulse.proof >= quiet.toNanos() && now - pulse.begun >= quiet.toNanos();
        if (due && isIdle(pulse.engine, 0) && pulse.probing.compareAndSet(false, true)) {
            pulse.failed = silent;
            pulse.begun = now;
            Thread.ofVirtual().name("canary").start(() -> probe(id, pulse));
        }
    }

    /** Whether a loaded model owes a sign of life. */
    boolean isSilent(String id, Engine engine) {
        return pulse(id, engine).isSilent(patience);
    }

    /** An engine that is new is known to work: it has just been loaded. */
    private Pulse pulse(String id, Engine engine) {
        return byModel.compute(
                id, (_, known) -> known != null && known.engine.equals(engine) ? known : new Pulse(engine));
    }

    private static boolean isIdle(Engine engine, int own) {
        return engine.status() instanceof EngineStatus.Ready ready && ready.running() + ready.waiting() <= own;
    }

    private void probe(String id, Pulse pulse) {
        try {
            Optional<Boolean> answered = ask(pulse.engine);
            if (answered.isPresent()) {
                if (!answered.get() && !pulse.failed) {
                    LOG.error("{} has computed nothing for {}, although nothing else runs", id, patience);
                }
                pulse.failed = !answered.get();
            }
            if (answered.orElse(false)) {
                pulse.proof = System.nanoTime();
            }
        } catch (EngineException e) {
            LOG.debug("{} was unloaded or lost while it was asked for a token", id, e); // its status tells
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts a canary", e);
        } finally {
            pulse.probing.set(false);
        }
    }

    /** Whether the model computed something; empty if real work came in between. */
    private Optional<Boolean> ask(Engine engine) throws InterruptedException {
        int[] prompt = engine.tokenize(PROMPT, Framing.PROMPT);
        if (!engine.model().roles().contains(ModelRole.CHAT)) {
            try (Embeddings vectors = engine.embed(new EmbeddingRequest(List.of(prompt)))) {
                return await(engine, () -> vectors.await(LOOK).isPresent());
            }
        }
        if (engine.model().sequences() == 1) {
            return Optional.of(true);
        }
        var request = GenerationRequest.of(prompt, 1)
                .ignoreEnd(true)
                .cacheScope(SCOPE)
                .build();
        try (Generation generation = engine.generate(request)) {
            return await(engine, () -> switch (generation.next(LOOK).orElse(null)) {
                case GenerationEvent.Token _, GenerationEvent.Finished _ -> true;
                case GenerationEvent.Failed(EngineException cause) -> throw cause;
                case null -> false;
                case GenerationEvent.Started _, GenerationEvent.Prompt _, GenerationEvent.Prefilled _ -> false;
            });
        }
    }

    /** Looks whether something has come. */
    @FunctionalInterface
    private interface Arrival {
        boolean look() throws InterruptedException;
    }

    private Optional<Boolean> await(Engine engine, Arrival arrival) throws InterruptedException {
        long begin = System.nanoTime();
        while (!arrival.look()) {
            if (!isIdle(engine, 1)) {
                return Optional.empty();
            }
            if (System.nanoTime() - begin > patience.toNanos()) {
                return Optional.of(false);
            }
        }
        return Optional.of(true);
    }

    private void proven(Intent intent) {
        Pulse pulse = byModel.get(aliased.getOrDefault(intent.model(), intent.model()));
        if (pulse != null) {
            pulse.proof = System.nanoTime();
        }
    }

    @Override
    public void started(Intent intent, int promptTokens, int cachedTokens) {
        // nothing has been computed yet
    }

    @Override
    public void computed(Intent intent, int tokens) {
        proven(intent);
    }

    @Override
    public void firstToken(Intent intent, Duration sinceArrival) {
        proven(intent);
    }

    @Override
    public void moreTokens(Intent intent, int tokens, Duration gap) {
        proven(intent);
    }

    @Override
    public void guessed(Intent intent, Drafts drafts) {} // its tokens have proved it

    @Override
    public void settled(Intent intent, Outcome outcome, Duration sinceArrival) {
        if (outcome.status() == Status.COMPLETED) {
            proven(intent);
        }
    }
}
