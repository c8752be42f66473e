package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Resumed;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Answers that go on behind tokens that another engine made. They are computed deterministically here, so that only
 * what is chosen from the logits can differ: it must not.
 */
@Timeout(180)
class ResumedTest {
    private static final int TOKENS = 60;
    private static final Sampling DRAWN = Sampling.LLAMA_CPP_DEFAULTS
            .with(SamplingParameter.TEMPERATURE, 1.5f)
            .with(SamplingParameter.TOP_K, 0f)
            .with(SamplingParameter.TOP_P, 1f)
            .with(SamplingParameter.MIN_P, 0f)
            .withSeed(7);
    private static final String OWLS = """
            root ::= "{" pair ("," pair)* "}"
            pair ::= "\\"" [a-z]+ "\\":" [0-9]+""";

    private static LocalEngine engine;
    private static int[] prompt;

    @BeforeAll
    static void load() {
        engine = LocalEngine.open(
                EngineSettings.of(
                                Path.of(System.getProperty("gufo.models"), "demo-chat.gguf"),
                                Path.of(System.getProperty("gufo.natives")))
                        .contextTokens(512)
                        .sequences(2)
                        .gpuLayers(0)
                        .threads(2)
                        .stepTokens(128)
                        .queueLength(0)
                        .build(),
                percent -> {});
        prompt = engine.tokenize(new Rendering(List.of(
                new Segment("<|im_start|>user\n", true),
                new Segment("Tell me a story.", false),
                new Segment("<|im_end|>\n<|im_start|>assistant\n", true))));
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static GenerationRequest.Builder request(Sampling sampling) {
        return GenerationRequest.of(prompt, TOKENS)
                .ignoreEnd(true)
                .sampling(sampling)
                .deterministic(true);
    }

    /** At its beginning, its end, and between. */
    private static void requireTheSame(GenerationRequest request) throws InterruptedException {
        Answer whole = Answer.of(engine.generate(request));
        List<Integer> tokens = whole.tokens();
        for (int cut : List.of(0, 1, 2, tokens.size() / 2, tokens.size() - 1)) {
            Resumed from = new Resumed(
                    tokens.stream().limit(cut).mapToInt(Integer::intValue).toArray());
            Answer rest = Answer.of(engine.generate(request.with().resumed(from).build()));
            assertThat(rest.tokens())
                    .as("behind %d of %d tokens", cut, tokens.size())
                    .isEqualTo(tokens.subList(cut, tokens.size()));
            assertThat(rest.reason()).isEqualTo(whole.reason());
            if (request.topLogprobs() >= 0) {
                assertThat(rest.logprobs())
                        .usingRecursiveComparison()
                        .isEqualTo(whole.logprobs().subList(cut, tokens.size()));
            }
        }
    }

    @Test
    void theLikeliestTokensGoOn() throws InterruptedException {
        requireTheSame(request(Sampling.GREEDY).topLogprobs(3).build());
    }

    @Test
    void theDrawsOfASeedGoOn() throws InterruptedException {
        requireTheSame(request(DRAWN).build());
        requireTheSame(request(DRAWN.with(SamplingParameter.XTC_PROBABILITY, 0.5f)
                        .with(SamplingParameter.XTC_THRESHOLD, 0.1f)
                        .withSeed(8))
                .build());
        requireTheSame(request(DRAWN.with(SamplingParameter.TOP_K, 5f)
                        .with(SamplingParameter.TOP_P, 0.8f)
                        .withSeed(9))
                .build());
    }

    @Test
    void anotherSeedDrawsOtherTokensAndTheSameOneTheSame() throws InterruptedException {
        List<Integer> one = Answer.of(engine.generate(request(DRAWN).build())).tokens();
        assertThat(Answer.of(engine.generate(request(DRAWN).build())).tokens()).isEqualTo(one);
        assertThat(Answer.of(engine.generate(request(DRAWN.withSeed(8)).build()))
                        .tokens())
                .isNotEqualTo(one);
    }

    @Test
    void penaltiesLookBackAtWhatWasThere() throws InterruptedException {
        Sampling penalties = Sampling.GREEDY
                .with(SamplingParameter.REPEAT_PENALTY, 1.3f)
                .with(SamplingParameter.FREQUENCY_PENALTY, 0.5f)
                .with(SamplingParameter.REPEAT_LAST_N, 20f)
                .withBias(Map.of(prompt[0], -5f));
        requireTheSame(request(penalties).build());
        requireTheSame(request(penalties.with(SamplingParameter.TEMPERATURE, 1f).withSeed(3))
                .build());
    }

    @Test
    void aGrammarIsFollowedFromWhereTheAnswerIs() throws InterruptedException {
        for (Constraint.Start start : List.of(
                new Constraint.Start.Now(), new Constraint.Start.After("e"), new Constraint.Start.Behind("{"))) {
            var constraint = Optional.of(new Constraint(OWLS, start));
            requireTheSame(request(Sampling.GREEDY).constraint(constraint).build());
            requireTheSame(request(DRAWN).constraint(constraint).build());
        }
    }

    @Test
    void aGrammarThatDoesNotTakeWhatIsThereIsRefused() {
        GenerationRequest request = request(Sampling.GREEDY)
                .constraint(Optional.of(new Constraint(OWLS, new Constraint.Start.Now())))
                .resumed(new Resumed(new int[] {prompt[1]}))
                .build();
        assertThatThrownBy(() -> engine.generate(request))
                .isInstanceOfSatisfying(
                        EngineException.Refused.class,
                        refused -> assertThat(refused.refusal()).isInstanceOf(Refusal.ConstraintFailed.class));
    }

    /** There is no queue here, and both sequences are taken. */
    @Test
    void whatWasAdmittedBeforeIsNotRefusedForAFullQueueAndComesFirst() throws InterruptedException {
        List<Generation> all = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            all.add(engine.generate(
                    GenerationRequest.of(prompt, 400).ignoreEnd(true).build()));
        }
        assertThatThrownBy(() -> engine.generate(request(Sampling.GREEDY).build()))
                .isInstanceOfSatisfying(
                        EngineException.Refused.class,
                        refused -> assertThat(refused.refusal()).isInstanceOf(Refusal.QueueFull.class));
        GenerationRequest resumed = request(Sampling.GREEDY)
                .resumed(new Resumed(IntStream.of(prompt).limit(5).toArray()))
                .build();
        Generation third = engine.generate(resumed);
        all.getFirst().cancel();
        assertThat(Answer.of(third).tokens()).hasSize(TOKENS - 5);
        all.forEach(Generation::cancel);
    }

    @Test
    void moreThanIsWantedCanNotBeThere() {
        assertThatThrownBy(() -> request(Sampling.GREEDY)
                        .resumed(new Resumed(new int[TOKENS]))
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("60 of 60 tokens");
    }
}
