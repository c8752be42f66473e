package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.Constraint.Start;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent.Candidate;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationEvent.Logprobs;
import dev.gufo.engine.GenerationEvent.Token;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Logprobs, shared prompts and grammars, with the demo model and the real library. */
@Tag("device")
@Timeout(120)
class ConstrainedAndScoredTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Path DEMO = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");

    private static LocalEngine engine;

    @BeforeAll
    static void load() {
        engine = LocalEngine.open(
                EngineSettings.of(DEMO, NATIVES)
                        .contextTokens(512)
                        .sequences(4)
                        .gpuLayers(OnDevice.LAYERS)
                        .threads(2)
                        .stepTokens(64)
                        .queueLength(20)
                        .build(),
                percent -> {});
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @Test
    void logprobsOfAnAnswerEqualThoseOfTheSameTextAsAPrompt() throws InterruptedException {
        int[] prompt = tokens("What is the capital of France?");
        Answer answer = Answer.of(engine.generate(scored(prompt, 20, false)));
        int[] whole = IntStream.concat(
                        IntStream.of(prompt), answer.tokens().stream().mapToInt(Integer::intValue))
                .toArray();
        Answer again = Answer.of(engine.generate(scored(whole, 1, true)));

        assertThat(again.prompt().stream().mapToInt(Token::id))
                .containsExactly(IntStream.of(whole).boxed().toArray(Integer[]::new));
        assertThat(again.prompt().getFirst().logprobs()).isEmpty();
        for (int i = 0; i < answer.tokens().size(); i++) {
            Logprobs generated = answer.logprobs().get(i);
            Logprobs read = again.prompt().get(prompt.length + i).logprobs().orElseThrow();
            assertThat(generated.chosen()).isLessThanOrEqualTo(0).isCloseTo(read.chosen(), within(0.05f));
            assertThat(generated.top())
                    .hasSize(5)
                    .isSortedAccordingTo(
                            Comparator.comparingDouble(Candidate::logprob).reversed());
            assertThat(generated.top().getFirst().id())
                    .isEqualTo(answer.tokens().get(i));
            assertThat(generated.top().getFirst().logprob()).isEqualTo(generated.chosen());
            assertThat(generated.top().stream()
                            .mapToDouble(c -> Math.exp(c.logprob()))
                            .sum())
                    .isLessThanOrEqualTo(1.0001);
        }
    }

    @Test
    void forcedTokensHaveTheLogprobsOfTheSameTextAsAPromptAndEndTheAnswer() throws InterruptedException {
        int[] prompt = tokens("What is the capital of France?");
        for (String label : List.of("Paris", "Paris is a city.", "zq 17", "🦉")) {
            int[] forced = engine.tokenize(new Rendering(List.of(new Segment(label, false))), Framing.NONE);
            Answer answer = Answer.of(engine.generate(forced(prompt, forced)));
            assertThat(answer.tokens()).hasSize(forced.length + 1).startsWith(boxed(forced));
            assertThat(answer.reason()).isEqualTo(FinishReason.STOP);
            int[] whole = IntStream.concat(
                            IntStream.of(prompt), answer.tokens().stream().mapToInt(Integer::intValue))
                    .toArray();
            Answer read = Answer.of(engine.generate(scored(whole, 1, true)));
            for (int i = 0; i < answer.tokens().size(); i++) {
                assertThat(answer.logprobs().get(i).chosen())
                        .isCloseTo(
                                read.prompt()
                                        .get(prompt.length + i)
                                        .logprobs()
                                        .orElseThrow()
                                        .chosen(),
                                within(0.05f));
            }
        }
    }

    @Test
    void whatIsForcedUponAnAnswerDoesNotChangeOthers() throws InterruptedException {
        int[] prompt = tokens("Tell me a story about a fox that counts. ".repeat(12));
        Answer alone = Answer.of(engine.generate(scored(prompt, 12, false)));
        List<Generation> together = new ArrayList<>();
        for (String label : List.of("yes", "no", "perhaps")) {
            together.add(engine.generate(forced(prompt, tokens(label))));
        }
        Answer beside = Answer.of(engine.generate(scored(prompt, 12, false)));
        for (Generation generation : together) {
            assertThat(Answer.of(generation).cached()).isGreaterThan(prompt.length / 2);
        }
        assertThat(beside.tokens()).isEqualTo(alone.tokens());
    }

    private static Integer[] boxed(int[] tokens) {
        return IntStream.of(tokens).boxed().toArray(Integer[]::new);
    }

    private static GenerationRequest forced(int[] prompt, int[] tokens) {
        return GenerationRequest.of(prompt, tokens.length + 1)
                .forced(tokens)
                .topLogprobs(0)
                .build();
    }

    @Test
    void probabilitiesOfTheWholeVocabularyWouldSumToOne() throws InterruptedException {
        // Twenty of a confident model's tokens are nearly all of it.
        var request = GenerationRequest.of(tokens("What is the capital of France?"), 1)
                .sampling(greedy())
                .topLogprobs(20)
                .build();
        Logprobs first = Answer.of(engine.generate(request)).logprobs().getFirst();
        assertThat(first.top()).hasSize(20);
        assertThat(first.top().stream().mapToDouble(c -> Math.exp(c.logprob())).sum())
                .isBetween(0.97, 1.0001);
    }

    @Test
    void equalPromptsThatComeTogetherAreComputedOnce() throws InterruptedException {
        int[] prompt = tokens("Tell me a story about a fox that counts. ".repeat(12));
        List<Generation> together = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            together.add(engine.generate(GenerationRequest.of(prompt, 3)
                    .sampling(greedy())
                    .cacheScope("together")
                    .build()));
        }
        List<Integer> cached = new ArrayList<>();
        for (Generation generation : together) {
            cached.add(Answer.of(generation).cached());
        }
        assertThat(cached.getFirst()).isZero();
        assertThat(cached.subList(1, 4)).allMatch(tokens -> tokens > prompt.length * 3 / 4);
    }

    @Test
    void aSeedGivesTheSameTextWhateverElseRuns() throws InterruptedException {
        int[] prompt = tokens("Tell me a story.");
        Answer alone = Answer.of(engine.generate(GenerationRequest.of(prompt, 40)
                .ignoreEnd(true)
                .sampling(hot(7))
                .cacheScope("seed")
                .deterministic(true)
                .build()));
        List<Generation> others = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            others.add(engine.generate(GenerationRequest.of(tokens("What is " + i + "?"), 60)
                    .ignoreEnd(true)
                    .sampling(hot(i))
                    .cacheScope("other")
                    .build()));
        }
        Answer busy = Answer.of(engine.generate(GenerationRequest.of(prompt, 40)
                .ignoreEnd(true)
                .sampling(hot(7))
                .cacheScope("seed")
                .deterministic(true)
                .build()));
        others.forEach(Generation::cancel);
        assertThat(busy.tokens()).isEqualTo(alone.tokens());
    }

    @Test
    void anAnswerKeepsToItsGrammarAtAnyTemperature() throws InterruptedException {
        for (int seed = 0; seed < 20; seed++) {
            Answer answer = constrained(
                    "root ::= \"{\\\"n\\\": \" [0-9]{1,5} \", \\\"ok\\\": \" (\"true\" | \"false\") \"}\"",
                    new Start.Now(),
                    hot(seed));
            assertThat(answer.text()).matches("\\{\"n\": [0-9]{1,5}, \"ok\": (true|false)}");
            assertThat(answer.reason()).isEqualTo(FinishReason.STOP);
        }
        assertThat(constrained("root ::= \"Bonjour, \" [a-z]{3} \"!\"", new Start.Now(), greedy())
                        .text())
                .matches("Bonjour, [a-z]{3}!");
    }

    @Test
    void aGrammarGoesOnFromTheTextBehindWhichTheAnswerBegins() throws InterruptedException {
        String grammar = "root ::= \"{\\\"n\\\": \" [0-9]{3} \"}\"";
        assertThat(constrained(grammar, new Start.Behind("{\"n\": 1"), greedy()).text())
                .matches("[0-9]{2}}");
        assertThatThrownBy(() -> constrained(grammar, new Start.Behind("[1"), greedy()))
                .isInstanceOfSatisfying(
                        EngineException.Refused.class,
                        e -> assertThat(e.refusal()).isInstanceOf(Refusal.ConstraintFailed.class));
    }

    @Test
    void aGrammarMayBeginAfterAText() throws InterruptedException {
        Answer answer = constrained("root ::= [0-9]{3} \".\"", new Start.After("capital of"), greedy());
        assertThat(answer.text()).matches("The capital of ?[0-9]{3}\\.");
    }

    @Test
    void aGrammarMayWaitForATrigger() throws InterruptedException {
        String grammar = "root ::= \"capital of \" [0-9]{3} \".\"";
        assertThat(constrained(grammar, at("river", "capital of"), greedy()).text())
                .matches("The capital of [0-9]{3}\\.");
        assertThat(constrained(grammar, at("river"), greedy()).text()).isEqualTo("The capital of France is Paris.");
    }

    @Test
    void aTextThatIsCutShortOfItsGrammarSaysLength() throws InterruptedException {
        var constraint = new Constraint("root ::= [0-9]+ \"!\"", new Start.Now());
        var never = Sampling.GREEDY.withBias(Map.of(engine.tokenize(plain("!"))[0], -100f));
        Answer answer = Answer.of(engine.generate(request(constraint, never)));
        assertThat(answer.text()).matches("[0-9]+!?");
        assertThat(answer.reason()).isEqualTo(answer.text().endsWith("!") ? FinishReason.STOP : FinishReason.LENGTH);
    }

    @Test
    void controlTokensAreNoTextForAGrammar() throws InterruptedException {
        for (int seed = 0; seed < 5; seed++) {
            Answer answer = constrained("root ::= [a-z<|>_]{40}", new Start.Now(), hot(seed));
            assertThat(answer.text()).hasSize(40);
            assertThat(answer.tokens())
                    .doesNotContain(engine.tokenize(new Rendering(List.of(new Segment("<|im_end|>", true))))[0]);
        }
    }

    @Test
    void aBrokenGrammarIsRefused() {
        assertThatThrownBy(() -> engine.generate(request(new Constraint("root ::= \"a", new Start.Now()), greedy())))
                .isInstanceOfSatisfying(
                        EngineException.Refused.class,
                        e -> assertThat(e.refusal()).isInstanceOf(Refusal.ConstraintFailed.class));
    }

    @Test
    void tokensBecomeTextAgain() {
        int[] ids = engine.tokenize(plain("Grüße, 🦉!"));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] piece : engine.pieces(ids)) {
            bytes.writeBytes(piece);
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("Grüße, 🦉!");
        assertThatThrownBy(() -> engine.pieces(new int[] {-1})).isInstanceOf(IllegalArgumentException.class);
    }

    private static Start at(String... triggers) {
        return new Start.AtTrigger(
                Stream.of(triggers)
                        .map(text -> new Constraint.Trigger(text, false))
                        .toList(),
                Optional.empty(),
                false);
    }

    private static Answer constrained(String grammar, Start start, Sampling sampling) throws InterruptedException {
        return Answer.of(engine.generate(request(new Constraint(grammar, start), sampling)));
    }

    private static GenerationRequest request(Constraint constraint, Sampling sampling) {
        return GenerationRequest.of(tokens("What is the capital of France?"), 60)
                .sampling(sampling)
                .constraint(Optional.of(constraint))
                .build();
    }

    private static GenerationRequest scored(int[] prompt, int maxTokens, boolean promptToo) {
        return GenerationRequest.of(prompt, maxTokens)
                .sampling(greedy())
                .topLogprobs(5)
                .promptLogprobs(promptToo)
                .build();
    }

    private static Rendering plain(String text) {
        return new Rendering(List.of(new Segment(text, false)));
    }

    private static int[] tokens(String question) {
        return engine.tokenize(new Rendering(List.of(
                new Segment("<|im_start|>user\n", true),
                new Segment(question, false),
                new Segment("<|im_end|>\n<|im_start|>assistant\n", true))));
    }

    private static Sampling greedy() {
        return Sampling.GREEDY;
    }

    private static Sampling hot(int seed) {
        return Sampling.GREEDY.with(SamplingParameter.TEMPERATURE, 2f).withSeed(seed);
    }
}
