package dev.gufo.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EmbeddingSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.FlashAttention;
import dev.gufo.engine.KvLayout;
import dev.gufo.engine.KvType;
import dev.gufo.engine.SplitMode;
import dev.gufo.engine.SwaFull;
import dev.gufo.gguf.MemoryShape;
import dev.gufo.store.ModelRole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is chosen for machines of all sizes. */
class PlannerTest {
    private static final long GIB = 1L << 30;
    private static final int TRAINED = 32_768;
    private static final DeviceMemory HOST = new DeviceMemory("CPU", 64 * GIB);

    /** 8 billion parameters in about 4.5 bits, 8 KV heads of 128. */
    private static final MemoryShape SHAPE = new MemoryShape(
            300L << 20,
            430L << 20,
            0,
            Collections.nCopies(32, new MemoryShape.Layer(130L << 20, 1_024, 1_024, 0, false, false)),
            128,
            4_096,
            32,
            14_336,
            128_256,
            0);

    @Test
    void whatFitsIsOffloadedWhole() {
        MemoryPlan plan = planner(24 * GIB).plan(settings(8_192, 8, EngineSettings.GPU_LAYERS_AUTO));
        assertThat(plan.fits()).isTrue();
        assertThat(plan.gpuLayers()).isEqualTo(33);
        assertThat(plan.kvBytes()).isEqualTo(8L * 8_192 * 32 * 2 * 1_024 * 2);
        assertThat(plan.weightBytes()).isEqualTo(SHAPE.weightBytes());
    }

    @Test
    void adaptersCountAsWeightsOfTheirLayers() {
        EngineSettings settings = settings(8_192, 8, EngineSettings.GPU_LAYERS_AUTO);
        var devices = List.of(new DeviceMemory("GPU0", 7 * GIB));
        MemoryPlan without = new Planner(SHAPE, TRAINED, devices, HOST).plan(settings);
        MemoryPlan with = new Planner(SHAPE.withAdapters(2 * GIB), TRAINED, devices, HOST).plan(settings);
        assertThat(with.weightBytes() - without.weightBytes()).isBetween(2 * GIB, 2 * GIB + 32);
        assertThat(with.gpuLayers()).isLessThan(without.gpuLayers());
        assertThat(with.fits()).isTrue();
    }

    @Test
    void whatDoesNotFitLeavesLayersOnTheCpu() {
        MemoryPlan plan = planner(6 * GIB).plan(settings(8_192, 8, EngineSettings.GPU_LAYERS_AUTO));
        assertThat(plan.fits()).isTrue();
        assertThat(plan.gpuLayers()).isBetween(5, 30);
        assertThat(planner(6 * GIB)
                        .at(settings(8_192, 8, 0), 8_192, 8, plan.gpuLayers() + 1)
                        .fits())
                .isFalse();
    }

    @Test
    void anExplicitNumberOfLayersThatDoesNotFitIsRefusedWithNumbers() {
        MemoryPlan plan = planner(6 * GIB).plan(settings(8_192, 8, 32));
        assertThat(plan.fits()).isFalse();
        assertThat(plan.refusal()).contains("GPU0 needs", "6,144 MiB free", "--ctx-size", "--kv-type");
    }

    @Test
    void theContextGrowsToTheTrainingsOrAsFarAsItFits() {
        EngineSettings open = settings(0, 4, EngineSettings.GPU_LAYERS_AUTO);
        assertThat(planner(80 * GIB).plan(open).demand().contextTokens()).isEqualTo(TRAINED);
        MemoryPlan tight = planner(14 * GIB).plan(open);
        assertThat(tight.demand().contextTokens()).isBetween(8_192, TRAINED - 1);
        assertThat(tight.fits()).isTrue();
        assertThat(planner(14 * GIB)
                        .at(open, tight.demand().contextTokens() + 256, 4, 33)
                        .fits())
                .isFalse();
    }

    @Test
    void quantizedCachesMakeRoomForMore() {
        EngineSettings open = settings(0, 4, EngineSettings.GPU_LAYERS_AUTO);
        EngineSettings small = with(open, ComputeSettings.DEFAULT.withKv(KvType.Q4_0, KvType.Q4_0));
        assertThat(planner(14 * GIB).plan(small).demand().contextTokens())
                .isGreaterThan(planner(14 * GIB).plan(open).demand().contextTokens());
    }

    @Test
    void sequencesAreAsManyAsFitWithAGoodContext() {
        EngineSettings open = settings(0, EngineSettings.SEQUENCES_AUTO, EngineSettings.GPU_LAYERS_AUTO);
        assertThat(planner(141 * GIB).plan(open).demand().sequences()).isEqualTo(32);
        MemoryPlan tight = planner(12 * GIB).plan(open);
        assertThat(tight.demand().sequences()).isBetween(2, 8);
        assertThat(tight.gpuLayers()).isEqualTo(33);
    }

    @Test
    void aLayerThatPredictsAheadTakesItsWeightsAndOneSequenceIfItIsLoaded() {
        long layerBytes = 130L << 20;
        List<MemoryShape.Layer> layers = new ArrayList<>(SHAPE.layers());
        layers.add(new MemoryShape.Layer(layerBytes, 1_024, 1_024, 0, false, true));
        MemoryShape shape = new MemoryShape(
                SHAPE.inputBytes(),
                SHAPE.outputBytes(),
                SHAPE.tiedOutputBytes(),
                layers,
                SHAPE.headLength(),
                SHAPE.width(),
                SHAPE.heads(),
                SHAPE.feedForward(),
                SHAPE.vocabulary(),
                SHAPE.slidingWindow());
        EngineSettings settings = settings(8_192, 8, EngineSettings.GPU_LAYERS_AUTO);
        for (List<DeviceMemory> gpus : List.of(List.<DeviceMemory>of(), List.of(new DeviceMemory("GPU0", 48 * GIB)))) {
            MemoryPlan plain = new Planner(SHAPE, TRAINED, gpus, HOST).plan(settings);
            Planner planner = new Planner(
                    shape,
                    TRAINED,
                    ModelRole.CHAT,
                    false,
                    List.of(),
                    Optional.empty(),
                    Optional.of(new MtpLayer(shape.mtpAlone())),
                    gpus,
                    HOST);
            MemoryPlan with = planner.plan(settings);
            MemoryPlan without = planner.withoutMtp().plan(settings);
            assertThat(without.weightBytes()).isEqualTo(plain.weightBytes());
            assertThat(without.kvBytes()).isEqualTo(plain.kvBytes());
            assertThat(with.weightBytes()).isEqualTo(plain.weightBytes() + layerBytes);
            assertThat(with.kvBytes()).isEqualTo(plain.kvBytes() + plain.kvBytes() / (32 * 8));
            assertThat(with.shares().getLast().computeBytes())
                    .isGreaterThan(without.shares().getLast().computeBytes());
            assertThat(with.shares().getFirst().reserveBytes())
                    .isEqualTo(without.shares().getFirst().reserveBytes());
        }
    }

    @Test
    void aDraftModelTakesItsOwnWeightsAndOneSequenceAndNoReserve() {
        EngineSettings settings = settings(8_192, 8, EngineSettings.GPU_LAYERS_AUTO);
        for (List<DeviceMemory> gpus : List.of(List.<DeviceMemory>of(), List.of(new DeviceMemory("GPU0", 48 * GIB)))) {
            Planner alone = new Planner(SHAPE, TRAINED, gpus, HOST);
            Planner both = new Planner(
                    SHAPE,
                    TRAINED,
                    ModelRole.CHAT,
                    false,
                    List.of(),
                    Optional.of(new DraftFile(Path.of("small.gguf"), SHAPE, 4_096)),
                    Optional.empty(),
                    gpus,
                    HOST);
            MemoryPlan.Share without = alone.plan(settings).shares().getFirst();
            MemoryPlan.Share with = both.plan(settings).shares().getFirst();
            assertThat(both.plan(settings).weightBytes())
                    .isEqualTo(2 * alone.plan(settings).weightBytes());
            assertThat(both.plan(settings).kvBytes())
                    .isEqualTo(alone.plan(settings).kvBytes() * 17 / 16); // one of 4,096 beside eight of 8,192
            assertThat(with.computeBytes()).isGreaterThan(without.computeBytes());
            assertThat(with.reserveBytes()).isEqualTo(without.reserveBytes());
        }
    }

    @Test
    void severalGpusShareLayersAsTheyAreAskedTo() {
        Planner two = new Planner(
                SHAPE, TRAINED, List.of(new DeviceMemory("GPU0", 12 * GIB), new DeviceMemory("GPU1", 12 * GIB)), HOST);
        MemoryPlan even = two.plan(settings(8_192, 8, EngineSettings.GPU_LAYERS_AUTO));
        assertThat(even.shares()).hasSize(3);
        assertThat(even.shares().getFirst().weightBytes())
                .isCloseTo(even.shares().get(1).weightBytes(), within(15));
        MemoryPlan uneven = two.plan(with(settings(4_096, 2, 33), split(SplitMode.LAYER, List.of(3f, 1f))));
        assertThat(uneven.shares().getFirst().kvBytes()).isEqualTo(25 * uneven.kvBytes() / 32);
        MemoryPlan one = two.plan(with(settings(4_096, 2, 33), split(SplitMode.NONE, List.of())));
        assertThat(one.shares()).extracting(MemoryPlan.Share::device).containsExactly("GPU0", "CPU");
    }

    @Test
    void computedPromptsGetAPartOfTheMainMemoryThatIsLeftOrWhatWasAskedFor() {
        EngineSettings open = settings(0, 4, EngineSettings.GPU_LAYERS_AUTO);
        MemoryPlan plan = planner(80 * GIB).plan(open);
        assertThat(plan.cacheBytes()).isBetween(1 * GIB, 8 * GIB);
        assertThat(plan.fits()).isTrue();
        assertThat(plan.applyTo(open).cacheBytes()).isEqualTo(plan.cacheBytes());
        assertThat(planner(80 * GIB).plan(open.with().cacheBytes(0).build()).cacheBytes())
                .isZero();
        MemoryPlan tooMuch =
                planner(80 * GIB).plan(open.with().cacheBytes(1L << 50).build());
        assertThat(tooMuch.fits()).isFalse();
        assertThat(tooMuch.refusal()).contains("--cache-ram");
    }

    @Test
    void layersAreSplitByWhatGpusHaveFreeAndWhatFollowsThemIsOnTheLast() {
        Planner two = gpus(new DeviceMemory("GPU0", 12 * GIB), new DeviceMemory("GPU1", 24 * GIB));
        MemoryPlan all = two.plan(settings(4_096, 2, 33));
        assertThat(placed(all)).containsExactly("GPU0 1430+352", "GPU1 3160+672", "CPU 300+0");
        MemoryPlan some = two.plan(settings(4_096, 2, 20)); // the last 19 layers and what follows them
        assertThat(placed(some)).containsExactly("GPU0 910+224", "GPU1 1990+384", "CPU 1990+416");
    }

    @Test
    void tensorSplitGivesEachGpuItsShareOfTheLayers() {
        Planner three = gpus(
                new DeviceMemory("GPU0", 12 * GIB),
                new DeviceMemory("GPU1", 12 * GIB),
                new DeviceMemory("GPU2", 12 * GIB));
        for (SplitMode mode : List.of(SplitMode.LAYER, SplitMode.ROW)) {
            MemoryPlan uneven = three.plan(with(settings(4_096, 2, 33), split(mode, List.of(2f, 1f, 1f))));
            assertThat(placed(uneven)).containsExactly("GPU0 2210+544", "GPU1 1040+256", "GPU2 1340+224", "CPU 300+0");
        }
        MemoryPlan without = three.plan(with(settings(4_096, 2, 33), split(SplitMode.LAYER, List.of(1f, 0f, 1f))));
        assertThat(placed(without)).containsExactly("GPU0 2210+544", "GPU1 0+0", "GPU2 2380+480", "CPU 300+0");
        MemoryPlan brief = three.plan(with(settings(4_096, 2, 33), split(SplitMode.LAYER, List.of(1f)))); // others: 0
        assertThat(placed(brief)).containsExactly("GPU0 4590+1024", "GPU1 0+0", "GPU2 0+0", "CPU 300+0");
    }

    @Test
    void withoutASplitEverythingIsOnTheMainGpu() {
        Planner two = gpus(new DeviceMemory("GPU0", 2 * GIB), new DeviceMemory("GPU1", 12 * GIB));
        MemoryPlan second = two.plan(with(settings(4_096, 2, 33), onMainGpu(1)));
        assertThat(placed(second)).containsExactly("GPU1 4590+1024", "CPU 300+0");
        assertThat(second.fits()).isTrue();
        MemoryPlan first = two.plan(with(settings(4_096, 2, 33), onMainGpu(0)));
        assertThat(first.fits()).isFalse();
        assertThat(first.refusal()).contains("GPU0 needs").doesNotContain("GPU1");
        MemoryPlan none = two.plan(with(settings(4_096, 2, 33), onMainGpu(2))); // there is no third
        assertThat(placed(none)).containsExactly("CPU 4890+1024");
    }

    @Test
    void ofSeveralGpusThoseInMainMemoryAreCountedThereToo() {
        Planner two = gpus(new DeviceMemory("Vulkan0", 12 * GIB), new DeviceMemory("Vulkan1", 12 * GIB, true));
        MemoryPlan plan = two.plan(settings(4_096, 2, 33));
        assertThat(plan.shares().getLast().lentBytes())
                .isEqualTo(plan.shares().get(1).totalBytes());
    }

    private static Planner gpus(DeviceMemory... gpus) {
        return new Planner(SHAPE, TRAINED, List.of(gpus), HOST);
    }

    private static ComputeSettings onMainGpu(int gpu) {
        return new ComputeSettings(
                KvType.F16,
                KvType.F16,
                KvLayout.AUTO,
                SwaFull.AUTO,
                FlashAttention.AUTO,
                SplitMode.NONE,
                List.of(),
                gpu,
                false);
    }

    /** Each device with MiB of weights and of cache. */
    private static List<String> placed(MemoryPlan plan) {
        return plan.shares().stream()
                .map(share -> "%s %d+%d".formatted(share.device(), share.weightBytes() >> 20, share.kvBytes() >> 20))
                .toList();
    }

    @Test
    void aPlanIsCrampedIfMoreMemoryWouldChangeWhatWasLeftOpen() {
        EngineSettings open = settings(0, 4, EngineSettings.GPU_LAYERS_AUTO);
        assertThat(planner(80 * GIB).plan(open).cramped()).isFalse();
        assertThat(planner(14 * GIB).plan(open).cramped()).isFalse(); // a good context, if not the training's
        assertThat(planner(6 * GIB).plan(open).cramped()).isTrue();
        assertThat(planner(6 * GIB).plan(settings(512, 1, 20)).cramped()).isFalse();
        Planner small = new Planner(SHAPE, TRAINED, List.of(), new DeviceMemory("CPU", 8 * GIB));
        assertThat(small.plan(open).cramped()).isTrue(); // a short context
        assertThat(small.plan(settings(512, 4, EngineSettings.GPU_LAYERS_AUTO)).cramped())
                .isFalse();
        assertThat(new Planner(SHAPE, 2_048, List.of(), HOST).plan(open).cramped())
                .isFalse();
    }

    @Test
    void whatAGpuTakesOfMainMemoryIsCountedThereToo() {
        EngineSettings settings = settings(8_192, 4, 33);
        var host = new DeviceMemory("CPU", 8 * GIB);
        MemoryPlan own =
                new Planner(SHAPE, TRAINED, List.of(new DeviceMemory("Vulkan0", 12 * GIB)), host).plan(settings);
        MemoryPlan shared =
                new Planner(SHAPE, TRAINED, List.of(new DeviceMemory("Vulkan0", 12 * GIB, true)), host).plan(settings);
        assertThat(own.fits()).isTrue();
        assertThat(own.shares().getLast().lentBytes()).isZero();
        assertThat(shared.shares().getFirst()).isEqualTo(own.shares().getFirst());
        assertThat(shared.shares().getLast().lentBytes())
                .isEqualTo(shared.shares().getFirst().totalBytes());
        assertThat(shared.fits()).isFalse();
        assertThat(shared.refusal()).contains("CPU needs", "lent to GPUs");
    }

    @Test
    void theReserveOfAGpuIsThatOfItsBackend() {
        EngineSettings settings = settings(8_192, 4, 33);
        assertThat(reserve("CUDA0", settings)).isEqualTo(640L << 20);
        assertThat(reserve("GPU0", settings)).isEqualTo(640L << 20);
        assertThat(reserve("Vulkan0", settings)).isEqualTo(128L << 20);
    }

    private static long reserve(String device, EngineSettings settings) {
        Planner planner = new Planner(SHAPE, TRAINED, List.of(new DeviceMemory(device, 24 * GIB)), HOST);
        return planner.plan(settings).shares().getFirst().reserveBytes();
    }

    @Test
    void theHostKeepsTheInputsOfWhatGpusCompute() {
        MemoryPlan.Share host =
                planner(24 * GIB).plan(settings(8_192, 8, 33)).shares().getLast();
        long mask = 512L * 8_192 * 2;
        long vectors = 2 * 512L * 4_096 * 4;
        assertThat(host.computeBytes()).isBetween(mask + vectors, mask + vectors + 512 * 128);
    }

    @Test
    void aPlannerGoesToOtherDevices() {
        EngineSettings open = settings(0, 4, EngineSettings.GPU_LAYERS_AUTO);
        var gpus = List.of(new DeviceMemory("GPU0", 14 * GIB));
        assertThat(new Planner(SHAPE, TRAINED, List.of(), HOST).on(gpus, HOST).plan(open))
                .isEqualTo(planner(14 * GIB).plan(open));
    }

    @Test
    void anEncoderHasNoCacheAndAWindowThatFits() {
        MemoryShape encoder = new MemoryShape(
                20L << 20,
                0,
                0,
                Collections.nCopies(12, new MemoryShape.Layer(14L << 20, 0, 0, 0, false, false)),
                64,
                768,
                12,
                3_072,
                0,
                0);
        var planner = new Planner(
                encoder,
                32_768,
                ModelRole.EMBEDDINGS,
                true,
                List.of(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                HOST);
        MemoryPlan plan = planner.plan(settings(0, EngineSettings.SEQUENCES_AUTO, EngineSettings.GPU_LAYERS_AUTO));
        assertThat(plan.windowTokens()).hasValue(8_192);
        assertThat(plan.kvBytes()).isZero();
        assertThat(plan.weightBytes()).isEqualTo(encoder.weightBytes());
        assertThat(plan.fits()).isTrue();
        assertThat(plan.applyTo(settings(0, EngineSettings.SEQUENCES_AUTO, 0)).sequences())
                .isEqualTo(8);
        assertThat(planner.plan(settings(40_000, 4, 0)).windowTokens()).hasValue(32_768);

        var small = planner.on(List.of(), new DeviceMemory("CPU", 1_400L << 20));
        MemoryPlan tight = small.plan(settings(0, 4, 0));
        assertThat(tight.windowTokens().orElseThrow()).isBetween(256, 8_191);
        assertThat(tight.fits()).isTrue();
        assertThat(tight.cramped()).isTrue();
        assertThat(small.plan(settings(32_768, 4, 0)).refusal()).contains("inputs of 32768 tokens", "MiB free");
    }

    @Test
    void aModelForChatThatMakesVectorsTooGetsASecondContext() {
        EngineSettings chat = settings(16_384, 4, EngineSettings.GPU_LAYERS_AUTO);
        var both = EngineSettings.of(chat.model(), chat.natives())
                .contextTokens(chat.contextTokens())
                .sequences(chat.sequences())
                .gpuLayers(chat.gpuLayers())
                .threads(1)
                .queueLength(4)
                .embeddings(new EmbeddingSettings(true, Optional.empty()))
                .build();
        MemoryPlan without = planner(40 * GIB).plan(chat);
        MemoryPlan with = planner(40 * GIB).plan(both);
        assertThat(without.windowTokens()).isEmpty();
        assertThat(with.windowTokens()).hasValue(16_384);
        assertThat(with.demand()).isEqualTo(without.demand());
        assertThat(with.kvBytes() - without.kvBytes()).isEqualTo(16_384L * 32 * 2 * 1_024 * 2);
        assertThat(with.shares().getFirst().computeBytes()
                        - without.shares().getFirst().computeBytes())
                .isGreaterThan(512L * SHAPE.vocabulary() * Float.BYTES); // the logits of every token
    }

    @Test
    void everyPlanThatFitsStaysBelowWhatIsFree() {
        RandomGenerator random = new SplittableRandom(7);
        for (int i = 0; i < 300; i++) {
            Planner planner = planner(random.nextLong(GIB / 2, 40 * GIB));
            MemoryPlan plan = planner.plan(settings(
                    random.nextBoolean() ? 0 : random.nextInt(1, 40_000),
                    random.nextInt(4) == 0 ? EngineSettings.SEQUENCES_AUTO : random.nextInt(1, 64),
                    random.nextInt(-1, 40)));
            for (MemoryPlan.Share share : plan.shares()) {
                assertThat(!plan.fits() || share.totalBytes() <= share.freeBytes())
                        .isTrue();
            }
            assertThat(plan.weightBytes()).isEqualTo(SHAPE.weightBytes());
            assertThat(plan.demand().sequences()).isPositive();
            assertThat(plan.demand().contextTokens()).isPositive();
        }
    }

    /** CUDA's kernels are compiled for some lengths of heads; a matrix of scores takes their place with others. */
    @Test
    void whereADeviceCantComputeAttentionInTilesTheScoresAreCounted() {
        EngineSettings settings = settings(8_192, 8, 33);
        long scores = 512L * 32 * 8_192 * Float.BYTES;
        assertThat(compute("CUDA0", 128, settings)).isLessThan(scores);
        assertThat(compute("CUDA0", 100, settings)).isGreaterThan(scores);
        assertThat(compute("Vulkan0", 104, settings)).isEqualTo(compute("Vulkan0", 128, settings));
        assertThat(compute("Vulkan0", 100, settings)).isEqualTo(compute("CUDA0", 100, settings));
        assertThat(compute("CUDA0", 100, settings(8_192, 8, 0)))
                .isEqualTo(compute("CUDA0", 128, settings(8_192, 8, 0)));
    }

    private static long compute(String gpu, int headLength, EngineSettings settings) {
        MemoryShape shape = new MemoryShape(1, 1, 0, SHAPE.layers(), headLength, 4_096, 32, 14_336, 1_000, 0);
        return new Planner(shape, TRAINED, List.of(new DeviceMemory(gpu, 48 * GIB)), HOST)
                .plan(settings)
                .shares()
                .getFirst()
                .computeBytes();
    }

    @Test
    void aCacheTypeThatDoesNotSuitTheHeadsIsRefused() {
        MemoryShape odd = new MemoryShape(1, 1, 0, SHAPE.layers(), 80, 4_096, 32, 14_336, 1_000, 0);
        Planner planner = new Planner(odd, TRAINED, List.of(), HOST);
        EngineSettings settings = with(settings(512, 1, 0), ComputeSettings.DEFAULT.withKv(KvType.Q8_0, KvType.F16));
        assertThatThrownBy(() -> planner.plan(settings))
                .isInstanceOf(EngineException.Broken.class)
                .hasMessageContaining("q8_0");
    }

    @Test
    void recurrentLayersTakeTheSameHoweverLongTheContextIs() {
        MemoryShape mixed = new MemoryShape(
                0,
                0,
                0,
                List.of(
                        new MemoryShape.Layer(1, 0, 0, 10_000, false, false),
                        new MemoryShape.Layer(1, 64, 64, 0, false, false)),
                64,
                64,
                1,
                64,
                100,
                0);
        Planner planner = new Planner(mixed, TRAINED, List.of(), HOST);
        long shorter = planner.plan(settings(256, 4, 0)).kvBytes();
        long longer = planner.plan(settings(512, 4, 0)).kvBytes();
        assertThat(shorter).isEqualTo(4 * 40_000 + 4 * 256 * 2 * 64 * 2);
        assertThat(longer - shorter).isEqualTo(4 * 256 * 2 * 64 * 2);
    }

    @Test
    void freeMemoryIsTheMachinesOrTheContainersWhicheverIsLess(@TempDir Path root) throws IOException {
        Files.createDirectories(root.resolve("proc"));
        Files.writeString(root.resolve("proc/meminfo"), "MemTotal: 900 kB\nMemAvailable:     800 kB\n");
        assertThat(HostMemory.freeBytes(root)).isEqualTo(800 << 10);
        Path group = Files.createDirectories(root.resolve("sys/fs/cgroup"));
        Files.writeString(group.resolve("memory.max"), "409600\n");
        Files.writeString(group.resolve("memory.current"), "300000\n");
        Files.writeString(group.resolve("memory.stat"), "anon 1\ninactive_file 100000\nactive_file 90400\n");
        assertThat(HostMemory.freeBytes(root)).isEqualTo(300_000);
        Files.writeString(group.resolve("memory.max"), "max\n");
        assertThat(HostMemory.freeBytes(root)).isEqualTo(800 << 10);
    }

    @Test
    void aLimitOfAGroupAroundThisOneCounts(@TempDir Path root) throws IOException {
        Files.createDirectories(root.resolve("proc/self"));
        Files.writeString(root.resolve("proc/meminfo"), "MemAvailable:     8000 kB\n");
        Files.writeString(root.resolve("proc/self/cgroup"), "0::/user.slice/gufo.service\n");
        Path slice = root.resolve("sys/fs/cgroup/user.slice");
        Path group = Files.createDirectories(slice.resolve("gufo.service"));
        Files.writeString(group.resolve("memory.max"), "max\n");
        Files.writeString(group.resolve("memory.current"), "10\n");
        Files.writeString(slice.resolve("memory.max"), "500000\n");
        Files.writeString(slice.resolve("memory.current"), "100000\n");
        assertThat(HostMemory.freeBytes(root)).isEqualTo(400_000);
        Files.writeString(group.resolve("memory.max"), "200010\n");
        assertThat(HostMemory.freeBytes(root)).isEqualTo(200_000);
    }

    @Test
    void limitsOfTheFirstVersionOfControlGroupsCount(@TempDir Path root) throws IOException {
        Files.createDirectories(root.resolve("proc/self"));
        Files.writeString(root.resolve("proc/meminfo"), "MemAvailable:     8000 kB\n");
        Files.writeString(root.resolve("proc/self/cgroup"), "4:cpu,cpuacct:/\n3:memory:/docker/abc\n0::/\n");
        // In a container the group itself is mounted, whatever its path is outside.
        Path group = Files.createDirectories(root.resolve("sys/fs/cgroup/memory"));
        Files.writeString(group.resolve("memory.limit_in_bytes"), "1000000\n");
        Files.writeString(group.resolve("memory.usage_in_bytes"), "700000\n");
        Files.writeString(
                group.resolve("memory.stat"),
                "inactive_file 1\nactive_file 2\ntotal_inactive_file 100000\ntotal_active_file 50000\n");
        assertThat(HostMemory.freeBytes(root)).isEqualTo(450_000);
        Files.writeString(group.resolve("memory.limit_in_bytes"), "9223372036854771712\n");
        assertThat(HostMemory.freeBytes(root)).isEqualTo(8000 << 10);
    }

    private static org.assertj.core.data.Percentage within(int percent) {
        return org.assertj.core.data.Percentage.withPercentage(percent);
    }

    private static Planner planner(long gpuBytes) {
        return new Planner(SHAPE, TRAINED, List.of(new DeviceMemory("GPU0", gpuBytes)), HOST);
    }

    private static EngineSettings settings(int contextTokens, int sequences, int gpuLayers) {
        return EngineSettings.of(Path.of("model.gguf"), Path.of("natives"))
                .contextTokens(contextTokens)
                .sequences(sequences)
                .gpuLayers(gpuLayers)
                .threads(1)
                .queueLength(4)
                .build();
    }

    private static EngineSettings with(EngineSettings settings, ComputeSettings compute) {
        return EngineSettings.of(settings.model(), settings.natives())
                .contextTokens(settings.contextTokens())
                .sequences(settings.sequences())
                .gpuLayers(settings.gpuLayers())
                .threads(1)
                .queueLength(4)
                .compute(compute)
                .build();
    }

    private static ComputeSettings split(SplitMode mode, List<Float> shares) {
        return new ComputeSettings(
                KvType.F16, KvType.F16, KvLayout.AUTO, SwaFull.AUTO, FlashAttention.AUTO, mode, shares, 0, false);
    }
}
