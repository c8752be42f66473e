package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.FlashAttention;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.KvLayout;
import dev.gufo.engine.KvType;
import dev.gufo.engine.SplitMode;
import dev.gufo.engine.SwaFull;
import dev.gufo.engine.llama.LlamaLibrary;
import dev.gufo.engine.worker.DeviceProbe;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What only a device can show: whether it computes what the CPU does, and who has its memory. The libraries for a
 * device compute on the CPU, too, with no layers on the device.
 */
@Tag("device")
@Tag("device-short")
@EnabledIfSystemProperty(named = OnDevice.PROPERTY, matches = OnDevice.SOME)
class OnDeviceTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));

    // By how much a logprob may differ. A CPU multiplies matrices of eight bits with numbers of eight bits, a device
    // with longer ones. In software at most 0.17 was measured, of logprobs down to -14; between chunks of different
    // lengths a CPU alone comes to 0.3.
    private static final float NEAR = 0.3f;

    private static final int ALL = 999;

    @TempDir
    private static Path folder;

    private static Path model;

    @BeforeAll
    static void write() throws IOException {
        model = folder.resolve("tiny.gguf");
        RandomModel.write(ModelShape.TINY, 5, model);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, ALL})
    void howeverManyLayersItHasItScoresAPromptAsTheCpuDoes(int layers) throws InterruptedException {
        requireNear(scores(settings(model, layers, ComputeSettings.DEFAULT)), onCpu(model));
    }

    @ParameterizedTest
    @EnumSource(names = {"ON", "OFF"})
    void withAttentionInTilesAndWithoutItScoresAPromptAsTheCpuDoes(FlashAttention attention)
            throws InterruptedException {
        var compute = new ComputeSettings(
                KvType.F16, KvType.F16, KvLayout.AUTO, SwaFull.AUTO, attention, SplitMode.LAYER, List.of(), 0, false);
        requireNear(scores(settings(model, ALL, compute)), onCpu(model));
    }

    @Test
    void withACacheOfEightBitsItScoresAPromptAsTheCpuDoes() throws InterruptedException {
        ComputeSettings compute = ComputeSettings.DEFAULT.withKv(KvType.Q8_0, KvType.Q8_0);
        requireNear(scores(settings(model, ALL, compute)), onCpu(model));
    }

    @ParameterizedTest
    @EnumSource
    void otherArchitecturesScoreAPromptAsOnTheCpu(TinyArchitecture kind) throws Exception {
        Path other = kind.write(folder.resolve(kind + ".gguf"));
        requireNear(scores(settings(other, ALL, ComputeSettings.DEFAULT)), onCpu(other));
    }

    @Test
    void twoModelsOnOneDeviceAnswerAsEachDoesAlone() throws Exception {
        Path second = folder.resolve("second.gguf");
        RandomModel.write(ModelShape.TINY, 6, second);
        Answer first = answer(model);
        Answer other = answer(second);
        try (LocalEngine one = LocalEngine.open(settings(model, ALL, ComputeSettings.DEFAULT), percent -> {});
                LocalEngine two = LocalEngine.open(settings(second, ALL, ComputeSettings.DEFAULT), percent -> {})) {
            Generation ofOne = one.generate(request(30, 12));
            Generation ofTwo = two.generate(request(30, 12));
            Likeness.require(Answer.of(ofOne), first);
            Likeness.require(Answer.of(ofTwo), other);
        }
        assertThat(first.tokens()).isNotEqualTo(other.tokens());
    }

    @Test
    void whatItHasNoRoomForIsRefusedBeforeAnythingIsAllocatedAndTheNextModelLoads() throws InterruptedException {
        String device = LlamaLibrary.load(NATIVES).devices().stream()
                .filter(LlamaLibrary.Device::gpu)
                .findFirst()
                .orElseThrow()
                .name();
        EngineSettings tooMuch = EngineSettings.of(model, NATIVES)
                .contextTokens(1 << 22)
                .sequences(64)
                .gpuLayers(ALL)
                .threads(1)
                .queueLength(1)
                .build();
        assertThatThrownBy(() -> LocalEngine.open(tooMuch, percent -> {}))
                .isInstanceOf(EngineException.Broken.class)
                .hasMessageContaining(device + " needs")
                .hasMessageContaining("MiB free");
        assertThat(answer(model).tokens()).hasSize(12);
    }

    @Test
    void aModelThatIsClosedGivesItsMemoryBack() throws InterruptedException {
        EngineSettings large = EngineSettings.of(model, NATIVES)
                .contextTokens(2_048)
                .sequences(256)
                .gpuLayers(ALL)
                .threads(1)
                .stepTokens(256)
                .queueLength(1)
                .build();
        long before = freeBytes();
        long taken;
        try (LocalEngine engine = LocalEngine.open(large, percent -> {})) {
            taken = engine.model().kvBytes();
            assertThat(taken).isGreaterThanOrEqualTo(1L << 30);
            await().atMost(OnDevice.PATIENCE).until(() -> freeBytes() < before - taken / 2);
        }
        await().atMost(OnDevice.PATIENCE).until(() -> freeBytes() > before - taken / 2);
    }

    private static long freeBytes() throws InterruptedException {
        return DeviceProbe.run(NATIVES).gpus().getFirst().freeBytes();
    }

    private static List<Float> onCpu(Path file) throws InterruptedException {
        return scores(settings(file, 0, ComputeSettings.DEFAULT));
    }

    private static void requireNear(List<Float> found, List<Float> expected) {
        assertThat(found).hasSameSizeAs(expected);
        double most = IntStream.range(0, expected.size())
                .mapToDouble(i -> Math.abs(found.get(i) - expected.get(i)))
                .max()
                .orElseThrow();
        assertThat(most).as("largest difference of a logprob").isLessThan(NEAR);
    }

    /** Logprobs of the tokens of a prompt but the first. */
    private static List<Float> scores(EngineSettings settings) throws InterruptedException {
        try (LocalEngine engine = LocalEngine.open(settings, percent -> {})) {
            GenerationRequest scored = GenerationRequest.of(request(50, 1).prompt(), 1)
                    .ignoreEnd(true)
                    .topLogprobs(0)
                    .promptLogprobs(true)
                    .build();
            return Answer.of(engine.generate(scored)).prompt().stream()
                    .flatMap(token -> token.logprobs().stream())
                    .map(GenerationEvent.Logprobs::chosen)
                    .toList();
        }
    }

    private static Answer answer(Path file) throws InterruptedException {
        try (LocalEngine engine = LocalEngine.open(settings(file, ALL, ComputeSettings.DEFAULT), percent -> {})) {
            return Answer.of(engine.generate(request(30, 12)));
        }
    }

    private static GenerationRequest request(int promptTokens, int tokens) {
        return GenerationRequest.of(new Random(1).ints(promptTokens, 261, 512).toArray(), tokens)
                .ignoreEnd(true)
                .topLogprobs(2)
                .build();
    }

    private static EngineSettings settings(Path file, int layers, ComputeSettings compute) {
        return EngineSettings.of(file, NATIVES)
                .contextTokens(256)
                .sequences(1)
                .gpuLayers(layers)
                .threads(1)
                .stepTokens(32)
                .queueLength(4)
                .compute(compute)
                .build();
    }
}
