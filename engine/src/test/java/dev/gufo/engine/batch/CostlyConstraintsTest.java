package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.Constraint.Start;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.llama.LlamaModel;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import dev.gufo.grammar.Matcher;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Constraints that cost much: they are followed in turns, and take a bounded share of memory. */
@Timeout(300)
class CostlyConstraintsTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Start NOW = new Start.Now();

    @TempDir
    private static Path folder;

    private static Path model;

    @BeforeAll
    static void write() throws IOException {
        model = folder.resolve("tiny.gguf");
        RandomModel.write(ModelShape.TINY, 5, model);
    }

    private static LocalEngine open(Duration choosing) {
        return LocalEngine.open(
                EngineSettings.of(model, NATIVES)
                        .contextTokens(256)
                        .sequences(6)
                        .gpuLayers(0)
                        .threads(2)
                        .stepTokens(64)
                        .queueLength(6)
                        .build(),
                choosing,
                percent -> {});
    }

    private static GenerationRequest request(String grammar, int maxTokens, boolean ignoreEnd, int seed) {
        var sampling = Sampling.GREEDY.with(SamplingParameter.TEMPERATURE, 1f).withSeed(seed);
        return GenerationRequest.of(new int[] {1, 300 + seed, 7}, maxTokens)
                .ignoreEnd(ignoreEnd)
                .sampling(sampling)
                .constraint(Optional.of(new Constraint(grammar, NOW)))
                .build();
    }

    @Test
    void aDeferredChoiceSaysTheSame() throws InterruptedException {
        List<List<Integer>> answers = new ArrayList<>();
        for (Duration choosing : List.of(Duration.ZERO, Duration.ofHours(1))) {
            try (LocalEngine engine = open(choosing)) {
                List<Generation> together = new ArrayList<>();
                for (int i = 0; i < 6; i++) {
                    together.add(
                            engine.generate(request("root ::= ([a-z]{3} \" \")* \"end " + i + "\"", 30, false, i)));
                }
                for (Generation generation : together) {
                    Answer answer = Answer.of(generation);
                    assertThat(answer.text()).matches("([a-z]{3} )*([a-z]{1,3}|end \\d?)?");
                    answers.add(answer.tokens());
                }
            }
        }
        // One that chooses in each step and six that take turns are computed in other batches: a rounding apart, so not
        // all are equal.
        int equal = 0;
        for (int i = 0; i < 6; i++) {
            equal += answers.get(i).equals(answers.get(i + 6)) ? 1 : 0;
        }
        assertThat(equal).isGreaterThanOrEqualTo(4);
    }

    @Test
    void anAnswerThatIgnoresTheEndGoesOnAsLongAsItsGrammar() throws InterruptedException {
        try (LocalEngine engine = open(Duration.ofSeconds(1))) {
            Answer endless = Answer.of(engine.generate(request("root ::= [a-z]*", 40, true, 1)));
            assertThat(endless.tokens()).hasSize(40);
            assertThat(endless.text()).matches("[a-z]+");
            assertThat(endless.reason()).isEqualTo(FinishReason.LENGTH);
            Answer bounded = Answer.of(engine.generate(request("root ::= [a-z]{7}", 40, true, 2)));
            assertThat(bounded.text()).matches("[a-z]{7}");
            assertThat(bounded.reason()).isEqualTo(FinishReason.STOP);
        }
    }

    @Test
    void aGrammarOfNothingEndsAtOnce() throws InterruptedException {
        try (LocalEngine engine = open(Duration.ofSeconds(1))) {
            for (boolean ignoreEnd : new boolean[] {false, true}) {
                Answer answer = Answer.of(engine.generate(request("root ::= \"\"", 40, ignoreEnd, 3)));
                assertThat(answer.tokens()).hasSize(1);
                assertThat(answer.reason()).isEqualTo(FinishReason.STOP);
            }
        }
    }

    @Test
    void theLastTokenOfTheBudgetMayCompleteTheGrammar() throws InterruptedException {
        try (LocalEngine engine = open(Duration.ofSeconds(1))) {
            assertThat(Answer.of(engine.generate(request("root ::= \"#\" \"#\"", 2, false, 4)))
                            .reason())
                    .isEqualTo(FinishReason.STOP);
            assertThat(Answer.of(engine.generate(request("root ::= \"#\" \"#\"", 1, false, 4)))
                            .reason())
                    .isEqualTo(FinishReason.LENGTH);
        }
    }

    @Test
    void grammarsInUseTakeABoundedShareOfMemory() {
        LlamaLibrary library = LlamaLibrary.load(NATIVES);
        try (LlamaModel loaded = LlamaModel.load(library, model, 0, percent -> {})) {
            var constraints = new Constraints(loaded.vocabulary(), 4, new Constraints.Room(200_000, 5_000, 100_000));
            List<TextConstraint> open = new ArrayList<>();
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 1_000; i++) {
                            open.add(constraints.of(new Constraint(large(i), NOW), false));
                        }
                    })
                    .isInstanceOfSatisfying(
                            EngineException.Refused.class,
                            e -> assertThat(e.refusal()).isInstanceOf(Refusal.NotReady.class));
            assertThat(open).hasSizeBetween(2, 200);
            assertThat(constraints.bytes()).isBetween(100_000L, 200_000L);
            open.forEach(TextConstraint::close);
            open.forEach(TextConstraint::close);
            long unused = constraints.bytes();
            assertThat(unused).isBetween(1L, 200_000L);
            for (int i = 0; i < 300; i++) {
                constraints.of(new Constraint(large(i), NOW), false).close();
            }
            assertThat(constraints.size()).isLessThanOrEqualTo(32);
            assertThat(constraints.bytes()).isBetween(1L, 200_000L);
        }
    }

    @Test
    void whatIsFoundOutAboutGrammarsIsForgottenInTime() {
        LlamaLibrary library = LlamaLibrary.load(NATIVES);
        try (LlamaModel loaded = LlamaModel.load(library, model, 0, percent -> {})) {
            var constraints = new Constraints(loaded.vocabulary(), 4, new Constraints.Room(1 << 20, 5_000, 100_000));
            String deep = "root ::= \"a\" root \"b\" | \"\"";
            TextConstraint held = constraints.of(new Constraint(deep, NOW), false);
            Matcher matcher = held.grammar().matcher();
            for (int i = 0; i < 2_000; i++) {
                assertThat(matcher.advance(new byte[] {'a'})).isTrue();
                constraints.settle();
                assertThat(held.grammar().rememberedCells()).isLessThanOrEqualTo(5_000);
            }
            for (int i = 0; i < 2_000; i++) {
                assertThat(matcher.advance(new byte[] {'b'})).isTrue();
            }
            assertThat(matcher.isComplete()).isTrue();
            held.close();
        }
    }

    private static String large(int number) {
        return "root ::= ([a-z] [0-9]){100} \"%d\"".formatted(number);
    }
}
