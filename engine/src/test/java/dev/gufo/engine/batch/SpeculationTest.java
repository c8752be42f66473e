package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.Drafts;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Framing;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.Speculation;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tokens that are guessed ahead change how soon an answer comes, and nothing else. */
@Tag("device")
@Timeout(300)
class SpeculationTest {
    private static LocalEngine engine;
    private static int[] prompt;

    @BeforeAll
    static void open() {
        engine = newEngine();
        prompt = engine.tokenize(
                new Rendering(List.of(new Segment(
                        "one two three four five six seven eight nine ten\n".repeat(12) + "one two three", false))),
                Framing.PROMPT,
                10_000);
    }

    private static LocalEngine newEngine() {
        return LocalEngine.open(
                EngineSettings.of(
                                Path.of(System.getProperty("gufo.models"), "demo-chat.gguf"),
                                Path.of(System.getProperty("gufo.natives")))
                        .contextTokens(2_048)
                        .sequences(2)
                        .gpuLayers(OnDevice.LAYERS)
                        .threads(2)
                        .stepTokens(64)
                        .queueLength(8)
                        .speculation(Speculation.AUTO)
                        .build(),
                percent -> {});
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static GenerationRequest.Builder request(int tokens) {
        return GenerationRequest.of(prompt, tokens)
                .ignoreEnd(true)
                .sampling(Sampling.GREEDY)
                .topLogprobs(2);
    }

    private static Answer answer(GenerationRequest.Builder request, boolean speculate) throws InterruptedException {
        return Answer.of(engine.generate(request.speculate(speculate).build()));
    }

    /** In an engine of its own: while nobody knows what a longer step costs, a guess is tried. */
    private static Answer guessed(GenerationRequest.Builder request) throws InterruptedException {
        try (LocalEngine own = newEngine()) {
            return Answer.of(own.generate(request.speculate(true).build()));
        }
    }

    @Test
    void aTextThatRepeatsItselfIsGuessedAndIsTheSame() throws Exception {
        Answer plain = answer(request(120), false);
        Answer guessed = guessed(request(120));
        assertThat(plain.drafts()).isEqualTo(Drafts.NONE);
        assertThat(guessed.drafts().accepted()).isBetween(1, 119);
        assertThat(guessed.tokens()).hasSize(120);
        assertThat(guessed.logprobs()).hasSize(120);
        Likeness.require(guessed, plain);
    }

    @Test
    void withTheSameSeedTheSameTokensAreDrawn() throws Exception {
        int same = 0;
        for (int seed = 0; seed < 12; seed++) {
            Sampling sampling = Sampling.LLAMA_CPP_DEFAULTS.withSeed(seed);
            same += answer(request(40).sampling(sampling), false)
                            .tokens()
                            .equals(answer(request(40).sampling(sampling), true).tokens())
                    ? 1
                    : 0;
        }
        assertThat(same).as("texts of 12 that no rounding has changed").isGreaterThanOrEqualTo(9);
    }

    @Test
    void aConstraintHoldsForGuessedTokens() throws Exception {
        Constraint numbers = new Constraint(
                "root ::= (\"one two three four five six seven eight nine ten\\n\"){6}", new Constraint.Start.Now());
        GenerationRequest.Builder wanted = request(400).ignoreEnd(false).constraint(Optional.of(numbers));
        Answer plain = answer(wanted, false);
        Answer guessed = guessed(wanted);
        assertThat(guessed.text()).isEqualTo(plain.text());
        assertThat(guessed.drafts().accepted()).isPositive();
    }

    /** Nothing of that was in the prompt, so only the grammar can tell it. */
    @Test
    void whatAGrammarForcesIsGuessed() throws Exception {
        Constraint members = new Constraint("""
                root ::= "{" gap "\\"surname\\":" gap text "," gap "\\"occupation\\":" gap text "," gap "\\"residence\\":" gap text "}"
                text ::= "\\"" [a-z]{2,6} "\\""
                gap ::= [ \\n]?
                """, new Constraint.Start.Now());
        int accepted = 0;
        for (Sampling sampling : List.of(Sampling.GREEDY, Sampling.LLAMA_CPP_DEFAULTS.withSeed(7))) {
            GenerationRequest.Builder wanted =
                    request(400).ignoreEnd(false).sampling(sampling).constraint(Optional.of(members));
            Answer plain = answer(wanted, false);
            Answer guessed = guessed(wanted);
            assertThat(guessed.text()).isEqualTo(plain.text()).contains("occupation");
            accepted += guessed.drafts().accepted();
        }
        assertThat(accepted).isPositive();
    }

    @Test
    void aGuessEndsWithTheAnswersLimit() throws Exception {
        for (int most = 1; most < 12; most++) {
            assertThat(answer(request(most), true).tokens()).hasSize(most);
        }
    }

    @Test
    void sequencesThatRunTogetherAndAloneByTurnsStayRight() throws Exception {
        Answer alone = answer(request(150), false);
        var first = engine.generate(request(150).build());
        List<Answer> others = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            others.add(Answer.of(engine.generate(request(5 + i).build())));
        }
        Likeness.require(Answer.of(first), alone);
        for (Answer other : others) {
            Likeness.require(
                    other,
                    new Answer(
                            0,
                            alone.tokens().subList(0, other.tokens().size()),
                            alone.pieces(),
                            alone.logprobs(),
                            List.of(),
                            alone.reason(),
                            Drafts.NONE));
        }
    }
}
