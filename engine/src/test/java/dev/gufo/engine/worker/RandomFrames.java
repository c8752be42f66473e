package dev.gufo.engine.worker;

import dev.gufo.engine.AdapterScale;
import dev.gufo.engine.AdapterSource;
import dev.gufo.engine.CacheUse;
import dev.gufo.engine.ComputeSettings;
import dev.gufo.engine.Constraint;
import dev.gufo.engine.DiskCache;
import dev.gufo.engine.Drafts;
import dev.gufo.engine.EmbeddingEvent;
import dev.gufo.engine.EmbeddingInfo;
import dev.gufo.engine.EmbeddingRequest;
import dev.gufo.engine.EmbeddingSettings;
import dev.gufo.engine.EngineException;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.FlashAttention;
import dev.gufo.engine.Framing;
import dev.gufo.engine.GenerationEvent;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationEvent.Timings;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.KvLayout;
import dev.gufo.engine.KvType;
import dev.gufo.engine.ModelInfo;
import dev.gufo.engine.Owner;
import dev.gufo.engine.PairFormat;
import dev.gufo.engine.Pooling;
import dev.gufo.engine.Refusal;
import dev.gufo.engine.Resumed;
import dev.gufo.engine.Reuse;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.engine.Speculation;
import dev.gufo.engine.SplitMode;
import dev.gufo.engine.SwaFull;
import dev.gufo.store.ModelRole;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.event.Level;

/** Frames of every type with every field at random, within what the records allow. */
final class RandomFrames {
    private static final String[] LETTERS = {"a", "Ü", "\0", "\n", "你", "🦉", "<|im_end|>", " "};

    private final RandomGenerator random;

    RandomFrames(RandomGenerator random) {
        this.random = random;
    }

    Frame next() {
        return switch (random.nextInt(22)) {
            case 0 -> new Command.Open(settings(), oneOf(Level.values()));
            case 1 ->
                new Command.Tokenize(
                        random.nextLong(), list(this::rendering), oneOf(Framing.values()), random.nextInt());
            case 2 -> new Command.Generate(random.nextLong(), request());
            case 3 -> new Command.Cancel(random.nextLong());
            case 4 -> new Command.Shutdown();
            case 19 -> new Command.UseThreads(random.nextInt());
            case 5 -> new Report.Progress(random.nextInt());
            case 6 -> new Report.Loaded(model());
            case 7 -> new Report.Failed(text());
            case 8 -> new Report.Tokenized(random.nextLong(), list(() -> tokens(0)));
            case 9 -> new Report.Accepted(random.nextLong());
            case 10 -> new Report.Declined(random.nextLong(), exception());
            case 11 -> new Report.Invalid(random.nextLong(), text());
            case 12 -> step();
            case 13 -> new Command.Detokenize(random.nextLong(), tokens(0));
            case 14 ->
                new Report.Pieces(
                        random.nextLong(),
                        Stream.generate(this::piece).limit(random.nextInt(9)).toArray(byte[][]::new));
            case 15 ->
                new Command.Embed(
                        random.nextLong(),
                        new EmbeddingRequest(
                                inputs(),
                                new Owner(text(), random.nextInt(1, 1 + Owner.MAX_WEIGHT), random.nextBoolean()),
                                random.nextBoolean()));
            case 16 -> vectors();
            case 17 -> new Report.Beat(random.nextLong());
            case 18 -> new Report.Closed();
            case 20 -> new Report.Caches(new CacheUse(tier(), tier(), tier()));
            default -> new Report.Log(oneOf(Level.values()), text(), text());
        };
    }

    private CacheUse.Tier tier() {
        return new CacheUse.Tier(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    private Report.Step step() {
        long[] ids = random.longs(random.nextInt(20)).toArray();
        GenerationEvent[] events =
                Stream.generate(this::event).limit(ids.length).toArray(GenerationEvent[]::new);
        return new Report.Step(random.nextInt(), random.nextInt(), random.nextFloat(), random.nextLong(), ids, events);
    }

    private GenerationEvent event() {
        return switch (random.nextInt(6)) {
            case 0 ->
                new GenerationEvent.Started(
                        random.nextInt(),
                        duration(),
                        new Reuse(oneOf(List.of(Reuse.Tier.values())), oneOf(List.of(Reuse.Stop.values()))));
            case 5 -> new GenerationEvent.Prefilled(duration());
            case 1 -> token();
            case 4 ->
                new GenerationEvent.Prompt(
                        Stream.generate(this::token).limit(random.nextInt(9)).toList());
            case 2 ->
                new GenerationEvent.Finished(
                        oneOf(FinishReason.values()),
                        new Timings(duration(), duration(), duration()),
                        new Drafts(random.nextInt(), random.nextInt()));
            default -> new GenerationEvent.Failed(exception());
        };
    }

    private GenerationEvent.Token token() {
        return new GenerationEvent.Token(
                random.nextInt(),
                piece(),
                random.nextBoolean(),
                random.nextBoolean()
                        ? Optional.empty()
                        : Optional.of(new GenerationEvent.Logprobs(
                                random.nextFloat(),
                                Stream.generate(() -> new GenerationEvent.Candidate(
                                                random.nextInt(), piece(), random.nextFloat()))
                                        .limit(random.nextInt(4))
                                        .toList())));
    }

    private byte[] piece() {
        byte[] piece = new byte[random.nextInt(12)];
        random.nextBytes(piece);
        return piece;
    }

    private List<int[]> inputs() {
        return Stream.generate(() -> tokens(1)).limit(random.nextInt(1, 5)).toList();
    }

    private Report.Vectors vectors() {
        long[] ids = random.longs(random.nextInt(4)).toArray();
        EmbeddingEvent[] events =
                Stream.generate(this::embeddingEvent).limit(ids.length).toArray(EmbeddingEvent[]::new);
        return new Report.Vectors(ids, events);
    }

    private EmbeddingEvent embeddingEvent() {
        if (random.nextInt(4) == 0) {
            return new EmbeddingEvent.Failed(exception());
        }
        int[] indexes = tokens(0);
        float[][] vectors = new float[indexes.length][];
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = new float[random.nextInt(9)];
            for (int j = 0; j < vectors[i].length; j++) {
                vectors[i][j] = random.nextFloat();
            }
        }
        return new EmbeddingEvent.Computed(indexes, vectors, random.nextBoolean());
    }

    private EmbeddingInfo embeddings() {
        PairFormat pairs = new PairFormat(text(), tokens(0), tokens(0), tokens(0));
        return new EmbeddingInfo(oneOf(Pooling.values()), random.nextInt(), random.nextInt(), pairs);
    }

    private EmbeddingSettings embeddingSettings() {
        return new EmbeddingSettings(
                random.nextBoolean(), random.nextBoolean() ? Optional.of(Pooling.LAST) : Optional.empty());
    }

    private EngineException exception() {
        return switch (random.nextInt(11)) {
            case 9 -> new EngineException.Refused(new Refusal.TextTooLong(random.nextLong(), random.nextLong()));
            case 0 -> new EngineException.Restarted(text());
            case 1 -> new EngineException.Broken(text());
            case 2 -> new EngineException.Refused(new Refusal.ContextExceeded(random.nextInt(), random.nextInt()));
            case 3 -> new EngineException.Refused(new Refusal.QueueFull(random.nextInt(), duration()));
            case 4 -> new EngineException.Refused(new Refusal.ConstraintFailed(text()));
            case 5 ->
                new EngineException.Refused(
                        new Refusal.InputTooLong(random.nextInt(), random.nextInt(), random.nextInt()));
            case 6 -> new EngineException.Refused(new Refusal.UnknownAdapter(text(), texts()));
            case 7 -> new EngineException.Refused(new Refusal.NonFiniteLogits());
            case 8 -> new EngineException.Refused(new Refusal.Unsupported(text(), text()));
            default -> new EngineException.Refused(new Refusal.NotReady(text(), duration()));
        };
    }

    private EngineSettings settings() {
        Speculation speculation = oneOf(List.of(Speculation.values()));
        int sequences = random.nextInt(9) == 0 ? EngineSettings.SEQUENCES_AUTO : random.nextInt(1, 257);
        return EngineSettings.of(Path.of("models/" + random.nextInt(), "ö 🦉.gguf"), Path.of("/n" + random.nextInt()))
                .contextTokens(random.nextInt(0, Integer.MAX_VALUE))
                .sequences(sequences)
                .gpuLayers(random.nextInt(-1, 100))
                .threads(random.nextInt(513))
                .stepTokens(Math.max(1, sequences) + random.nextInt(5_000))
                .queueLength(random.nextInt(0, Integer.MAX_VALUE))
                .embeddings(embeddingSettings())
                .diskCache(
                        random.nextBoolean()
                                ? Optional.empty()
                                : Optional.of(new DiskCache(Path.of("ö/c"), random.nextLong(1, Long.MAX_VALUE))))
                .speculation(speculation)
                .draftModel(
                        speculation == Speculation.DRAFT || random.nextBoolean()
                                ? Optional.of(Path.of("ö/" + random.nextInt()))
                                : Optional.empty())
                .compute(compute())
                .adapters(IntStream.range(0, random.nextInt(3))
                        .mapToObj(i -> new AdapterSource("a" + i, Path.of("ö/" + random.nextInt())))
                        .toList())
                .build();
    }

    private ComputeSettings compute() {
        return new ComputeSettings(
                oneOf(List.of(KvType.values())),
                oneOf(List.of(KvType.values())),
                oneOf(List.of(KvLayout.values())),
                oneOf(List.of(SwaFull.values())),
                random.nextBoolean() ? FlashAttention.AUTO : FlashAttention.ON,
                oneOf(List.of(SplitMode.values())),
                random.nextBoolean() ? List.of() : List.of(random.nextFloat(), 1f),
                random.nextInt(16),
                random.nextBoolean());
    }

    private <T> T oneOf(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    private GenerationRequest request() {
        GenerationRequest.Builder request = GenerationRequest.of(tokens(1), random.nextInt(300, Integer.MAX_VALUE))
                .ignoreEnd(random.nextBoolean())
                .sampling(sampling())
                .cacheScope(text())
                .owner(new Owner(text(), random.nextInt(1, 101), random.nextBoolean()))
                .topLogprobs(random.nextInt(21))
                .promptLogprobs(random.nextBoolean())
                .constraint(random.nextBoolean() ? Optional.empty() : Optional.of(constraint()))
                .adapters(IntStream.range(0, random.nextInt(4))
                        .mapToObj(i -> new AdapterScale(
                                i + text(), random.nextFloat(-AdapterScale.MAX_SCALE, AdapterScale.MAX_SCALE)))
                        .toList())
                .deterministic(random.nextBoolean())
                .speculate(random.nextBoolean());
        return (random.nextBoolean() ? request : request.resumed(new Resumed(tokens(0)))).build();
    }

    private Constraint constraint() {
        return new Constraint(
                text(),
                switch (random.nextInt(4)) {
                    case 0 -> new Constraint.Start.Now();
                    case 2 -> new Constraint.Start.Behind(text());
                    case 1 -> new Constraint.Start.After(text());
                    default ->
                        new Constraint.Start.AtTrigger(
                                List.of(new Constraint.Trigger(text(), random.nextBoolean())),
                                random.nextBoolean()
                                        ? Optional.empty()
                                        : Optional.of(new Constraint.Marks(text(), text())),
                                random.nextBoolean());
                });
    }

    private Sampling sampling() {
        Map<Integer, Float> bias = new HashMap<>();
        IntStream.range(0, random.nextInt(4)).forEach(_ -> bias.put(random.nextInt(), random.nextFloat(-100, 100)));
        Sampling.Dry dry = new Sampling.Dry(
                random.nextFloat(),
                random.nextFloat(1, 4),
                random.nextInt(100),
                random.nextInt(-1, 100),
                Stream.generate(() -> "x" + text()).limit(random.nextInt(3)).toList());
        Map<SamplingParameter, Float> numbers = new EnumMap<>(SamplingParameter.class);
        for (SamplingParameter parameter : SamplingParameter.values()) {
            double number = random.nextDouble(parameter.least(), parameter.greatest());
            numbers.put(parameter, (float) (parameter.isWhole() ? Math.rint(number) : number));
        }
        return new Sampling(numbers, bias, dry, random.nextInt());
    }

    private ModelInfo model() {
        return ModelInfo.of(text(), text())
                .parameters(random.nextLong())
                .bytes(random.nextLong())
                .vocabularySize(random.nextInt())
                .trainedContextTokens(random.nextInt())
                .contextTokens(random.nextInt())
                .sequences(random.nextInt())
                .kvBytes(random.nextLong())
                .layers(random.nextInt())
                .gpuLayers(random.nextInt())
                .chatTemplate(text().repeat(random.nextInt(200)))
                .bosToken(text())
                .eosToken(text())
                .fillInMiddle(
                        random.nextBoolean()
                                ? Optional.empty()
                                : Optional.of(new ModelInfo.FillInMiddle(
                                        random.nextInt(), random.nextInt(), random.nextInt())))
                .sampling(sampling())
                .fingerprint(text())
                .roles(random.nextBoolean() ? Set.of() : Set.of(oneOf(ModelRole.values())))
                .embeddings(embeddings())
                .adapters(texts())
                .longestTokenBytes(random.nextInt())
                .targetGap(duration())
                .build();
    }

    private Rendering rendering() {
        return new Rendering(Stream.generate(() -> new Segment(text(), random.nextBoolean()))
                .limit(random.nextInt(6))
                .toList());
    }

    private int[] tokens(int least) {
        return random.ints(random.nextInt(least, 300)).toArray();
    }

    private Duration duration() {
        return Duration.ofSeconds(random.nextLong(), random.nextInt(1_000_000_000));
    }

    private <T> List<T> list(Supplier<T> element) {
        return Stream.generate(element).limit(random.nextInt(4)).toList();
    }

    private List<String> texts() {
        return Stream.generate(this::text).limit(random.nextInt(3)).toList();
    }

    private String text() {
        return String.join(
                "",
                Stream.generate(() -> oneOf(LETTERS)).limit(random.nextInt(4)).toList());
    }

    private <T> T oneOf(T[] values) {
        return values[random.nextInt(values.length)];
    }
}
