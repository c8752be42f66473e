package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.Constraint.Start;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hostile grammars in a real worker, beside streams of those who ask for nothing special: these go on, and the worker
 * lives.
 */
@Timeout(300)
class HostileGrammarsTest {
    private static final int MUTANTS = Integer.getInteger("gufo.mutants", 1_000);
    private static final int CLIENTS = 8;
    private static final int VOCABULARY = Integer.getInteger("gufo.vocabulary", 512);
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private final HostileGrammars grammars = new HostileGrammars(new Random(17));

    @Test
    void nobodyElseIsHeldUpAndTheWorkerLives(TestReporter reporter)
            throws IOException, InterruptedException, ExecutionException {
        Path model = folder.resolve("tiny.gguf");
        ModelShape tiny = ModelShape.TINY;
        RandomModel.write(
                new ModelShape("t", 2, 128, 4, 2, 256, VOCABULARY, 2_048, tiny.ropeBase(), tiny.type()), 5, model);
        Path natives = Path.of(System.getProperty("gufo.natives"));
        var settings = EngineSettings.of(model, natives)
                .contextTokens(1_024)
                .sequences(CLIENTS + 2)
                .gpuLayers(0)
                .threads(2)
                .stepTokens(64)
                .queueLength(64)
                .build();
        try (WorkerEngine engine = WorkerEngine.start(settings, WorkerOptions.defaults(folder));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            long pid = engine.pid().orElseThrow();
            var over = new AtomicBoolean();
            Future<Long> largestGap = threads.submit(() -> stream(engine, over));
            try {
                attack(engine, threads);
            } finally {
                over.set(true);
            }
            reporter.publishEntry("largest gap between two tokens, ms", String.valueOf(largestGap.get() / 1_000_000));
            assertThat(engine.pid()).hasValue(pid);
        }
    }

    /** Streams one answer after the other; the largest time between two tokens of an answer, in nanoseconds. */
    private static long stream(WorkerEngine engine, AtomicBoolean over) throws InterruptedException {
        long largest = 0;
        while (!over.get()) {
            Generation generation = engine.generate(request(Optional.empty(), 500, 1));
            long last = 0;
            int tokens = 0;
            GenerationEvent event = null;
            while (!(event instanceof GenerationEvent.Finished)) {
                event = generation.next(LONG).orElseThrow();
                assertThat(event).isNotInstanceOf(GenerationEvent.Failed.class);
                if (event instanceof GenerationEvent.Token) {
                    long now = System.nanoTime();
                    largest = Math.max(largest, tokens++ == 0 ? 0 : now - last);
                    last = now;
                }
            }
            assertThat(tokens).isEqualTo(500);
        }
        return largest;
    }

    private void attack(WorkerEngine engine, ExecutorService threads) throws InterruptedException, ExecutionException {
        List<Callable<Boolean>> attacks = new ArrayList<>();
        for (String grammar : grammars.each()) {
            attacks.add(() -> survives(engine, grammar, 60));
        }
        for (int i = 0; i < MUTANTS; i++) {
            String mutant = grammars.mutant();
            attacks.add(() -> survives(engine, mutant, 12));
        }
        // The same grammars at once, so that the costliest meet in one step.
        for (int i = 0; i < CLIENTS; i++) {
            attacks.add(() -> survives(engine, "root ::= root root root | [a-z ] | \"\"", 60));
        }
        var clients = new Semaphore(CLIENTS);
        List<Future<Boolean>> answers = new ArrayList<>();
        for (Callable<Boolean> attack : attacks) {
            clients.acquire();
            answers.add(threads.submit(() -> {
                try {
                    return attack.call();
                } finally {
                    clients.release();
                }
            }));
        }
        int answered = 0;
        for (Future<Boolean> answer : answers) {
            answered += answer.get() ? 1 : 0;
        }
        assertThat(answered).as("grammars that could be followed").isGreaterThan(MUTANTS / 20);
    }

    /** Whether there was an answer; otherwise the grammar was refused, at once or later. */
    private static boolean survives(WorkerEngine engine, String grammar, int maxTokens) throws InterruptedException {
        try (Generation generation = engine.generate(
                request(Optional.of(new Constraint(grammar, new Start.Now())), maxTokens, grammar.length()))) {
            while (true) {
                switch (generation.next(LONG).orElseThrow()) {
                    case GenerationEvent.Finished _ -> {
                        return true;
                    }
                    case GenerationEvent.Failed(EngineException cause) -> throw cause;
                    default -> {}
                }
            }
        } catch (EngineException.Refused e) {
            assertThat(e.refusal()).isInstanceOfAny(Refusal.ConstraintFailed.class, Refusal.NotReady.class);
            return false;
        }
    }

    private static GenerationRequest request(Optional<Constraint> constraint, int maxTokens, int seed) {
        var sampling = Sampling.GREEDY.with(SamplingParameter.TEMPERATURE, 1f).withSeed(seed);
        return GenerationRequest.of(new int[] {1, 2, 3}, maxTokens)
                .sampling(sampling)
                .constraint(constraint)
                .build();
    }
}
