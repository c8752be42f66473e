package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.Drafts;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.EngineStatus;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.KvLayout;
import dev.gufo.engine.Owner;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Sampling;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One pool of KV cells for all sequences of an engine. */
@Tag("device")
@Timeout(300)
class SharedKvTest {
    private static final int SEQUENCES = 4;
    private static final int EACH = 256;
    private static final int POOL = SEQUENCES * EACH;

    /** Of the test that ends by itself after so many requests. */
    private static final int MANY = Integer.getInteger("gufo.shared-kv-requests", 500);

    private static final List<Owner> OWNERS =
            List.of(new Owner("one", 1), new Owner("other", 2), new Owner("patient", 1, true));

    @TempDir
    private static Path folder;

    private static Path dense;

    @BeforeAll
    static void write() throws IOException {
        dense = folder.resolve("dense.gguf");
        RandomModel.write(ModelShape.TINY, 5, dense);
    }

    private static LocalEngine open(Path model, KvLayout layout, int sequences, int each, long cacheBytes) {
        return LocalEngine.open(
                EngineSettings.of(model, Path.of(System.getProperty("gufo.natives")))
                        .contextTokens(each)
                        .sequences(sequences)
                        .gpuLayers(OnDevice.LAYERS)
                        .threads(2)
                        .stepTokens(64)
                        .queueLength(256)
                        .cacheBytes(cacheBytes)
                        .compute(ComputeSettings.DEFAULT.withKv(layout))
                        .build(),
                percent -> {});
    }

    private static LocalEngine open(long cacheBytes) {
        return open(dense, KvLayout.SHARED, SEQUENCES, EACH, cacheBytes);
    }

    private static int[] prompt(int seed, int length) {
        return new Random(seed).ints(length, 261, 512).toArray();
    }

    private static GenerationRequest request(int[] prompt, int tokens) {
        return GenerationRequest.of(prompt, tokens)
                .ignoreEnd(true)
                .sampling(Sampling.GREEDY)
                .cacheScope("one")
                .topLogprobs(2)
                .build();
    }

    private static List<Answer> together(LocalEngine engine, List<GenerationRequest> requests) throws Exception {
        List<Generation> running = requests.stream().map(engine::generate).toList();
        List<Answer> answers = new ArrayList<>();
        for (Generation generation : running) {
            answers.add(Answer.of(generation));
        }
        return answers;
    }

    @Test
    void oneRequestMayTakeAllOfThePoolAndNoMore() throws Exception {
        try (LocalEngine engine = open(0)) {
            assertThat(engine.model().contextTokens()).isEqualTo(POOL);
            Answer answer = Answer.of(engine.generate(request(prompt(1, POOL - 10), 1_000)));
            assertThat(answer.tokens()).hasSize(10);
            assertThatThrownBy(() -> engine.generate(request(prompt(1, POOL), 1)))
                    .isInstanceOfSatisfying(
                            EngineException.Refused.class,
                            refused ->
                                    assertThat(refused.refusal()).isEqualTo(new Refusal.ContextExceeded(POOL, POOL)));
        }
    }

    /** Models of all kinds: with a sliding window, with states, and with both. */
    @ParameterizedTest
    @EnumSource
    void sequencesTogetherAnswerAsEachDoesWithCellsOfItsOwn(TinyArchitecture kind) throws Exception {
        Path model = kind.write(folder.resolve(kind + ".gguf"));
        List<GenerationRequest> requests = IntStream.range(0, 2 * SEQUENCES)
                .mapToObj(i -> request(prompt(i, 20 + 17 * i), 8 + i))
                .toList();
        List<Answer> shared;
        try (LocalEngine engine = open(model, KvLayout.SHARED, SEQUENCES, EACH, 0)) {
            shared = together(engine, requests);
        }
        try (LocalEngine engine = open(model, KvLayout.SPLIT, 1, EACH, 0)) {
            for (int i = 0; i < requests.size(); i++) {
                Likeness.require(shared.get(i), Answer.of(engine.generate(requests.get(i))));
            }
        }
    }

    @Test
    void answersWithoutALimitGrowUntilTheYoungestIsPreemptedAndAllEndAsIfAlone() throws Exception {
        int tokens = KvBudget.WHOLE + 10;
        List<GenerationRequest> requests = IntStream.range(0, SEQUENCES)
                .mapToObj(i -> request(prompt(i, 100), tokens))
                .toList();
        List<Answer> shared;
        try (LocalEngine engine = open(dense, KvLayout.SHARED, SEQUENCES, 2 * EACH, 0)) {
            shared = together(engine, requests);
            var status = (EngineStatus.Ready) engine.status();
            assertThat(status.preemptions()).isPositive();
        }
        try (LocalEngine engine = open(dense, KvLayout.SPLIT, 1, 2 * POOL, 0)) {
            for (int i = 0; i < requests.size(); i++) {
                assertThat(shared.get(i).tokens()).hasSize(tokens);
                Likeness.require(shared.get(i), Answer.of(engine.generate(requests.get(i))));
            }
        }
    }

    @Test
    void aConversationWhoseCellsOthersTookComesBackFromMainMemory() throws Exception {
        try (LocalEngine engine = open(64L << 20)) {
            int[] first = prompt(1, 600);
            Answer.of(engine.generate(request(first, 4)));
            assertThat(Answer.of(engine.generate(request(first, 4))).cached()).isEqualTo(599);
            Answer.of(engine.generate(request(prompt(2, 900), 4)));
            assertThat(Answer.of(engine.generate(request(first, 4))).cached()).isEqualTo(599);
        }
    }

    @Test
    void requestsWithTheSameBeginningFitWhereTheirSumWouldNot() throws Exception {
        try (LocalEngine engine = open(0)) {
            int[] system = prompt(1, 700);
            Answer.of(engine.generate(request(system, 1)));
            List<GenerationRequest> requests = IntStream.range(0, SEQUENCES)
                    .mapToObj(i -> request(
                            IntStream.concat(IntStream.of(system), IntStream.of(prompt(2 + i, 20)))
                                    .toArray(),
                            40))
                    .toList();
            List<Answer> answers = together(engine, requests);
            assertThat(answers).allMatch(answer -> answer.cached() == 700);
            var status = (EngineStatus.Ready) engine.status();
            assertThat(status.preemptions()).isZero();
        }
    }

    @Test
    void whatMustBeTheSameToTheLastBitIsRefused() {
        try (LocalEngine engine = open(0)) {
            assertThatThrownBy(() -> engine.generate(request(prompt(1, 10), 1).deterministically()))
                    .isInstanceOfSatisfying(
                            EngineException.Refused.class,
                            refused -> assertThat(refused.refusal()).isInstanceOf(Refusal.Unsupported.class));
        }
    }

    @Test
    void anyRequestsTogetherEndWithoutAnErrorOfCapacity() throws Exception {
        var random = new Random(7);
        try (LocalEngine engine = open(1L << 20);
                var clients = Executors.newFixedThreadPool(3 * SEQUENCES)) {
            List<Future<Answer>> answers = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                int[] shared = prompt(random.nextInt(3), random.nextInt(200));
                int[] own = prompt(100 + i, 1 + random.nextInt(random.nextInt(20) == 0 ? 600 : 60));
                int most = random.nextInt(40) == 0 ? 5_000 : 1 + random.nextInt(60);
                boolean leaves = random.nextInt(10) == 0;
                GenerationRequest request = request(
                                IntStream.concat(IntStream.of(shared), IntStream.of(own))
                                        .toArray(),
                                most)
                        .ownedBy(OWNERS.get(random.nextInt(OWNERS.size())));
                Callable<Answer> client = () -> {
                    Generation generation = engine.generate(request);
                    if (leaves) {
                        generation.next(OnDevice.PATIENCE);
                        generation.close();
                        return new Answer(
                                0, List.of(), List.of(), List.of(), List.of(), FinishReason.LENGTH, Drafts.NONE);
                    }
                    Answer answer = Answer.of(generation);
                    assertThat(answer.tokens()).hasSize(Math.min(most, POOL - request.prompt().length));
                    return answer;
                };
                answers.add(clients.submit(client));
            }
            for (Future<Answer> answer : answers) {
                answer.get();
            }
            Answer.of(engine.generate(request(prompt(9, POOL - 5), 5)));
        }
    }
}
