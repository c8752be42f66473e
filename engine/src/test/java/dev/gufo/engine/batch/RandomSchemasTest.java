package dev.gufo.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gufo.engine.Constraint;
import dev.gufo.engine.Constraint.Start;
import dev.gufo.engine.EngineSettings;
import dev.gufo.engine.Generation;
import dev.gufo.engine.GenerationEvent.FinishReason;
import dev.gufo.engine.GenerationRequest;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.gguf.ModelShape;
import dev.gufo.gguf.RandomModel;
import dev.gufo.grammar.Grammar;
import dev.gufo.grammar.Matcher;
import dev.gufo.grammar.schema.JsonSchemaGrammar;
import dev.gufo.grammar.schema.RandomSchemas;
import dev.gufo.grammar.schema.SchemaJudge;
import dev.gufo.grammar.schema.UnsupportedSchema;
import dev.gufo.template.Rendering;
import dev.gufo.template.Segment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a model of random weights says under the grammar of a schema: it knows nothing of JSON, so the grammar alone
 * makes it right.
 */
@Timeout(300)
class RandomSchemasTest {
    private static final int SCHEMAS = 350;
    private static final int AT_ONCE = 16;
    private static final int MOST_TOKENS = 160;

    @TempDir
    private static Path folder;

    private static LocalEngine engine;

    private record Asked(Object schema, String grammar, Generation generation) {}

    @BeforeAll
    static void load() throws IOException {
        Path model = folder.resolve("tiny.gguf");
        RandomModel.write(ModelShape.TINY, 5, model);
        Path natives = Path.of(System.getProperty("gufo.natives"));
        engine = LocalEngine.open(
                EngineSettings.of(model, natives)
                        .contextTokens(256)
                        .sequences(AT_ONCE)
                        .gpuLayers(0)
                        .threads(2)
                        .stepTokens(64)
                        .queueLength(AT_ONCE)
                        .build(),
                percent -> {});
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @Test
    void whateverEndsIsJsonOfItsSchemaAndWhateverIsCutIsABeginningOfIt() throws InterruptedException {
        var schemas = new RandomSchemas(new Random(3));
        Deque<Asked> underWay = new ArrayDeque<>();
        Map<FinishReason, Integer> reasons = new HashMap<>();
        for (int i = 0; i < SCHEMAS; ) {
            Object schema = schemas.next();
            Optional<String> grammar = grammar(schema);
            if (grammar.isEmpty()) {
                continue;
            }
            underWay.add(new Asked(schema, grammar.get(), ask(grammar.get(), i++)));
            if (underWay.size() == AT_ONCE) {
                reasons.merge(judge(underWay.remove()), 1, Integer::sum);
            }
        }
        for (Asked asked : underWay) {
            reasons.merge(judge(asked), 1, Integer::sum);
        }
        assertThat(reasons.get(FinishReason.STOP)).as("%s", reasons).isGreaterThan(SCHEMAS * 3 / 4);
    }

    private static Optional<String> grammar(Object schema) {
        try {
            return Optional.of(JsonSchemaGrammar.of(schema));
        } catch (UnsupportedSchema e) {
            return Optional.empty();
        }
    }

    private static FinishReason judge(Asked asked) throws InterruptedException {
        Answer answer = Answer.of(asked.generation());
        if (answer.reason() == FinishReason.STOP) {
            assertThat(new SchemaJudge(asked.schema()).faults(answer.text()))
                    .as("%s for %s", answer.text(), asked.schema())
                    .isEmpty();
        } else {
            assertThat(answer.tokens()).hasSize(MOST_TOKENS);
            Matcher matcher = Grammar.parse(asked.grammar()).matcher();
            answer.pieces()
                    .forEach(piece -> assertThat(matcher.advance(piece))
                            .as("%s for %s", answer.text(), asked.grammar())
                            .isTrue());
        }
        assertThat(answer.text()).doesNotContainPattern("\\s{32}");
        return answer.reason();
    }

    private static Generation ask(String grammar, int seed) {
        // Without a push towards the end, strings of random syllables would go on to the limit.
        Map<Integer, Float> bias = new HashMap<>();
        for (String text : List.of("\"", "}", "]")) {
            bias.put(token(text), 7f);
        }
        var sampling = Sampling.GREEDY
                .with(SamplingParameter.TEMPERATURE, 1f + seed % 2)
                .withBias(bias)
                .withSeed(seed);
        return engine.generate(GenerationRequest.of(new int[] {1, 2, 3}, MOST_TOKENS)
                .sampling(sampling)
                .constraint(Optional.of(new Constraint(grammar, new Start.Now())))
                .build());
    }

    private static int token(String text) {
        int[] tokens = engine.tokenize(new Rendering(List.of(new Segment(text, false))));
        return tokens[tokens.length - 1];
    }
}
