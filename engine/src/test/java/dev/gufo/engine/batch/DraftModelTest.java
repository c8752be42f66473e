package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.Drafts;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Framing;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.Speculation;
import dev.gufo.fixtures.WriteDeepModel;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A second model that guesses. The model may as well be its own draft: what it guesses is right. */
@Tag("device")
@Timeout(300)
class DraftModelTest {
    private static final Path DEMO = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");

    private static LocalEngine engine;

    @BeforeAll
    static void open() {
        engine = LocalEngine.open(settings(DEMO), percent -> {});
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static EngineSettings settings(Path draft) {
        return EngineSettings.of(DEMO, Path.of(System.getProperty("gufo.natives")))
                .contextTokens(2_048)
                .sequences(2)
                .gpuLayers(OnDevice.LAYERS)
                .threads(2)
                .stepTokens(64)
                .queueLength(8)
                .speculation(Speculation.DRAFT)
                .draftModel(Optional.of(draft))
                .build();
    }

    private static GenerationRequest.Builder request(String text, int tokens) {
        int[] prompt = engine.tokenize(new Rendering(List.of(new Segment(text, false))), Framing.PROMPT, 10_000);
        return GenerationRequest.of(prompt, tokens)
                .ignoreEnd(true)
                .sampling(Sampling.GREEDY)
                .topLogprobs(2);
    }

    private static Answer answer(GenerationRequest.Builder request, boolean speculate) throws InterruptedException {
        return Answer.of(engine.generate(request.speculate(speculate).build()));
    }

    /** While nobody knows what steps cost, guesses are made; so each text has an engine of its own. */
    @Test
    void itsGuessesAreTakenAndTheTextIsTheSame() throws Exception {
        for (String text : List.of("Once upon a time", "The owl is a bird. ".repeat(40))) {
            GenerationRequest.Builder request = request(text, 100);
            Answer plain = answer(request, false);
            assertThat(plain.drafts()).isEqualTo(Drafts.NONE);
            try (LocalEngine fresh = LocalEngine.open(settings(DEMO), percent -> {})) {
                Answer guessed =
                        Answer.of(fresh.generate(request.speculate(true).build()));
                assertThat(guessed.drafts().accepted()).isBetween(1, 99);
                assertThat(guessed.tokens()).hasSize(100);
                Likeness.require(guessed, plain);
            }
        }
    }

    @Test
    void withTheSameSeedTheSameTokensAreDrawn() throws Exception {
        int same = 0;
        for (int seed = 0; seed < 12; seed++) {
            GenerationRequest.Builder drawn =
                    request("Tell me of owls.", 40).sampling(Sampling.LLAMA_CPP_DEFAULTS.withSeed(seed));
            same += answer(drawn, false).tokens().equals(answer(drawn, true).tokens()) ? 1 : 0;
        }
        assertThat(same).as("texts of 12 that no rounding has changed").isGreaterThanOrEqualTo(9);
    }

    @Test
    void anAnswerEndsAtItsLimit() throws Exception {
        for (int most = 1; most < 12; most++) {
            assertThat(answer(request("Once upon a time", most), true).tokens()).hasSize(most);
        }
    }

    @Test
    void aLargerModelIsGuessedForAndSaysTheSame(@TempDir Path folder) throws Exception {
        Path deep = folder.resolve("deep.gguf");
        WriteDeepModel.write(DEMO, deep, 24);
        EngineSettings large = EngineSettings.of(deep, Path.of(System.getProperty("gufo.natives")))
                .contextTokens(1_024)
                .gpuLayers(OnDevice.LAYERS)
                .threads(2)
                .draftModel(Optional.of(DEMO))
                .build();
        GenerationRequest.Builder request = request("Once upon a time", 60);
        Answer plain = answer(request, false);
        try (LocalEngine both = LocalEngine.open(large, percent -> {})) {
            Answer guessed = Answer.of(both.generate(request.speculate(true).build()));
            assertThat(guessed.drafts().accepted()).isPositive();
            Likeness.require(guessed, plain);
        }
    }

    @Test
    void aModelWithAnotherVocabularyIsRefused(@TempDir Path folder) throws Exception {
        Path other = folder.resolve("other.gguf");
        RandomModel.write(ModelShape.TINY, 5, other);
        assertThatThrownBy(() -> LocalEngine.open(settings(other), percent -> {}))
                .isInstanceOf(EngineException.Broken.class)
                .hasMessageStartingWith(
                        "the draft model other.gguf can't guess for this model, its vocabulary is another one");
    }

    @Test
    void aFileThatIsNotThereIsNamed(@TempDir Path folder) {
        Path missing = folder.resolve("missing.gguf");
        assertThatThrownBy(() -> LocalEngine.open(settings(missing), percent -> {}))
                .isInstanceOf(EngineException.Broken.class)
                .hasMessageContaining("missing.gguf");
    }

    @Test
    void whoWantsNoGuessesOfItHasItNeitherReadNorLoaded(@TempDir Path folder) {
        EngineSettings settings = settings(folder.resolve("missing.gguf"))
                .with()
                .speculation(Speculation.NGRAM)
                .build();
        try (LocalEngine open = LocalEngine.open(settings, percent -> {})) {
            assertThat(open.model().architecture()).isEqualTo("llama");
        }
    }
}
