package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.Drafts;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Owner;
import dev.gufo.engine.llama.ContextLimits;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.LlamaModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests that can wait, beside those that can't, step by step. */
class PreemptibleTest {
    private static final int SEQUENCES = 2;
    private static final int CONTEXT = 2_048;
    private static final int STEP = 256;
    private static final Owner PATIENT = new Owner("batches", 1, true);

    @TempDir
    private static Path folder;

    private static LlamaModel model;

    private LlamaContext context;
    private Scheduler scheduler;

    @BeforeAll
    static void load() throws Exception {
        model = Stepped.model(folder);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @BeforeEach
    void open() {
        context = model.newContext(new ContextLimits(SEQUENCES, CONTEXT, STEP, STEP, SEQUENCES, 2));
        var slots = new KvSlots(SEQUENCES, new KvSlots.Traits(CONTEXT, 16, true, 0, 1, 64, false), _ -> 0);
        scheduler = Stepped.scheduler(model, context, slots, STEP, Duration.ofNanos(1));
    }

    @AfterEach
    void closeScheduler() {
        scheduler.close();
        context.close();
    }

    /** A request, and what came of it. */
    private static final class Asked {
        private final List<GenerationEvent> events = new ArrayList<>();
        private final Sequence sequence;

        Asked(GenerationRequest request) {
            sequence = new Sequence(
                    request, Optional.empty(), Optional.empty(), Optional.empty(), CONTEXT, 0, events::add, () -> {});
        }

        List<GenerationEvent.Token> tokens() {
            return events.stream()
                    .filter(GenerationEvent.Token.class::isInstance)
                    .map(GenerationEvent.Token.class::cast)
                    .toList();
        }

        boolean hasStarted() {
            return events.stream().anyMatch(GenerationEvent.Started.class::isInstance);
        }

        boolean isOver() {
            return events.stream().anyMatch(GenerationEvent.Finished.class::isInstance);
        }

        Answer answer() {
            return new Answer(
                    0,
                    tokens().stream().map(GenerationEvent.Token::id).toList(),
                    List.of(),
                    tokens().stream()
                            .map(token -> token.logprobs().orElseThrow())
                            .toList(),
                    List.of(),
                    GenerationEvent.FinishReason.LENGTH,
                    Drafts.NONE);
        }
    }

    private Asked enqueue(Owner owner, int seed, int prompt, int tokens) {
        int[] ids = new Random(seed).ints(prompt, 261, 512).toArray();
        var asked = new Asked(GenerationRequest.of(ids, tokens)
                .ignoreEnd(true)
                .topLogprobs(2)
                .owner(owner)
                .build());
        scheduler.enqueue(asked.sequence);
        return asked;
    }

    private void stepUntilIdle() {
        while (!scheduler.isIdle()) {
            scheduler.step();
        }
    }

    @Test
    void theyStandAsideWhileThePromptOfAnotherIsComputed() {
        Asked patient = enqueue(PATIENT, 1, 10, 40);
        while (patient.tokens().size() < 5) {
            scheduler.step();
        }
        Asked other = enqueue(Owner.ANYONE, 2, 5 * STEP, 8);
        int before = patient.tokens().size();
        int steps = 0;
        while (other.tokens().isEmpty()) {
            scheduler.step();
            steps++;
        }
        assertThat(steps).isEqualTo(5);
        assertThat(patient.tokens()).hasSize(before);
        scheduler.step();
        assertThat(patient.tokens()).hasSize(before + 1);
        assertThat(other.tokens()).hasSize(2);
        stepUntilIdle();
        assertThat(patient.tokens()).hasSize(40);
    }

    @Test
    void theyGiveTheirPlacesUpAndAllAnswersAreAsIfAlone() {
        List<Asked> patient = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            patient.add(enqueue(PATIENT, i, 20, 30));
        }
        scheduler.step();
        scheduler.step();
        assertThat(patient.stream().filter(Asked::hasStarted)).hasSize(SEQUENCES);
        List<Asked> others = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            others.add(enqueue(Owner.ANYONE, 10 + i, 20, 10));
        }
        scheduler.step();
        assertThat(others.stream().filter(Asked::hasStarted)).hasSize(SEQUENCES);
        assertThat(scheduler.preemptions()).isEqualTo(2);
        while (!others.stream().allMatch(Asked::isOver)) {
            assertThat(patient.stream().noneMatch(Asked::isOver)).isTrue();
            scheduler.step();
        }
        stepUntilIdle();
        patient.addAll(others);
        for (Asked asked : patient) {
            assertThat(asked.isOver()).isTrue();
            Likeness.require(asked.answer(), alone(asked));
        }
    }

    private Answer alone(Asked asked) {
        var again = new Asked(asked.sequence.request());
        scheduler.enqueue(again.sequence);
        stepUntilIdle();
        return again.answer();
    }

    @Test
    void theirPromptsAreComputedInSmallPiecesOnlyWhileOthersAreAbout() {
        enqueue(PATIENT, 1, 2 * STEP, 1);
        assertThat(stepsUntilIdle()).isEqualTo(2);
        enqueue(Owner.ANYONE, 2, STEP, 1);
        assertThat(stepsUntilIdle()).isEqualTo(1);
        enqueue(PATIENT, 3, 2 * STEP, 1);
        assertThat(stepsUntilIdle()).isEqualTo(2 * STEP / 64);
    }

    private int stepsUntilIdle() {
        int steps = 0;
        while (!scheduler.isIdle()) {
            scheduler.step();
            steps++;
        }
        return steps;
    }

    @Test
    void amongThemselvesTheyArePreemptedByNobody() {
        List<Asked> patient = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            patient.add(enqueue(PATIENT, i, 20, 10));
        }
        stepUntilIdle();
        assertThat(patient).allMatch(Asked::isOver);
        assertThat(scheduler.preemptions()).isZero();
    }
}
