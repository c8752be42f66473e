package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TopNSigmaTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Path DEMO = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");
    private static final Sampling HOT =
            Sampling.GREEDY.with(SamplingParameter.TEMPERATURE, 2f).withSeed(7);

    @Test
    void fewStandardDeviationsLeaveTheLikeliestTokenAndManyLeaveAll() throws InterruptedException {
        EngineSettings settings = EngineSettings.of(DEMO, NATIVES)
                .contextTokens(256)
                .sequences(1)
                .gpuLayers(0)
                .threads(1)
                .stepTokens(64)
                .build();
        try (LocalEngine engine = LocalEngine.open(settings, percent -> {})) {
            List<Integer> greedy = tokens(engine, Sampling.GREEDY);
            List<Integer> hot = tokens(engine, HOT);
            assertThat(hot).isNotEqualTo(greedy);
            assertThat(tokens(engine, HOT.with(SamplingParameter.TOP_N_SIGMA, 1e-6f)))
                    .isEqualTo(greedy);
            assertThat(tokens(engine, HOT.with(SamplingParameter.TOP_N_SIGMA, 100f)))
                    .isEqualTo(hot);
            for (float off : new float[] {0f, -1f}) {
                Sampling without = HOT.with(SamplingParameter.TOP_N_SIGMA, off);
                assertThat(without).isEqualTo(HOT);
                assertThat(tokens(engine, without)).isEqualTo(hot);
            }
        }
    }

    private static List<Integer> tokens(LocalEngine engine, Sampling sampling) throws InterruptedException {
        GenerationRequest request = GenerationRequest.of(new int[] {300, 301, 302}, 40)
                .ignoreEnd(true)
                .sampling(sampling)
                .build();
        return Answer.of(engine.generate(request)).tokens();
    }
}
