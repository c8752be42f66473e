package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.EmbeddingSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.FlashAttention;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.KvLayout;
import dev.gufo.engine.KvType;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.Speculation;
import dev.gufo.engine.SplitMode;
import dev.gufo.engine.SwaFull;
import dev.gufo.engine.plan.MemoryPlan;
import dev.gufo.fixtures.Shapes;
import dev.gufo.gguf.GgufFile;
import dev.gufo.gguf.MemoryShape;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What was planned against what llama.cpp says that it allocated. */
@Tag("device")
@Tag("device-short")
class PlannedMemoryTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Path DEMO = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");
    private static final Pattern KV = Pattern.compile("llama_kv_cache: size = +([0-9.]+) MiB");
    private static final Pattern COMPUTE = Pattern.compile("(?:_Host|CPU) +compute buffer size = +([0-9.]+) MiB");
    private static final Pattern DEVICE_COMPUTE =
            Pattern.compile("(?:CUDA|Vulkan)[0-9]+ +compute buffer size = +([0-9.]+) MiB");
    private static final Pattern DEVICE_WEIGHTS =
            Pattern.compile("(?:CUDA|Vulkan)[0-9]+ +model buffer size = +([0-9.]+) MiB");
    private static final Sampling GREEDY = Sampling.GREEDY;
    private static final Path MINI_LM = Path.of(System.getProperty("gufo.models"), "target", "all-minilm-l6-v2.gguf");
    private static final double MIB = 1 << 20;
    private static final double ROUNDING = 0.01; // in what llama.cpp prints
    private static final double SMALL = 0.2; // of no account, whatever the share
    private static final double SLACK = 1.12;
    private static final double MIXED = 1.25; // with experts, of which few are computed at once
    private static final double DEVICE_SLACK = 1.4; // a device's graph shares more of its buffers than a CPU's

    private final Logger llama = (Logger) LoggerFactory.getLogger("llama.cpp");
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        llama.addAppender(lines);
        llama.setLevel(Level.DEBUG);
        llama.setAdditive(false);
    }

    @AfterEach
    void stopListening() {
        llama.detachAppender(lines);
        llama.setAdditive(true);
        llama.setLevel(null);
    }

    @Test
    void aTinyModelTakesWhatWasPlanned(@TempDir Path folder) throws IOException {
        Path tiny = folder.resolve("tiny.gguf");
        RandomModel.write(ModelShape.TINY, 1, tiny);
        check(tiny, 2_048, 8, KvType.F16, KvType.F16, FlashAttention.AUTO);
        check(tiny, 1_000, 3, KvType.Q8_0, KvType.Q8_0, FlashAttention.AUTO);
        check(tiny, 512, 32, KvType.Q4_0, KvType.Q4_0, FlashAttention.ON);
        check(tiny, 2_048, 1, KvType.F16, KvType.F16, FlashAttention.OFF);
    }

    @Test
    void aPoolThatSequencesShareTakesWhatWasPlanned(@TempDir Path folder) throws IOException {
        ComputeSettings shared = ComputeSettings.DEFAULT.withKv(KvLayout.SHARED);
        check(settings(DEMO, 700, 5, shared));
        check(settings(DEMO, 2_048, 16, shared));
        check(settings(DEMO, 1_024, 4, shared.withKv(KvType.Q8_0, KvType.Q8_0)));
        check(settings(TinyArchitecture.SLIDING_WINDOW.write(folder.resolve("window.gguf")), 512, 8, shared));
    }

    @Test
    void theDemoModelTakesWhatWasPlanned() throws IOException {
        check(DEMO, 2_048, 1, KvType.F16, KvType.F16, FlashAttention.AUTO);
        check(DEMO, 700, 5, KvType.Q8_0, KvType.F16, FlashAttention.AUTO);
        check(DEMO, 1_024, 16, KvType.Q4_0, KvType.Q4_0, FlashAttention.AUTO);
        check(DEMO, 2_048, 4, KvType.F16, KvType.F16, FlashAttention.OFF);
    }

    @Test
    void aLayerThatPredictsAheadTakesWhatWasPlanned(@TempDir Path folder) throws IOException {
        for (int width : new int[] {TinyMtpModel.WORDS, 512}) {
            Path model = TinyMtpModel.write(folder.resolve(width + ".gguf"), width);
            for (ComputeSettings compute : List.of(
                    ComputeSettings.DEFAULT,
                    ComputeSettings.DEFAULT.withKv(KvType.Q8_0, KvType.Q8_0),
                    ComputeSettings.DEFAULT.withKv(KvLayout.SHARED))) {
                EngineSettings.Builder settings =
                        settings(model, 1_024, 4, compute).with();
                MemoryPlan without = check(settings.speculation(Speculation.OFF).build(), MIXED);
                MemoryPlan with = check(settings.speculation(Speculation.MTP).build(), MIXED);
                assertThat(with.kvBytes() * 12).isEqualTo(without.kvBytes() * 13); // of one sequence; else 3 of 4
                assertThat(with.weightBytes()).isGreaterThan(without.weightBytes());
            }
        }
    }

    @Test
    void aModelOf270MillionParametersTakesWhatWasPlanned(@TempDir Path folder) throws IOException {
        Path model = folder.resolve("m270.gguf");
        RandomModel.write(Shapes.M270, 1, model);
        check(model, 2_048, 8, KvType.F16, KvType.F16, FlashAttention.AUTO);
        check(model, 4_096, 2, KvType.Q8_0, KvType.Q4_0, FlashAttention.AUTO);
    }

    @Test
    void anEncoderTakesWhatWasPlanned(@TempDir Path folder) throws IOException {
        assertThat(MemoryShape.of(List.of(GgufFile.read(MINI_LM))).tiedOutputBytes())
                .as("an encoder has no output matrix")
                .isZero();
        checkVectors(MINI_LM, 0, 512);
        checkVectors(MINI_LM, 128, 64);
        checkVectors(MINI_LM, 256, 2_048);
        Path ranking = TinyEncoder.write(folder.resolve("ranking.gguf"));
        assertThat(checkVectors(ranking, 0, 512).demand().contextTokens()).isEqualTo(TinyEncoder.WINDOW);
    }

    @Test
    void aModelForChatThatMakesVectorsTooTakesWhatWasPlanned(@TempDir Path folder) throws IOException {
        Path tiny = folder.resolve("tiny.gguf");
        RandomModel.write(ModelShape.TINY, 1, tiny);
        MemoryPlan plan = checkVectors(tiny, 0, 512);
        assertThat(plan.windowTokens()).hasValue(2_048);
        checkVectors(DEMO, 512, 128);
        Path model = folder.resolve("m270.gguf");
        RandomModel.write(Shapes.M270, 1, model);
        checkVectors(model, 4_096, 512);
    }

    @Test
    void whatCantFitIsRefusedBeforeAnythingIsAllocated() {
        assertThatThrownBy(() -> LocalEngine.open(settings(DEMO, 1 << 24, 256, ComputeSettings.DEFAULT), percent -> {}))
                .isInstanceOf(EngineException.Broken.class)
                .hasMessageContaining("MiB free");
        assertThat(lines.list).noneMatch(line -> line.getFormattedMessage().contains("load_tensors"));
    }

    /** Also of libraries for a device that is there: no weights, no buffers and none of the work. */
    @Test
    void withNoLayersOnTheDeviceNothingIs() throws IOException {
        check(EngineSettings.of(DEMO, NATIVES)
                .contextTokens(1_024)
                .sequences(2)
                .gpuLayers(0)
                .threads(2)
                .queueLength(4)
                .build());
    }

    @Test
    void sequencesThatAreLeftOpenAreChosen() {
        EngineSettings open = settings(DEMO, 0, EngineSettings.SEQUENCES_AUTO, ComputeSettings.DEFAULT);
        try (LocalEngine engine = LocalEngine.open(open, percent -> {})) {
            assertThat(engine.model().sequences()).isBetween(1, 32);
            assertThat(engine.model().contextTokens()).isEqualTo(2_048);
        }
    }

    @Test
    void aQuantizedCacheGeneratesWhatAWholeOneDoes() throws InterruptedException {
        String whole = answer(ComputeSettings.DEFAULT);
        assertThat(whole).contains("Paris");
        assertThat(answer(ComputeSettings.DEFAULT.withKv(KvType.Q8_0, KvType.Q8_0)))
                .isEqualTo(whole);
        assertThat(answer(ComputeSettings.DEFAULT.withKv(KvType.Q4_0, KvType.Q4_0)))
                .isNotBlank();
    }

    private void check(
            Path model, int contextTokens, int sequences, KvType keys, KvType values, FlashAttention attention)
            throws IOException {
        ComputeSettings compute = new ComputeSettings(
                keys, values, KvLayout.AUTO, SwaFull.AUTO, attention, SplitMode.LAYER, List.of(), 0, false);
        check(settings(model, contextTokens, sequences, compute));
    }

    private MemoryPlan checkVectors(Path model, int contextTokens, int stepTokens) throws IOException {
        return check(EngineSettings.of(model, NATIVES)
                .contextTokens(contextTokens)
                .sequences(2)
                .gpuLayers(OnDevice.LAYERS)
                .threads(2)
                .stepTokens(stepTokens)
                .queueLength(4)
                .embeddings(new EmbeddingSettings(true, Optional.empty()))
                .build());
    }

    private MemoryPlan check(EngineSettings settings) throws IOException {
        return check(settings, SLACK);
    }

    /** @param slack what may be planned for a CPU's intermediate results, of what they take */
    private MemoryPlan check(EngineSettings settings, double slack) throws IOException {
        Sizing sizing = Sizing.of(settings);
        MemoryPlan plan = sizing.plan();
        lines.list.clear();
        try (LoadedModel loaded = LoadedModel.load(sizing, percent -> {})) {
            long file = MemoryShape.of(sizing.shards()).weightBytes(); // without a device's copy of token embeddings
            assertThat((double) file).isCloseTo((double) loaded.info().bytes(), percent(5));
        }
        assertThat(plan.gpuLayers() == 0).isEqualTo(settings.gpuLayers() == 0);
        assertThat(plan.kvBytes() / MIB).isCloseTo(logged(KV), percent(5));
        double estimated = (plan.shares().getLast().computeBytes() - hiddenStates(sizing)) / MIB;
        if (plan.gpuLayers() == 0) {
            assertThat(logged(DEVICE_COMPUTE) + logged(DEVICE_WEIGHTS)).isZero();
            assertThat(estimated).isBetween(logged(COMPUTE) - ROUNDING, slack * logged(COMPUTE) + SMALL);
            return plan;
        }
        MemoryPlan.Share device = plan.shares().getFirst();
        assertThat(device.weightBytes() / MIB)
                .isCloseTo(logged(DEVICE_WEIGHTS), within(0.05 * logged(DEVICE_WEIGHTS) + ROUNDING));
        assertThat(device.computeBytes() / MIB)
                .isBetween(logged(DEVICE_COMPUTE) - ROUNDING, DEVICE_SLACK * logged(DEVICE_COMPUTE) + SMALL);
        assertThat(estimated).isBetween(logged(COMPUTE) - ROUNDING, DEVICE_SLACK * logged(COMPUTE) + SMALL);
        return plan;
    }

    /** What llama.cpp does not report. */
    private static long hiddenStates(Sizing sizing) {
        long row = (long) sizing.file().dimensions().embedding() * Float.BYTES;
        return sizing.mtp() ? 3L * sizing.settings().stepTokens() * row : 0;
    }

    private double logged(Pattern pattern) {
        return lines.list.stream()
                .map(line -> pattern.matcher(line.getFormattedMessage()))
                .filter(Matcher::find)
                .mapToDouble(matcher -> Double.parseDouble(matcher.group(1)))
                .sum();
    }

    private static org.assertj.core.data.Percentage percent(int percent) {
        return org.assertj.core.data.Percentage.withPercentage(percent);
    }

    private static String answer(ComputeSettings compute) throws InterruptedException {
        try (LocalEngine engine = LocalEngine.open(settings(DEMO, 512, 2, compute), percent -> {})) {
            int[] prompt = engine.tokenize(new Rendering(List.of(new Segment(
                    "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n", true))));
            return Answer.of(engine.generate(
                            GenerationRequest.of(prompt, 24).sampling(GREEDY).build()))
                    .text();
        }
    }

    private static EngineSettings settings(Path model, int contextTokens, int sequences, ComputeSettings compute) {
        return EngineSettings.of(model, NATIVES)
                .contextTokens(contextTokens)
                .sequences(sequences)
                .gpuLayers(OnDevice.LAYERS)
                .threads(2)
                .queueLength(4)
                .compute(compute)
                .build();
    }
}
