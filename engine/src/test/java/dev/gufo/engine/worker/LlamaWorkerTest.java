package dev.gufo.engine.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.AdapterSource;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Framing;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.batch.LocalEngine;
import dev.gufo.engine.batch.OnDevice;
import dev.gufo.engine.plan.DeviceMemory;
import dev.gufo.engine.plan.HostMemory;
import dev.gufo.engine.plan.MemoryPlan;
import dev.gufo.engine.plan.ModelFile;
import dev.gufo.engine.plan.Planner;
import dev.gufo.fixtures.RandomAdapter;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The demo model in a worker answers as it does in this process, also after the worker was killed. */
@Timeout(120)
class LlamaWorkerTest {
    private static final Path NATIVES = Path.of(System.getProperty("gufo.natives"));
    private static final Path DEMO = Path.of(System.getProperty("gufo.models"), "demo-chat.gguf");
    private static final Sampling GREEDY = Sampling.GREEDY;
    private static final Rendering PROMPT = new Rendering(List.of(
            new Segment("<|im_start|>user\n", true),
            new Segment("What is the capital of France?", false),
            new Segment("<|im_end|>\n<|im_start|>assistant\n", true)));

    @TempDir
    private Path crashFolder;

    @Test
    @Tag("device")
    void aWorkerAnswersLikeTheEngineItHolds() throws InterruptedException {
        List<Integer> expected;
        try (LocalEngine local = LocalEngine.open(settings(DEMO), percent -> {})) {
            expected = answer(local.generate(request(local.tokenize(PROMPT))));
        }
        assertThat(expected).isNotEmpty();

        try (WorkerEngine engine = WorkerEngine.start(settings(DEMO), WorkerOptions.defaults(crashFolder))) {
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            assertThat(answer(engine.generate(request(engine.tokenize(PROMPT)))))
                    .isEqualTo(expected);

            List<Generation> lost = List.of(
                    engine.generate(request(engine.tokenize(PROMPT))),
                    engine.generate(request(engine.tokenize(PROMPT))));
            ProcessHandle.of(engine.pid().orElseThrow()).orElseThrow().destroyForcibly();
            for (Generation generation : lost) {
                assertThat(answer(generation)).isEqualTo(expected);
            }
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            assertThat(answer(engine.generate(request(engine.tokenize(PROMPT)))))
                    .isEqualTo(expected);
        }
    }

    @Test
    @Tag("device")
    void aWorkerUsesAdaptersAsTheEngineDoesThatItHolds() throws IOException, InterruptedException {
        Path model = crashFolder.resolve("tiny.gguf");
        Path adapter = crashFolder.resolve("adapter.gguf");
        RandomModel.write(ModelShape.TINY, 5, model);
        RandomAdapter.write(ModelShape.TINY, 8, 1, 1, adapter);
        EngineSettings settings = settings(model).withAdapters(List.of(new AdapterSource("pirate", adapter)));
        GenerationRequest plain = GenerationRequest.of(new int[] {300, 301, 302}, 20)
                .ignoreEnd(true)
                .sampling(GREEDY)
                .build();
        GenerationRequest adapted = plain.with(List.of(new AdapterScale("pirate", 0.5f)));
        List<Integer> expected;
        try (LocalEngine local = LocalEngine.open(settings, percent -> {})) {
            expected = answer(local.generate(adapted));
            assertThat(answer(local.generate(plain))).isNotEqualTo(expected);
        }
        try (WorkerEngine engine = WorkerEngine.start(settings, WorkerOptions.defaults(crashFolder))) {
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            assertThat(engine.model().adapters()).containsExactly("pirate");
            assertThat(answer(engine.generate(adapted))).isEqualTo(expected);
            GenerationRequest unknown = plain.with(List.of(new AdapterScale("poet", 1)));
            assertThatThrownBy(() -> answer(engine.generate(unknown)))
                    .isInstanceOfSatisfying(
                            EngineException.Refused.class,
                            refused -> assertThat(refused.refusal())
                                    .isEqualTo(new Refusal.UnknownAdapter("poet", List.of("pirate"))));
        }
    }

    /** Its memory is as free again as it was, and the next worker finds room. */
    @Test
    @Tag("device")
    @EnabledIfSystemProperty(named = OnDevice.PROPERTY, matches = OnDevice.SOME)
    void aWorkerThatIsKilledLeavesNothingOnTheDevice() throws IOException, InterruptedException {
        Path model = crashFolder.resolve("tiny.gguf");
        RandomModel.write(ModelShape.TINY, 5, model);
        EngineSettings large = EngineSettings.of(model, NATIVES)
                .contextTokens(2_048)
                .sequences(256)
                .gpuLayers(OnDevice.LAYERS)
                .threads(1)
                .stepTokens(256)
                .queueLength(4)
                .build();
        DeviceProbe.Device before = device();
        try (WorkerEngine engine = WorkerEngine.start(large, WorkerOptions.defaults(crashFolder))) {
            await().atMost(OnDevice.PATIENCE).until(() -> Toys.isReady(engine));
            long taken = engine.model().kvBytes();
            assertThat(taken).isGreaterThanOrEqualTo(1L << 30);
            ProcessHandle worker = ProcessHandle.of(engine.pid().orElseThrow()).orElseThrow();
            await().atMost(OnDevice.PATIENCE).until(() -> device().freeBytes() < before.freeBytes() - taken / 2);
            worker.destroyForcibly();
            await().atMost(OnDevice.PATIENCE).until(() -> !worker.isAlive());
            await().atMost(OnDevice.PATIENCE).until(() -> Toys.isReady(engine)); // the one in its place has room
            assertThat(engine.pid()).isNotEqualTo(OptionalLong.of(worker.pid()));
            long one = before.freeBytes() - taken - taken / 2;
            await().atMost(OnDevice.PATIENCE).until(() -> device().freeBytes() > one); // and not two of them
        }
    }

    private static DeviceProbe.Device device() throws InterruptedException {
        return DeviceProbe.run(NATIVES).gpus().getFirst();
    }

    @Test
    void anAdapterOfAnotherModelIsToldInOneLine() throws IOException {
        Path adapter = crashFolder.resolve("adapter.gguf");
        RandomAdapter.write(ModelShape.TINY, 8, 1, 1, adapter);
        EngineSettings settings = settings(DEMO).withAdapters(List.of(new AdapterSource("pirate", adapter)));
        try (WorkerEngine engine = WorkerEngine.start(settings, WorkerOptions.defaults(crashFolder))) {
            await().atMost(Toys.PATIENCE).until(() -> engine.status() instanceof EngineStatus.Failed);
            assertThat(((EngineStatus.Failed) engine.status()).reason())
                    .contains("adapter.gguf")
                    .doesNotContain("\n");
        }
    }

    @Test
    void aFileThatIsNoModelIsToldInOneLine() throws IOException {
        Path text = Files.writeString(crashFolder.resolve("text.gguf"), "This is no model.");
        try (WorkerEngine engine = WorkerEngine.start(settings(text), WorkerOptions.defaults(crashFolder))) {
            await().atMost(Toys.PATIENCE).until(() -> engine.status() instanceof EngineStatus.Failed);
            assertThat(((EngineStatus.Failed) engine.status()).reason())
                    .isNotBlank()
                    .doesNotContain("\n");
        }
    }

    @Test
    void aWorkerTakesNoMoreMemoryThanWasPlanned() throws InterruptedException, ExecutionException, IOException {
        MemoryPlan.Share planned = Planner.of(
                        ModelFile.read(DEMO),
                        settings(DEMO),
                        List.of(),
                        new DeviceMemory("CPU", HostMemory.freeBytes()))
                .plan(settings(DEMO))
                .shares()
                .getLast();
        // Weights are pages of their file, which the kernel counts apart; no prompt is pushed out into the cache here.
        long most = planned.totalBytes() - planned.weightBytes() - planned.cacheBytes();
        try (WorkerEngine engine = WorkerEngine.start(settings(DEMO), WorkerOptions.defaults(crashFolder));
                var texts = Executors.newVirtualThreadPerTaskExecutor()) {
            await().atMost(Toys.PATIENCE).until(() -> Toys.isReady(engine));
            Path status = Path.of("/proc", String.valueOf(engine.pid().orElseThrow()), "status");
            assumeTrue(Files.exists(status), "this system has no /proc");
            for (int i = 0; i < 20; i++) {
                answer(engine.generate(request(engine.tokenize(PROMPT))));
            }
            long idle = kibibytes(status, "RssAnon") << 10;
            assertThat(idle).isBetween(most / 16, most / 2);

            Rendering longText = new Rendering(List.of(new Segment("owls and hawks ".repeat(1 << 18), false)));
            List<Future<int[]>> counts = Stream.generate(
                            () -> texts.submit(() -> engine.tokenize(longText, Framing.NONE)))
                    .limit(6)
                    .toList();
            for (Future<int[]> tokens : counts) {
                assertThat(tokens.get()).hasSizeGreaterThan(1 << 18);
            }
            long peak = (kibibytes(status, "VmHWM") - kibibytes(status, "RssFile")) << 10;
            assertThat(peak).isBetween(idle, most);
        }
    }

    private static long kibibytes(Path status, String name) throws IOException {
        String line = Files.readAllLines(status).stream()
                .filter(each -> each.startsWith(name + ":"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", ""));
    }

    private static EngineSettings settings(Path model) {
        return EngineSettings.of(model, NATIVES)
                .contextTokens(512)
                .sequences(4)
                .gpuLayers(OnDevice.LAYERS)
                .threads(2)
                .stepTokens(64)
                .queueLength(4)
                .build();
    }

    private static GenerationRequest request(int[] prompt) {
        return GenerationRequest.of(prompt, 100).sampling(GREEDY).build();
    }

    private static List<Integer> answer(Generation generation) throws InterruptedException {
        try (generation) {
            return Toys.all(generation).stream()
                    .filter(GenerationEvent.Token.class::isInstance)
                    .map(event -> ((GenerationEvent.Token) event).id())
                    .toList();
        }
    }
}
