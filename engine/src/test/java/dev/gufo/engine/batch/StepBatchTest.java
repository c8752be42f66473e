package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.Drafts;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Reuse;
import dev.gufo.engine.llama.ContextLimits;
import dev.gufo.engine.llama.LlamaContext;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.engine.llama.TokenBatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps as they are made for a device, computed on a CPU: what they compute is the same. */
class StepBatchTest {
    private static final int SEQUENCES = 8;
    private static final int CONTEXT = 512;
    private static final int STEP = 256;
    private static final int TOKENS = 8;

    @TempDir
    private static Path folder;

    private static LlamaModel model;

    @BeforeAll
    static void load() throws Exception {
        model = Stepped.model(folder);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void promptsThatArePaddedToOneLengthAreAnsweredAsEachAlone() {
        for (long seed = 0; seed < 3; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<int[]> prompts = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                int length = random.nextInt(4) == 0 ? random.nextInt(1, 300) : random.nextInt(20, 40);
                prompts.add(random.ints(length, 3, 500).toArray());
            }
            List<Answer> together = answers(prompts, SEQUENCES);
            for (int i = 0; i < prompts.size(); i++) {
                Likeness.require(
                        together.get(i), answers(List.of(prompts.get(i)), 1).getFirst());
            }
        }
    }

    @Test
    void noStepTakesMorePassesForItAndNeighboursOfLikeLengthTakeTwo() {
        try (LlamaContext context = context();
                TokenBatch batch = context.newBatch()) {
            SplittableRandom random = new SplittableRandom(1);
            for (int round = 0; round < 300; round++) {
                KvSlots slots = slots(SEQUENCES);
                StepBatch plain = new StepBatch(1);
                StepBatch padded = new StepBatch(SEQUENCES);
                for (int slot = 0; slot < SEQUENCES; slot++) {
                    if (random.nextInt(4) > 0) {
                        int tokens = random.nextBoolean() ? 1 : random.nextInt(1, 30);
                        Sequence sequence = sequence(random.ints(tokens, 3, 500).toArray(), new ArrayList<>());
                        slots.occupy(new KvSlots.Placement(slot, 0, -1), sequence);
                        sequence.start(slot, 0, Reuse.UNKNOWN);
                        plain.add(sequence, tokens);
                        padded.add(sequence, tokens);
                    }
                }
                List<StepBatch.Padding> paddings = new ArrayList<>();
                plain.writeTo(batch, slots, paddings);
                int before = passes(batch);
                padded.writeTo(batch, slots, paddings);
                assertThat(batch.size()).isLessThanOrEqualTo(STEP);
                assertThat(passes(batch)).isLessThanOrEqualTo(before);
            }
            KvSlots slots = slots(SEQUENCES);
            StepBatch step = new StepBatch(SEQUENCES);
            for (int slot = 0; slot < SEQUENCES; slot++) {
                Sequence sequence = sequence(random.ints(20 + slot, 3, 500).toArray(), new ArrayList<>());
                slots.occupy(new KvSlots.Placement(slot, 0, -1), sequence);
                sequence.start(slot, 0, Reuse.UNKNOWN);
                step.add(sequence, slot < 2 ? 1 : 20 + slot);
            }
            step.writeTo(batch, slots, new ArrayList<>());
            assertThat(passes(batch)).isEqualTo(2);
        }
    }

    /**
     * Passes that llama.cpp 0.5.0 takes for a batch: each of a run of neighbouring sequences that still have tokens, of
     * each as many as the one that has fewest ({@code llama_batch_allocr::split_equal}, sequential).
     */
    private static int passes(TokenBatch batch) {
        TreeMap<Integer, Integer> left = new TreeMap<>();
        for (int i = 0; i < batch.size(); i++) {
            left.merge(batch.sequence(i), 1, Integer::sum);
        }
        int passes = 0;
        while (!left.isEmpty()) {
            List<Integer> run = new ArrayList<>(List.of(left.firstKey()));
            while (left.containsKey(run.getLast() + 1)) {
                run.add(run.getLast() + 1);
            }
            int tokens = run.stream().mapToInt(left::get).min().orElseThrow();
            for (int sequence : run) {
                left.computeIfPresent(sequence, (_, count) -> count == tokens ? null : count - tokens);
            }
            passes++;
        }
        return passes;
    }

    private static List<Answer> answers(List<int[]> prompts, int padding) {
        List<List<GenerationEvent>> events = new ArrayList<>();
        try (LlamaContext context = context()) {
            Scheduler scheduler = Stepped.scheduler(model, context, slots(padding), STEP, Duration.ofSeconds(1));
            for (int[] prompt : prompts) {
                List<GenerationEvent> own = new ArrayList<>();
                events.add(own);
                scheduler.enqueue(sequence(prompt, own));
            }
            while (!scheduler.isIdle()) {
                scheduler.step();
            }
            scheduler.close();
        }
        return events.stream().map(StepBatchTest::answer).toList();
    }

    private static Answer answer(List<GenerationEvent> events) {
        List<GenerationEvent.Token> tokens = events.stream()
                .filter(GenerationEvent.Token.class::isInstance)
                .map(GenerationEvent.Token.class::cast)
                .toList();
        assertThat(tokens).hasSize(TOKENS);
        return new Answer(
                0,
                tokens.stream().map(GenerationEvent.Token::id).toList(),
                tokens.stream().map(GenerationEvent.Token::piece).toList(),
                tokens.stream().map(token -> token.logprobs().orElseThrow()).toList(),
                List.of(),
                GenerationEvent.FinishReason.LENGTH,
                Drafts.NONE);
    }

    private static LlamaContext context() {
        return model.newContext(new ContextLimits(SEQUENCES, CONTEXT, STEP, STEP, SEQUENCES, 2));
    }

    private static KvSlots slots(int padding) {
        return new KvSlots(SEQUENCES, new KvSlots.Traits(CONTEXT, 16, true, 0, padding, 64, false), _ -> 0);
    }

    private static Sequence sequence(int[] prompt, List<GenerationEvent> events) {
        GenerationRequest request = GenerationRequest.of(prompt, TOKENS)
                .ignoreEnd(true)
                .topLogprobs(3)
                .build();
        return new Sequence(
                request, Optional.empty(), Optional.empty(), Optional.empty(), CONTEXT, 0, events::add, () -> {});
    }
}
