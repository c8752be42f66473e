package dev.gufo.engine.worker;

import dev.gufo.engine.CacheUse;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.Embeddings;
import dev.gufo.engine.Engine;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineKind;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Owner;
import dev.gufo.engine.Recoveries;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.StatusListener;
import dev.gufo.engine.SteadyClock;
import dev.gufo.engine.Subscription;
import dev.gufo.engine.cores.CoreShares;
import dev.gufo.engine.cores.Cores;
import dev.gufo.template.Rendering;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * A model in a child process, which is started again when it dies. Requests that were under way go on in the next
 * worker, unless that can't be, or it has happened {@value Attempts#MOST_LOST} times: they end with
 * {@link dev.gufo.engine.EngineException.Restarted} then. New requests wait for the next worker. They are refused until
 * the first one has loaded the model.
 */
public final class WorkerEngine implements Engine {
    private final Supervisor supervisor;
    private final Thread thread;
    private final WorkerOptions options;

    private WorkerEngine(EngineSettings settings, WorkerOptions options, String mainClass, CoreShares cores) {
        this.options = options;
        supervisor = new Supervisor(settings, options, mainClass, cores, new SteadyClock());
        thread = Thread.ofPlatform()
                .daemon()
                .name("worker-of-" + settings.model().getFileName())
                .start(supervisor);
    }

    /**
     * Begins to load a model and returns at once; {@link #status} tells how far it is.
     *
     * @param settings with paths that the child, started in this process's working directory, finds too
     */
    public static WorkerEngine start(EngineSettings settings, WorkerOptions options) {
        return start(settings, options, EngineKind.LLAMACPP);
    }

    /** The same with another engine in the worker, and nobody to share the cores with. */
    public static WorkerEngine start(EngineSettings settings, WorkerOptions options, EngineKind kind) {
        return start(settings, options, kind, alone());
    }

    /**
     * The same for one of several models.
     *
     * @param cores what they share
     */
    public static WorkerEngine start(
            EngineSettings settings, WorkerOptions options, EngineKind kind, CoreShares cores) {
        Class<?> main = switch (kind) {
            case LLAMACPP -> WorkerMain.class;
            case JLLAMA -> JllamaWorkerMain.class;
        };
        return new WorkerEngine(settings, options, main.getName(), cores);
    }

    private static CoreShares alone() {
        return new CoreShares(Cores.ofThisProcess().threads());
    }

    /** With another class for the child to run: {@link WorkerJvm#run} with another engine. */
    static WorkerEngine start(EngineSettings settings, WorkerOptions options, String mainClass) {
        return start(settings, options, mainClass, alone());
    }

    static WorkerEngine start(EngineSettings settings, WorkerOptions options, String mainClass, CoreShares cores) {
        return new WorkerEngine(settings, options, mainClass, cores);
    }

    /** The id of the process that holds the model or is loading it; empty between two of them. */
    public OptionalLong pid() {
        return supervisor.pid();
    }

    @Override
    public EngineStatus status() {
        return supervisor.status().status();
    }

    @Override
    public Subscription onStatus(StatusListener listener) {
        return supervisor.status().subscribe(listener);
    }

    @Override
    public ModelInfo model() {
        return supervisor.model().orElseThrow(supervisor::notReady);
    }

    @Override
    public List<int[]> tokenize(List<Rendering> texts, Framing framing, Owner owner, int most) {
        return ask(worker -> worker.tokenize(texts, framing, owner, most));
    }

    @Override
    public byte[][] pieces(int[] tokens) {
        return ask(worker -> worker.pieces(tokens));
    }

    @Override
    public Generation generate(GenerationRequest request) {
        int contextTokens = model().contextTokens();
        if (request.prompt().length >= contextTokens) { // here, because there are prompts that no frame can carry
            throw new EngineException.Refused(new Refusal.ContextExceeded(request.prompt().length, contextTokens));
        }
        return ContinuedGeneration.start(supervisor, request, contextTokens);
    }

    @Override
    public Embeddings embed(EmbeddingRequest request) {
        return RepeatedEmbeddings.start(supervisor, request);
    }

    @Override
    public CacheUse caches() {
        return supervisor.caches();
    }

    @Override
    public Recoveries recoveries() {
        return supervisor.recoveries();
    }

    /** A question changes nothing in a worker, so the next one is asked again if it is lost with the answer. */
    private <T> T ask(Function<WorkerClient, T> question) {
        for (int lost = 1; ; lost++) {
            try {
                return question.apply(supervisor.clientOrNext());
            } catch (EngineException.Restarted e) {
                if (lost == Attempts.MOST_LOST) {
                    throw e;
                }
            }
        }
    }

    /** Ends all generations and the child, and returns when it is gone: by itself within the grace, or killed. */
    @Override
    public void close() {
        supervisor.close();
        boolean interrupted = Thread.interrupted();
        try {
            if (!thread.join(options.closeGrace())) {
                supervisor.kill();
                thread.join();
            }
        } catch (InterruptedException e) {
            supervisor.kill();
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
