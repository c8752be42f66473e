package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.gufo.engine.CacheUse;
import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.DiskCache;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.KvType;
import dev.gufo.engine.Sampling;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Computed prompts outlast main memory and the engine, and what the disk has of them is right or not used. */
@Tag("device")
@Timeout(300)
class DiskStoreTest {
    private static final int CONTEXT = 1_024;
    private static final long ENOUGH = 64L << 20;

    @TempDir
    private static Path models;

    @TempDir
    private Path folder;

    private static Path dense;
    private static Path hybrid;
    private static Path recurrent;

    /** Whether states can be cut anywhere. */
    enum Kind {
        DENSE,
        HYBRID,
        RECURRENT
    }

    @BeforeAll
    static void write() throws IOException {
        dense = models.resolve("dense.gguf");
        RandomModel.write(ModelShape.TINY, 5, dense);
        recurrent = TinyArchitecture.RECURRENT.write(models.resolve("recurrent.gguf"));
        hybrid = TinyArchitecture.HYBRID.write(models.resolve("hybrid.gguf"));
    }

    private static Path file(Kind kind) {
        return switch (kind) {
            case DENSE -> dense;
            case HYBRID -> hybrid;
            case RECURRENT -> recurrent;
        };
    }

    private static EngineSettings.Builder settings(Path model, long cacheBytes) {
        return EngineSettings.of(model, Path.of(System.getProperty("gufo.natives")))
                .contextTokens(CONTEXT)
                .sequences(1)
                .gpuLayers(OnDevice.LAYERS)
                .threads(2)
                .stepTokens(64)
                .cacheBytes(cacheBytes);
    }

    private static LocalEngine open(EngineSettings settings) {
        return LocalEngine.open(settings, percent -> {});
    }

    private static LocalEngine open(Path model, long cacheBytes, Path folder, long diskBytes) {
        return open(settings(model, cacheBytes)
                .diskCache(Optional.of(new DiskCache(folder, diskBytes)))
                .build());
    }

    private LocalEngine open(Kind kind) {
        return open(file(kind), ENOUGH, folder, ENOUGH);
    }

    private static int[] prompt(int seed, int length) {
        return new Random(seed).ints(length, 261, 512).toArray();
    }

    private static int[] joined(int[] start, int from, int seed, int more) {
        return IntStream.concat(IntStream.of(start).limit(from), IntStream.of(prompt(seed, more)))
                .toArray();
    }

    private static Answer answer(LocalEngine engine, int[] prompt, String scope) throws InterruptedException {
        return Answer.of(engine.generate(GenerationRequest.of(prompt, 4)
                .ignoreEnd(true)
                .sampling(Sampling.GREEDY)
                .cacheScope(scope)
                .topLogprobs(0)
                .build()));
    }

    private static Answer fresh(Path model, int[] prompt) throws InterruptedException {
        try (LocalEngine engine = open(settings(model, 0).build())) {
            return answer(engine, prompt, "");
        }
    }

    /** The same logits but for rounding, up to the first of two tokens that are about as likely. */
    private static void assertSame(Answer answer, Answer reference) {
        boolean same = true;
        for (int i = 0; i < reference.tokens().size() && same; i++) {
            float expected = reference.logprobs().get(i).chosen();
            assertThat(answer.logprobs().get(i).chosen()).isCloseTo(expected, within(0.2f));
            same = answer.tokens().get(i).equals(reference.tokens().get(i));
        }
    }

    private static List<Path> files(Path folder, String ending) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    private static long bytes(Path folder) throws IOException {
        long bytes = 0;
        for (Path file : files(folder, ".kv")) {
            bytes += Files.size(file);
        }
        return bytes;
    }

    @ParameterizedTest
    @EnumSource
    void conversationsGoOnAfterTheModelWasClosedAndOpenedAgain(Kind kind) throws Exception {
        int[] first = prompt(1, 400);
        int[] second = prompt(2, 300);
        int[] goesOn = joined(first, 400, 3, 40);
        try (LocalEngine engine = open(kind)) {
            answer(engine, first, "");
            answer(engine, second, "");
        }
        assertThat(files(folder, ".kv")).hasSize(2);
        try (LocalEngine engine = open(kind)) {
            Answer back = answer(engine, goesOn, "");
            assertThat(back.cached()).isBetween(KvSlot.lastingPrompt(400), 403);
            assertSame(back, fresh(file(kind), goesOn));
            assertThat(answer(engine, joined(second, 300, 4, 40), "").cached())
                    .isGreaterThanOrEqualTo(KvSlot.lastingPrompt(300));
        }
        assertThat(files(folder, ".kv"))
                .as("an earlier turn is replaced by a later one")
                .hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void whatMainMemoryHasEvictedComesUpFromDisk(Kind kind) throws Exception {
        try (LocalEngine engine = open(kind)) {
            answer(engine, prompt(1, 400), "");
        }
        long room = bytes(folder) * 2; // of one state, and the checkpoints of the prompt that runs
        try (LocalEngine engine = open(file(kind), room, folder, ENOUGH)) {
            for (int i = 2; i < 6; i++) {
                answer(engine, prompt(i, 400), "");
                int written = i;
                await().until(() -> files(folder, ".kv").size() >= written - 1);
            }
            Answer back = answer(engine, joined(prompt(2, 400), 400, 9, 40), "");
            assertThat(back.cached()).isGreaterThanOrEqualTo(KvSlot.lastingPrompt(400));
            assertSame(back, fresh(file(kind), joined(prompt(2, 400), 400, 9, 40)));
        }
    }

    @Test
    void eachTierTellsWhatItHoldsAndHowOftenThatWasFound() throws Exception {
        int[] goesOn = joined(prompt(1, 400), 400, 3, 40);
        try (LocalEngine engine = open(Kind.DENSE)) {
            answer(engine, prompt(1, 400), "");
        }
        try (LocalEngine engine = open(Kind.DENSE)) {
            answer(engine, goesOn, "");
            answer(engine, goesOn, "");
            CacheUse use = await().until(engine::caches, now -> now.slots().hits() == 1);
            assertThat(use.disk().hits()).isEqualTo(1);
            assertThat(use.disk().tokens()).isGreaterThanOrEqualTo(KvSlot.lastingPrompt(400));
            assertThat(use.disk().bytes()).isPositive();
            assertThat(use.disk().mostBytes()).isEqualTo(ENOUGH);
            assertThat(use.memory().mostBytes()).isEqualTo(ENOUGH);
            assertThat(use.slots().tokens()).isGreaterThan(380);
            assertThat(use.slots().bytes()).isBetween(1L, use.slots().mostBytes());
        }
    }

    @Test
    void theDiskHasNothingForAnotherScope() throws Exception {
        try (LocalEngine engine = open(Kind.DENSE)) {
            answer(engine, prompt(1, 400), "a");
        }
        try (LocalEngine engine = open(Kind.DENSE)) {
            assertThat(answer(engine, prompt(1, 400), "b").cached()).isZero();
            assertThat(answer(engine, prompt(1, 400), "").cached()).isZero();
            assertThat(answer(engine, prompt(1, 400), "a").cached()).isGreaterThan(380);
        }
    }

    @Test
    void otherSettingsAndOtherModelsHaveFilesOfTheirOwn() throws Exception {
        try (LocalEngine engine = open(Kind.DENSE)) {
            answer(engine, prompt(1, 400), "");
        }
        Path own = files(folder, ".kv").getFirst();
        Path other = models.resolve("other.gguf");
        RandomModel.write(ModelShape.TINY, 6, other);
        EngineSettings otherTypes = settings(dense, ENOUGH)
                .diskCache(Optional.of(new DiskCache(folder, ENOUGH)))
                .compute(ComputeSettings.DEFAULT.withKv(KvType.Q8_0, KvType.Q8_0))
                .build();
        for (EngineSettings each : List.of(
                otherTypes,
                settings(other, ENOUGH)
                        .diskCache(Optional.of(new DiskCache(folder, ENOUGH)))
                        .build())) {
            try (LocalEngine engine = open(each)) {
                assertThat(answer(engine, prompt(1, 400), "").cached()).isZero();
            }
        }
        assertThat(files(folder, ".kv")).hasSize(3).contains(own);
    }

    @Test
    void aFileOfAnotherModelIsDeletedAndNotUsed() throws Exception {
        try (LocalEngine engine = open(Kind.DENSE)) {
            answer(engine, prompt(1, 400), "");
        }
        Path foreign = files(folder, ".kv").getFirst();
        Path other = models.resolve("stranger.gguf");
        RandomModel.write(ModelShape.TINY, 7, other);
        try (LocalEngine engine = open(other, ENOUGH, folder, ENOUGH)) {
            answer(engine, prompt(2, 400), "");
        }
        Path place = files(folder, ".kv").stream()
                .filter(file -> !file.equals(foreign))
                .findFirst()
                .orElseThrow();
        Path moved = place.resolveSibling(foreign.getFileName());
        Files.copy(foreign, moved);
        try (LocalEngine engine = open(other, ENOUGH, folder, ENOUGH)) {
            assertThat(moved).doesNotExist();
            Answer answer = answer(engine, prompt(1, 400), "");
            assertThat(answer.cached()).isZero();
            assertSame(answer, fresh(other, prompt(1, 400)));
        }
    }

    /** Bits flipped, ends cut off and bytes added anywhere, before the engine looks and behind its back. */
    @ParameterizedTest
    @EnumSource
    void aDamagedFileIsAMissAndIsDeleted(Kind kind) throws Exception {
        int[] goesOn = joined(prompt(1, 400), 400, 3, 40);
        try (LocalEngine engine = open(kind)) {
            answer(engine, prompt(1, 400), "");
        }
        Path file = files(folder, ".kv").getFirst();
        Path whole = folder.resolve("whole");
        Files.copy(file, whole);
        Answer expected = fresh(file(kind), goesOn);
        Random random = new Random(11);
        for (int round = 0; round < 12; round++) {
            Files.copy(whole, file, StandardCopyOption.REPLACE_EXISTING);
            boolean later = random.nextBoolean();
            if (!later) {
                damage(file, random);
            }
            try (LocalEngine engine = open(kind)) {
                if (later) {
                    damage(file, random);
                }
                Answer answer = answer(engine, goesOn, "");
                assertThat(answer.cached()).isZero();
                assertThat(file).doesNotExist();
                assertSame(answer, expected);
            }
            for (Path left : files(folder, ".kv")) {
                Files.delete(left);
            }
        }
    }

    private static void damage(Path file, Random random) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            long at = random.nextInt(10) == 0 ? random.nextInt(400) : (long) (random.nextDouble() * bytes.length());
            switch (random.nextInt(3)) {
                case 0 -> bytes.setLength(at);
                case 1 -> {
                    bytes.seek(bytes.length());
                    bytes.write(random.nextInt(256));
                }
                default -> {
                    bytes.seek(at);
                    int was = bytes.read();
                    bytes.seek(at);
                    bytes.write(was ^ (1 << random.nextInt(8)));
                }
            }
        }
    }

    @Test
    void theFolderKeepsToItsBytesAndTheLatestStay() throws Exception {
        try (LocalEngine engine = open(Kind.DENSE)) {
            answer(engine, prompt(1, 400), "");
        }
        long room = bytes(folder) * 7 / 2;
        try (LocalEngine engine = open(dense, ENOUGH, folder, room)) {
            for (int i = 2; i < 12; i++) {
                answer(engine, prompt(i, 400), "");
                assertThat(bytes(folder)).isLessThanOrEqualTo(room);
            }
        }
        assertThat(bytes(folder)).isLessThanOrEqualTo(room);
        try (LocalEngine engine = open(dense, ENOUGH, folder, room)) {
            assertThat(answer(engine, prompt(11, 400), "").cached()).isGreaterThan(380);
            assertThat(answer(engine, prompt(1, 400), "").cached()).isZero();
        }
    }

    @Test
    void aSecondProcessWithTheSameModelGoesWithoutTheDisk() throws Exception {
        try (LocalEngine one = open(Kind.DENSE)) {
            try (LocalEngine two = open(Kind.DENSE)) {
                answer(two, prompt(2, 400), "");
            }
            assertThat(files(folder, ".kv")).isEmpty();
            answer(one, prompt(1, 400), "");
        }
        assertThat(files(folder, ".kv")).hasSize(1);
    }

    @Test
    void aFolderThatCannotBeUsedIsNoError() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        try (LocalEngine engine = open(dense, ENOUGH, file, ENOUGH)) {
            answer(engine, prompt(1, 400), "");
            assertThat(answer(engine, prompt(1, 400), "").cached()).isEqualTo(399);
        }
    }

    /** The process dies while it writes, again and again; what it has left is whole or is not used. */
    @Test
    void aProcessThatIsKilledWhileItWritesLeavesNothingThatIsWrong() throws Exception {
        Answer[] expected = new Answer[4];
        Random random = new Random(3);
        int cached = 0;
        for (int round = 0; round < 8; round++) {
            Process child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-Dgufo.natives=" + System.getProperty("gufo.natives"),
                            "-Dgufo.gpu-layers=" + System.getProperty("gufo.gpu-layers", "0"),
                            "-cp",
                            System.getProperty("java.class.path"),
                            DiskStoreTest.class.getName(),
                            dense.toString(),
                            folder.toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (BufferedReader lines = child.inputReader()) {
                for (int line = random.nextInt(1, 12); line > 0; line--) {
                    String told = lines.readLine();
                    while (told != null && !told.startsWith("answered")) {
                        told = lines.readLine();
                    }
                    assertThat(told).isNotNull();
                }
            } finally {
                child.destroyForcibly().waitFor();
            }
            try (LocalEngine engine = open(Kind.DENSE)) {
                assertThat(files(folder, ".tmp")).isEmpty();
                for (int i = 0; i < expected.length; i++) {
                    int[] prompt = joined(prompt(i, 600), 600, 50, 20);
                    if (expected[i] == null) {
                        expected[i] = fresh(dense, prompt);
                    }
                    Answer answer = answer(engine, prompt, "");
                    assertSame(answer, expected[i]);
                    cached += answer.cached();
                }
            }
        }
        assertThat(cached).isPositive();
    }

    /** Computes prompts in turns, so that each pushes out the last one, until it is killed. */
    public static void main(String[] args) throws Exception {
        try (LocalEngine engine = open(Path.of(args[0]), ENOUGH, Path.of(args[1]), ENOUGH)) {
            for (int i = 0; ; i++) {
                answer(engine, joined(prompt(i % 4, 600), 600, i, 20), "");
                System.out.println("answered " + i);
            }
        }
    }
}
